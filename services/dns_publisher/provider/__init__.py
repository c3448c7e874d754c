"""Cloudflare through its official SDK, one verb a file. Nothing here decides what to publish.

Every call answers with a `Reply`; the SDK's own retries are off, because it repeats a POST whose outcome is unknown.
"""
