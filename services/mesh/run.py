"""`mesh run <service>`: one service as this very process, so that a supervisor sees its pid and exit status."""

import os
import sys

SERVICES: dict[str, str] = {
    "node-manager": "services.node_manager",
    "offer-builder": "services.offer_builder",
    "dns-publisher": "services.dns_publisher",
    "dnssec-verifier": "services.dnssec_verifier",
    "notifier": "services.notifier",
    "edge": "services.edge",
    "sandbox": "services.sandbox",
}
"""The module behind each service's name."""

WORKERS = ("node-manager", "offer-builder", "dns-publisher", "dnssec-verifier", "notifier")


def run(service: str) -> int:
    """Become `service`; does not return."""
    os.execv(sys.executable, [sys.executable, "-m", SERVICES[service]])  # noqa: S606 - our own interpreter and module
