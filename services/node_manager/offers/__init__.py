"""Offers on a node: what is wanted, how one is made that payers get to, and whose it is by its label."""
