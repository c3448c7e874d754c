"""Zones signed, re-keyed and unsigned on real servers, with a real validator asked all the while."""
