"""Greenlight's webhooks: asked for once a node, taken in when their signature holds, forgotten with the node.

Guarantees: the secret of a webhook rests sealed with the node's credentials; nothing of a body but numbers of blocks
goes any further than this room; an event is told once however often it is posted; no node waits for its webhook.
"""
