"""Node credentials at rest: sealed with the operator's key, bound to the node and its owner."""
