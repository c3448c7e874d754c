"""The node calls we make, as a table. The rune is restricted to exactly these names; nothing else is called with it.

`name` is the method as a rune knows it (lower case), `path` the gRPC path it is called by. One that `signs` freezes a
node that has no signer: only `Node.sign` may call it, after having looked.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """One node call."""

    name: str
    path: str
    signs: bool = False


GETINFO = Method("getinfo", "/cln.Node/Getinfo")
OFFER = Method("offer", "/cln.Node/Offer")
LIST_OFFERS = Method("listoffers", "/cln.Node/ListOffers")
DISABLE_OFFER = Method("disableoffer", "/cln.Node/DisableOffer")
ENABLE_OFFER = Method("enableoffer", "/cln.Node/EnableOffer")
LIST_PEERS = Method("listpeers", "/cln.Node/ListPeers")
LIST_PEER_CHANNELS = Method("listpeerchannels", "/cln.Node/ListPeerChannels")
LIST_FUNDS = Method("listfunds", "/cln.Node/ListFunds")
STOP = Method("stop", "/cln.Node/Stop")
FETCH_INVOICE = Method("fetchinvoice", "/cln.Node/FetchInvoice", signs=True)
PAY = Method("pay", "/cln.Node/Pay", signs=True)
INVOICE = Method("invoice", "/cln.Node/Invoice", signs=True)
LIST_PAYS = Method("listpays", "/cln.Node/ListPays")
LIST_INVOICES = Method("listinvoices", "/cln.Node/ListInvoices")
WAIT_ANY_INVOICE = Method("waitanyinvoice", "/cln.Node/WaitAnyInvoice")
LIST_SEND_PAYS = Method("listsendpays", "/cln.Node/ListSendPays")
WAIT = Method("wait", "/cln.Node/Wait")

PAYING: tuple[Method, ...] = (FETCH_INVOICE, PAY, LIST_PAYS)
"""What a payment needs."""
BILLING: tuple[Method, ...] = (INVOICE, LIST_INVOICES)
"""What an invoice needs."""

METHODS: tuple[Method, ...] = (
    GETINFO,
    OFFER,
    LIST_OFFERS,
    DISABLE_OFFER,
    ENABLE_OFFER,
    LIST_PEERS,
    LIST_PEER_CHANNELS,
    LIST_FUNDS,
    STOP,
    FETCH_INVOICE,
    INVOICE,
    PAY,
    LIST_PAYS,
    LIST_INVOICES,
    WAIT_ANY_INVOICE,
    LIST_SEND_PAYS,
    WAIT,
)

LIST_NODES = Method("listnodes", "/cln.Node/ListNodes")
"""Only asked of nodes that their owners run, which know no runes: those of Greenlight are never announced."""

STREAM_INCOMING = Method("streamincoming", "/greenlight.Node/StreamIncoming")
"""Not one of Core Lightning's own calls: the device certificate opens it, and no rune has to name it."""

METHOD_NAMES: tuple[str, ...] = tuple(method.name for method in METHODS)
