"""Offers: what offer-builder does for `offer.*`, one verb a file, and what it writes down of the offers of names.

An offer has one record all its life, changed by compare-and-set alone; its places bound how many an owner may have.
"""
