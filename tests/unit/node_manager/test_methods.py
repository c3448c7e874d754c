"""What we ask a wallet for is what we tell its owner: the table of calls beside the words that are shown with it."""

from services.node_manager.doors.pairing import PURPOSE
from services.node_manager.methods import METHOD_NAMES, METHODS, PAY

ON_CHAIN = ("withdraw", "txprepare", "txsend", "fundpsbt", "sendpsbt", "fundchannel", "close", "newaddr", "splice_init")
KEYS = ("signmessage", "makesecret", "staticbackup", "emergencyrecover", "createrune", "exposesecret", "sendcustommsg")


def test_who_approves_a_pairing_is_told_that_it_pays() -> None:
    assert PAY in METHODS
    assert "pays what you tell it to" in PURPOSE


def test_nothing_that_we_call_opens_or_closes_a_channel_touches_the_chain_or_gives_keys_away() -> None:
    assert not {*ON_CHAIN, *KEYS} & set(METHOD_NAMES)
    assert "no channel" in PURPOSE
    assert "nothing on chain" in PURPOSE


def test_a_rune_names_a_call_as_its_path_does_in_small_letters() -> None:
    assert all(method.name == method.path.rsplit("/", 1)[-1].lower() for method in METHODS)
