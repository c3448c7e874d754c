"""Accounts follow the permissions: nobody lives beside the streams, and nothing crosses that a right does not name."""

from pathlib import Path

import pytest

from bus.servers.config import ServerPlan, render, with_accounts
from bus.tables.accounts import APP, ROOT, SEC, accounts
from bus.tables.identities import ALL_IDENTITIES, APP_IDENTITIES
from bus.tables.permissions import permissions_of

BY_NAME = {account.name: account for account in accounts()}
GUESTS = tuple(identity for identity in APP_IDENTITIES if identity != ROOT)
KEYS = {identity: (f"U{number}",) for number, identity in enumerate(ALL_IDENTITIES)}


def test_only_the_deploy_tool_lives_beside_the_streams() -> None:
    assert [account.name for account in BY_NAME.values() if account.jetstream] == [APP]
    assert BY_NAME[APP].identities == (ROOT,)


@pytest.mark.parametrize("guest", GUESTS)
def test_a_guest_takes_in_what_its_rights_name_and_nothing_else(guest: str) -> None:
    account, allowed = BY_NAME[guest], permissions_of(guest)
    assert {taken.subject for taken in account.asks} - {"$JS.API.INFO"} == set(allowed.publish)
    assert {taken.subject for taken in account.hears} <= set(allowed.subscribe)
    for taken in (*account.asks, *account.hears):
        offers = (*BY_NAME[taken.owner].services, *BY_NAME[taken.owner].streams)
        assert [guest in offer.users for offer in offers if offer.subject == taken.subject] == [True]


def test_nothing_crosses_into_or_out_of_the_seeds_account() -> None:
    sec = BY_NAME[SEC]
    assert (sec.services, sec.streams, sec.asks, sec.hears) == ((), (), (), ())
    assert not [taken for account in BY_NAME.values() for taken in account.asks if taken.owner == SEC]


def test_new_keys_change_the_users_of_a_configuration_and_nothing_else() -> None:
    text = render(ServerPlan(Path("store"), KEYS, port=4222))
    rotated = KEYS | {"edge": ("Uold", "Unew")}
    assert with_accounts(text, KEYS) == text
    assert with_accounts(text, rotated) == render(ServerPlan(Path("store"), rotated, port=4222))
    assert with_accounts(text, rotated).count("nkey: ") == len(ALL_IDENTITIES) + 1
    with pytest.raises(ValueError, match="not a configuration of ours"):
        with_accounts("port: 4222\n", KEYS)
