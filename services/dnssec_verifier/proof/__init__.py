"""RFC 9102 proofs of payment names: everything from the root key to the TXT record in one piece of bytes.

Guarantees: `verify` takes no word but the anchors', refuses what an honest chain never holds, and answers whatever it
is given with a verdict; `build` makes from a walk the very records that the walk believed. Verifying works on wire
bytes, because a verifier of many proofs would spend its time on objects, not on signatures.
"""
