"""Names as dnspython wants them, built from checked ASCII labels; user text never reaches its parser."""

import dns.name

from schemas.names import Name, owner_labels


def dns_name(name: Name) -> dns.name.Name:
    """The owner name of a payment name's TXT record."""
    return dns.name.Name(owner_labels(name))


def absolute(owner_name: str) -> dns.name.Name:
    """An absolute ASCII name as our own facts carry it (`alice.user._bitcoin-payment.shop.test.`)."""
    return dns.name.Name([label.encode("ascii") for label in owner_name.split(".")])
