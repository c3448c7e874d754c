"""Where an owner may lead us: to the public internet, and for development anywhere."""

import ipaddress

import pytest

from services.node_manager.doors.own_node import choose

PRIVATE = (
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:192.168.0.1",
    "2001:db8::1",
)
PUBLIC = ("8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8")


@pytest.mark.parametrize("text", PRIVATE)
def test_our_own_network_is_out_of_reach(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert choose([address], allow_private=False) is None
    assert choose([address], allow_private=True) == address


@pytest.mark.parametrize("text", PUBLIC)
def test_the_public_internet_is_not(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert choose([ipaddress.ip_address("10.0.0.1"), address], allow_private=False) == address


def test_a_name_that_leads_nowhere_is_no_address() -> None:
    assert choose([], allow_private=True) is None
