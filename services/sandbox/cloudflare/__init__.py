"""The part of Cloudflare's DNS API that the mesh uses, with its envelope, limits, error codes and failure modes.

Guarantees: the official SDK works against it unchanged; an accepted write is stored on disk and served by DNS before
the answer goes out.
"""
