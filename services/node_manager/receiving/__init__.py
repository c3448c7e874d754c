"""Being paid: each payment of a watched node is found once, by the node's own count of paid invoices.

The count is kept, so what was paid while nobody looked is found when somebody does: when the node is next used, when
Greenlight posts that it was paid, or when another process takes over the watch of one that died.
"""
