"""The node calls we make, as a table. The rune is restricted to exactly these names; nothing else is ever called.

`name` is the method as a rune knows it (lower case), `path` the gRPC path it is called by.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """One node call."""

    name: str
    path: str


GETINFO = Method("getinfo", "/cln.Node/Getinfo")
OFFER = Method("offer", "/cln.Node/Offer")
LIST_OFFERS = Method("listoffers", "/cln.Node/ListOffers")
DISABLE_OFFER = Method("disableoffer", "/cln.Node/DisableOffer")

METHODS: tuple[Method, ...] = (GETINFO, OFFER, LIST_OFFERS, DISABLE_OFFER)

METHOD_NAMES: tuple[str, ...] = tuple(method.name for method in METHODS)
