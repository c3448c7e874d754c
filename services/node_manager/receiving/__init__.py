"""Being paid: each payment of a watched node is found once, by the node's own count of paid invoices.

The count is kept, so what was paid while nobody looked is found when somebody does: at the latest when the node is next
used, or when another process takes over the watch of one that died.
"""
