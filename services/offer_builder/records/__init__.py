"""Operators' records: what offer-builder does for `dns.publish` and `dns.withdraw`, one verb a file.

They stand in the same bucket `names` as the names of sellers, so that one compare-and-set decides between the two.
"""
