"""The publisher Cloudflare, through its official SDK, one verb a file. Nothing here decides what to publish.

Every call answers with a `Reply`; the SDK's own retries are off, because it repeats a POST whose outcome is unknown.
The API cannot compare before it changes: the lease on a name, and the read-back, are what keeps two publishers apart.
"""
