"""The publisher for any authoritative server that takes dynamic updates: RFC 2136 over TCP, signed by TSIG (RFC 8945).

Every change carries what was seen as prerequisites, so that the server itself compares before it sets: two publishers
at once, or one that woke up late, can neither double a record nor bring an old one back. Reads are signed too. DNS has
no comments, so the mark that says whose a record is lies in the bucket `dns-marks`, by content (`journal`).
"""
