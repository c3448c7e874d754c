"""Blinded paths: the numbers of BOLT 4's own example, paths of any length, and hops that only their node can open."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.bolt12 import (
    BlindedPath,
    BlindedPayinfo,
    OpenedHop,
    PaymentConstraints,
    PaymentRelay,
    PlannedHop,
    Problem,
    Reason,
    RecipientData,
    create_path,
    open_hop,
    payinfo_over,
)
from schemas.bolt12.reasons import Refused
from schemas.bolt12.recipient_data import padded, read_recipient_data, write_recipient_data
from tests.unit.bolt12.parties import OFF_CURVE, public


def relay(delta: int, share: int, base: int) -> PaymentRelay:
    return PaymentRelay(cltv_expiry_delta=delta, fee_proportional_millionths=share, fee_base_msat=base)


# The numbers of bolt04/route-blinding-test.json: Bob makes a path to Carol that goes on with Eve's path from Dave.
BOB, CAROL, DAVE, EVE = (bytes([number]) * 32 for number in range(0x42, 0x46))
READ = {
    BOB: RecipientData(
        padding=bytes(26),
        short_channel_id=1729,
        payment_relay=relay(36, 150, 10000),
        payment_constraints=PaymentConstraints(max_cltv_expiry=748005, htlc_minimum_msat=1500),
        allowed_features=b"",
        unknown=((561, bytes.fromhex("123456")),),
    ),
    CAROL: RecipientData(
        short_channel_id=1105,
        next_path_key_override=public(b"\x01" * 32),
        payment_relay=relay(48, 100, 500),
        payment_constraints=PaymentConstraints(max_cltv_expiry=747969, htlc_minimum_msat=1500),
        allowed_features=b"",
    ),
    DAVE: RecipientData(
        padding=bytes(35),
        short_channel_id=561,
        payment_relay=relay(144, 250, 0),
        payment_constraints=PaymentConstraints(max_cltv_expiry=747921, htlc_minimum_msat=1500),
        allowed_features=b"",
    ),
    EVE: RecipientData(
        padding=bytes(26),
        path_id=bytes.fromhex("deadbeef"),
        payment_constraints=PaymentConstraints(max_cltv_expiry=747777, htlc_minimum_msat=1500),
        allowed_features=(1 << 113).to_bytes(15, "big"),
        unknown=((65535, bytes.fromhex("06c1")),),
    ),
}
ENCODED = {
    BOB: "011a0000000000000000000000000000000000000000000000000000020800000000000006c10a08002400000096"
    "27100c06000b69e505dc0e00fd023103123456",
    CAROL: "020800000000000004510821031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f0a08"
    "00300000006401f40c06000b69c105dc0e00",
    DAVE: "01230000000000000000000000000000000000000000000000000000000000000000000000020800000000000002310a"
    "060090000000fa0c06000b699105dc0e00",
    EVE: "011a00000000000000000000000000000000000000000000000000000604deadbeef0c06000b690105dc0e0f02000000"
    "0000000000000000000000fdffff0206c1",
}
BLINDED_ID = {
    BOB: "03da173ad2aee2f701f17e59fbd16cb708906d69838a5f088e8123fb36e89a2c25",
    CAROL: "02e466727716f044290abf91a14a6d90e87487da160c2a3cbd0d465d7a78eb83a7",
    DAVE: "036861b366f284f0a11738ffbf7eda46241a8977592878fe3175ae1d1e4754eccf",
    EVE: "021982a48086cb8984427d3727fe35a03d396b234f0701f5249daa12e8105c8dae",
}
ENCRYPTED = {
    BOB: "cd4100ff9c09ed28102b210ac73aa12d63e90852cebc496c49f57c49982088b49f2e70b99287fdee0aa58aa39913ab40"
    "5813b999f66783aa2fe637b3cda91ffc0913c30324e2c6ce327e045183e4bffecb",
    CAROL: "cc0f16524fd7f8bb0b1d8d40ad71709ef140174c76faa574cac401bb8992fef76c4d004aa485dd599ed1cf2715f57ff6"
    "2da5aaec5d7b10d59b04d8a9d77e472b9b3ecc2179334e411be22fa4c02b467c7e",
    DAVE: "0fa0a72cff3b64a3d6e1e4903cf8c8b0a17144aeb249dcb86561adee1f679ee8db3e561d9c43815fd4bcebf6f58c546d"
    "a0cd8a9bf5cebd0d554802f6c0255e28e4a27343f761fe518cd897463187991105",
    EVE: "da1a7e5f7881219884beae6ae68971de73bab4c3055d9865b1afb60724a2e4d3f0489ad884f7f3f77149209f0df51efd6"
    "b276294a02e3949c7254fbc8b5cab58212d9a78983e1cf86fe218b30c4ca8f6d8",
}
BLINDED_SECRET = {
    BOB: "d12fec0332c3e9d224789a17ebd93595f37d37bd8ef8bd3d2e6ce50acb9e554f",
    CAROL: "bfa697fbbc8bbc43ca076e6dd60d306038a32af216b9dc6fc4e59e5ae28823c1",
    DAVE: "cebc115c7fce4c295dc396dea6c79115b289b8ceeceea2ed61cf31428d88fc4e",
    EVE: "ff4e07da8d92838bedd019ce532eb990ed73b574e54a67862a1df81b40c0d2af",
}
PATH_KEYS = (
    "024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766",
    "034e09f450a80c3d252b258aba0a61215bf60dda3b0dc78ffb0736ea1259dfd8a0",
    "031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f",
    "03e09038ee76e50f444b19abf0a555e8697e035f62937168b80adf0931b31ce52a",
    "038fc6859a402b96ce4998c537c823d6ab94d1598fca02c788ba5dd79fbae83589",
)

SECRETS = st.integers(1, 2**128).map(lambda number: number.to_bytes(32, "big"))
KEYS = st.sampled_from([public(secret) for secret in READ])
DATA = st.builds(
    RecipientData,
    padding=st.none() | st.binary(max_size=20),
    short_channel_id=st.none() | st.integers(0, 2**64 - 1),
    next_node_id=st.none() | KEYS,
    path_id=st.none() | st.binary(max_size=300),
    payment_relay=st.none()
    | st.builds(
        PaymentRelay,
        cltv_expiry_delta=st.integers(0, 2**16 - 1),
        fee_proportional_millionths=st.integers(0, 2**32 - 1),
        fee_base_msat=st.integers(0, 2**32 - 1),
    ),
    payment_constraints=st.none()
    | st.builds(
        PaymentConstraints,
        max_cltv_expiry=st.integers(0, 2**32 - 1),
        htlc_minimum_msat=st.integers(0, 2**64 - 1),
    ),
    allowed_features=st.none() | st.binary(max_size=3),
    unknown=st.sampled_from([(), ((65535, b"x"),)]),
)


def a_path(session: bytes, hops: Sequence[tuple[bytes, RecipientData]], *, pad: bool) -> BlindedPath:
    path = create_path(session, [PlannedHop(public(secret), data) for secret, data in hops], pad=pad)
    assert isinstance(path, BlindedPath), path
    return path


def opened(secret: bytes, path_key: bytes, encrypted: bytes) -> OpenedHop:
    hop = open_hop(secret, path_key, encrypted)
    assert isinstance(hop, OpenedHop), hop
    return hop


@pytest.mark.parametrize("node", READ)
def test_what_a_hop_reads_in_the_example(node: bytes) -> None:
    assert write_recipient_data(READ[node]).hex() == ENCODED[node]
    assert read_recipient_data(bytes.fromhex(ENCODED[node])) == READ[node]


@pytest.mark.parametrize(("session", "nodes"), [(b"\x02" * 32, (BOB, CAROL)), (b"\x01" * 32, (DAVE, EVE))])
def test_the_paths_of_the_example(session: bytes, nodes: tuple[bytes, ...]) -> None:
    path = a_path(session, [(node, READ[node]) for node in nodes], pad=False)
    assert path.first_node_id == public(nodes[0])
    assert path.first_path_key == public(session)
    assert [hop.blinded_node_id.hex() for hop in path.hops] == [BLINDED_ID[node] for node in nodes]
    assert [hop.encrypted_data.hex() for hop in path.hops] == [ENCRYPTED[node] for node in nodes]


def test_the_example_is_opened_hop_by_hop() -> None:
    for node, (path_key, following) in zip(READ, pairwise(PATH_KEYS), strict=True):
        hop = opened(node, bytes.fromhex(path_key), bytes.fromhex(ENCRYPTED[node]))
        assert hop.data == READ[node]
        assert hop.next_path_key.hex() == following
        assert hop.blinded_secret.hex() == BLINDED_SECRET[node]
        assert public(hop.blinded_secret).hex() == BLINDED_ID[node]


@settings(max_examples=40, deadline=None)
@given(SECRETS, st.lists(st.tuples(SECRETS, DATA), min_size=1, max_size=4))
def test_a_path_opens_for_its_nodes_and_for_nobody_else(
    session: bytes, hops: list[tuple[bytes, RecipientData]]
) -> None:
    path = a_path(session, hops, pad=False)
    path_key = path.first_path_key
    for (secret, data), hop in zip(hops, path.hops, strict=True):
        assert open_hop(b"\x77" * 32, path_key, hop.encrypted_data) == Problem(Reason.PATH_SEALED)
        read = opened(secret, path_key, hop.encrypted_data)
        assert read.data == data
        assert public(read.blinded_secret) == hop.blinded_node_id
        path_key = read.next_path_key


@given(st.lists(DATA, min_size=1, max_size=4))
def test_padded_hops_look_alike(hops: list[RecipientData]) -> None:
    same = padded(hops)
    assert len({len(write_recipient_data(hop)) for hop in same}) == 1
    assert [read_recipient_data(write_recipient_data(hop)) for hop in same] == list(same)
    assert [hop.path_id for hop in same] == [hop.path_id for hop in hops]


@pytest.mark.parametrize("size", range(240, 270))
def test_padding_that_no_length_fits(size: int) -> None:
    """A record of 255 or 256 bytes does not exist: a length of 253 takes two bytes more to write."""
    assert (
        len({len(write_recipient_data(hop)) for hop in padded([RecipientData(path_id=bytes(size)), RecipientData()])})
        == 1
    )


@pytest.mark.parametrize(
    ("data", "reason", "tlv"),
    [
        ("0207" + "00" * 7, Reason.HOP_DATA, 2),
        ("0420" + "02" * 32, Reason.PATH_HOP, 4),
        ("0421" + OFF_CURVE.hex(), Reason.PATH_HOP, 4),
        ("0a05" + "00" * 5, Reason.HOP_DATA, 10),
        ("0a08" + "00" * 8, Reason.INTEGER_ZEROS, 10),
        ("0a0b" + "01" * 11, Reason.INTEGER_LENGTH, 10),
        ("0c03" + "00" * 3, Reason.HOP_DATA, 12),
        ("1000", Reason.UNKNOWN_EVEN, 16),
        ("06", Reason.TRUNCATED_LENGTH, None),
    ],
)
def test_what_a_hop_cannot_read(data: str, reason: Reason, tlv: int | None) -> None:
    with pytest.raises(Refused) as caught:
        read_recipient_data(bytes.fromhex(data))
    assert (caught.value.reason, caught.value.tlv) == (reason, tlv)


@pytest.mark.parametrize(
    "data",
    [
        RecipientData(short_channel_id=1 << 64),
        RecipientData(
            payment_relay=PaymentRelay(cltv_expiry_delta=1 << 16, fee_proportional_millionths=0, fee_base_msat=0)
        ),
        RecipientData(
            payment_relay=PaymentRelay(cltv_expiry_delta=0, fee_proportional_millionths=0, fee_base_msat=1 << 32)
        ),
        RecipientData(payment_constraints=PaymentConstraints(max_cltv_expiry=1 << 32, htlc_minimum_msat=0)),
        RecipientData(payment_constraints=PaymentConstraints(max_cltv_expiry=0, htlc_minimum_msat=1 << 64)),
    ],
)
def test_what_cannot_be_written(data: RecipientData) -> None:
    with pytest.raises(Refused) as caught:
        write_recipient_data(data)
    assert caught.value.reason is Reason.INTEGER_RANGE


def test_a_hop_that_was_sealed_for_us_but_says_nonsense() -> None:
    assert open_hop(EVE, OFF_CURVE, b"") == Problem(Reason.PATH_SEALED)
    assert open_hop(bytes(32), public(EVE), b"") == Problem(Reason.PATH_SEALED)


@pytest.mark.parametrize(
    ("hops", "base", "share", "blocks"), [(0, 0, 0, 18), (1, 1000, 1000, 58), (2, 2001, 2001, 98), (3, 3004, 3004, 138)]
)
def test_what_paying_over_several_hops_takes(hops: int, base: int, share: int, blocks: int) -> None:
    """Hops of 1000 msat and 1000 millionths: each takes its share of what those after it take too, rounded up."""
    relays = [relay(40, 1000, 1000)] * hops
    assert payinfo_over(relays, final_cltv_delta=18, htlc_minimum_msat=1, htlc_maximum_msat=9) == BlindedPayinfo(
        fee_base_msat=base,
        fee_proportional_millionths=share,
        cltv_expiry_delta=blocks,
        htlc_minimum_msat=1,
        htlc_maximum_msat=9,
    )


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 50_000)), max_size=3), st.integers(1, 10**12))
def test_no_hop_gets_less_than_it_asks_for(fees: list[tuple[int, int]], amount: int) -> None:
    relays = [
        PaymentRelay(cltv_expiry_delta=1, fee_proportional_millionths=share, fee_base_msat=base) for base, share in fees
    ]
    whole = payinfo_over(relays, final_cltv_delta=0, htlc_minimum_msat=0, htlc_maximum_msat=0)
    needed = amount
    for relay in reversed(relays):
        needed += relay.fee_base_msat + needed * relay.fee_proportional_millionths // 1_000_000
    assert amount + whole.fee_msat(amount) >= needed


def test_hops_look_alike_from_outside() -> None:
    hops = [(BOB, RecipientData(next_node_id=public(EVE))), (EVE, RecipientData(path_id=b"mine"))]
    bare, alike = (a_path(b"\x05" * 32, hops, pad=pad) for pad in (False, True))
    assert len({len(hop.encrypted_data) for hop in bare.hops}) == 2
    assert len({len(hop.encrypted_data) for hop in alike.hops}) == 1
    assert opened(BOB, alike.first_path_key, alike.hops[0].encrypted_data).data.next_node_id == public(EVE)
    assert alike.first_node_id == public(BOB)


@pytest.mark.parametrize(
    ("hops", "problem"),
    [
        ([], Problem(Reason.PATH_WITHOUT_HOPS)),
        ([PlannedHop(OFF_CURVE, RecipientData())], Problem(Reason.PATH_HOP)),
        ([PlannedHop(public(EVE), RecipientData(short_channel_id=-1))], Problem(Reason.INTEGER_RANGE, 2)),
    ],
)
def test_a_path_that_cannot_be_made(hops: list[PlannedHop], problem: Problem) -> None:
    assert create_path(b"\x05" * 32, hops) == problem


def test_a_session_needs_a_key() -> None:
    with pytest.raises(ValueError, match="ecret"):
        create_path(bytes(32), [PlannedHop(public(EVE), RecipientData())])
