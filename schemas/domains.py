"""In which domains we publish."""

from schemas.settings import Settings


def record_domains(settings: Settings) -> frozenset[str]:
    """Every domain in which an operator may have a record: those of sellers' names, and every other with a publisher.

    An entry of `dns_zones` is `domain=publisher`.
    """
    return frozenset((*settings.name_domains, *(entry.partition("=")[0] for entry in settings.dns_zones)))
