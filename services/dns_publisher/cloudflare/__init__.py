"""The publisher Cloudflare, through its official SDK, one verb a file. Nothing here decides what to publish.

Every call answers with a `Reply`; the SDK's own retries are off, because it repeats a POST whose outcome is unknown.
The API cannot compare before it changes: the lease on a name, under which alone anything is sent or waited for, keeps
two publishers apart. What one that lost it had sent may still land; the next look at the name makes one of two.
"""
