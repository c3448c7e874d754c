"""What is known of each node, what its owner may see of that, and its credentials, sealed by the operator's key."""
