"""What a node's two replies add up to, and when a change has settled."""

from hypothesis import given
from hypothesis import strategies as st

from proto import node_pb2, primitives_pb2
from services.node_manager.watch.balance import Balance, balance_of
from services.node_manager.watch.settling import LOOKS_S, LookAgain, Settled, after_look

OUTPUT = node_pb2.ListfundsOutputs
NOTHING = Balance(0, 0, 0, 0, 0, 0)


def channel(state: primitives_pb2.ChannelState, to_us: int) -> node_pb2.ListpeerchannelsChannels:
    def msat(amount: int) -> primitives_pb2.Amount:
        return primitives_pb2.Amount(msat=amount)

    return node_pb2.ListpeerchannelsChannels(
        state=state, to_us_msat=msat(to_us), spendable_msat=msat(max(0, to_us - 10)), receivable_msat=msat(1000 - to_us)
    )


def output(status: node_pb2.ListfundsOutputs.ListfundsOutputsStatus, msat: int, reserved: bool = False) -> OUTPUT:
    return OUTPUT(amount_msat=primitives_pb2.Amount(msat=msat), status=status, reserved=reserved)


def balance(channel_msat: int) -> Balance:
    return Balance(channel_msat, channel_msat, 0, 0, 0, 0)


def test_open_channels_closing_channels_and_the_chain_are_told_apart() -> None:
    channels = node_pb2.ListpeerchannelsResponse(
        channels=[
            channel(primitives_pb2.ChanneldNormal, 600),
            channel(primitives_pb2.ChanneldAwaitingSplice, 100),
            channel(primitives_pb2.AwaitingUnilateral, 7),
            channel(primitives_pb2.ClosingdComplete, 5),
            channel(primitives_pb2.ChanneldAwaitingLockin, 900),
            channel(primitives_pb2.Closed, 900),
        ]
    )
    funds = node_pb2.ListfundsResponse(
        outputs=[
            output(OUTPUT.CONFIRMED, 30),
            output(OUTPUT.CONFIRMED, 40, reserved=True),
            output(OUTPUT.UNCONFIRMED, 2),
            output(OUTPUT.IMMATURE, 3),
            output(OUTPUT.SPENT, 999),
        ]
    )
    assert balance_of(channels, funds) == Balance(700, 590 + 90, 400 + 900, 12, 30, 5)


def test_a_node_without_anything() -> None:
    assert balance_of(node_pb2.ListpeerchannelsResponse(), node_pb2.ListfundsResponse()) == NOTHING


def test_a_change_that_shows_is_looked_at_once_more() -> None:
    assert after_look(balance(0), (balance(5),)) == LookAgain(LOOKS_S[0])
    assert after_look(balance(0), (balance(5), balance(5))) == Settled()
    assert after_look(balance(0), (balance(5), balance(9))) == LookAgain(LOOKS_S[1])


def test_a_change_that_does_not_show_is_waited_for() -> None:
    assert after_look(balance(0), (balance(0),)) == LookAgain(LOOKS_S[0])
    assert after_look(balance(0), (balance(0), balance(0))) == LookAgain(LOOKS_S[1])
    assert after_look(balance(0), (balance(0),) * (len(LOOKS_S) + 1)) == Settled()


@given(st.integers(0, 3), st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_looking_always_ends_and_never_before_a_late_change(before: int, seen: list[int]) -> None:
    looks: tuple[Balance, ...] = ()
    for number in seen:
        looks = (*looks, balance(number))
        following = after_look(balance(before), looks)
        if following == Settled():
            break
    else:
        assert len(seen) <= len(LOOKS_S)
        return
    assert len(looks) == len(LOOKS_S) + 1 or (looks[-1] == looks[-2] and looks[-1] != balance(before))
