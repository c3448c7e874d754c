"""Paying once: the pure rules (codes, sight, verdict, reservations, checks), and the owner's purse that keeps them."""
