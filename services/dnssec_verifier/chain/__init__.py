"""Our own DNSSEC chain walker over dnspython primitives: trust runs from the anchors down, nothing is taken on faith.

Transport is apart: `Walker` asks through a `Source`; everything that decides (`rrset`, `keys`, `denial`, `judge`) is
pure. A verdict is `Secure`, `Insecure`, `Bogus(reason)` or `Indeterminate(reason)` (RFC 4035 §4.3); the limits of
`Policy` bound what a hostile zone can make us do.
"""
