"""The socket's machine against a simulated log: whatever is lost, late or trimmed, nothing is skipped in silence."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from services.edge.streams import session as machine
from services.edge.streams.session import LOOK_AGAIN_S, Deliver, Fetch, Gap, Logged, Session

PAGE = 3


@dataclass
class World:
    """An owner's log with retention, a follower that lags behind it, a lossy live feed, and one client."""

    retained: list[int] = field(default_factory=list)
    everything: list[int] = field(default_factory=list)
    shown_by_follower: int = 0
    seq: int = 0
    session: Session | None = None
    fetch: Fetch | None = None
    under_way: tuple[Logged, ...] | None = None
    on_the_wire: list[tuple[int, int]] = field(default_factory=list)
    covered: list[tuple[int, int | None, bool]] = field(default_factory=list)

    def publish(self, *, skipped: int, heard: bool) -> None:
        """Somebody else's messages come first (`skipped`), then one of ours; live, some time, unless it is lost."""
        prev = self.everything[-1] if self.everything else 0
        self.seq += skipped + 1
        self.everything.append(self.seq)
        self.retained.append(self.seq)
        if heard:
            self.on_the_wire.append((self.seq, prev))

    def hear(self) -> None:
        """The oldest live message on its way arrives."""
        if self.on_the_wire:
            seq, prev = self.on_the_wire.pop(0)
            if self.session is not None:
                self.apply(machine.arrived(self.session, seq, prev, b"%d" % seq))

    def trim(self) -> None:
        if self.retained:
            self.retained.pop(0)

    def catch_up(self) -> None:
        self.shown_by_follower = self.seq

    def ask(self) -> None:
        """The server answers the read that is wanted; the answer is on its way."""
        if self.fetch is None:
            return
        fetch, self.fetch = self.fetch, None
        seen = [seq for seq in self.retained if fetch.start <= seq <= self.shown_by_follower]
        self.under_way = tuple(Logged(seq, b"%d" % seq) for seq in seen[:PAGE])

    def answer(self) -> None:
        """The answer arrives; much may have happened since it was true."""
        if self.session is None or self.under_way is None:
            return
        page, self.under_way = self.under_way, None
        self.apply(machine.page(self.session, page, more=len(page) == PAGE))

    def dirty(self) -> None:
        if self.session is not None:
            self.apply(machine.dirty(self.session))

    def apply(self, step: machine.Step) -> None:
        self.session, actions = step
        for action in actions:
            match action:
                case Deliver(seq=seq, prev=prev, payload=payload):
                    assert payload == b"%d" % seq
                    self.covered.append((prev + 1, seq, True))
                case Gap(first=first, last=last):
                    self.covered.append((first, last, False))
                case Fetch():
                    assert self.fetch is None, "two reads at once"
                    assert self.under_way is None, "two reads at once"
                    self.fetch = action

    def settle(self, *, looks_again: bool = True) -> None:
        """The follower catches up, a reconnect makes the socket look, and every read is answered."""
        self.catch_up()
        if looks_again:
            self.dirty()
        for _ in range(10 * (len(self.everything) + len(LOOK_AGAIN_S))):
            self.answer()
            self.ask()
            self.hear()
        assert self.fetch is None, "it never comes to rest"
        assert self.under_way is None, "it never comes to rest"


def delivered(world: World) -> list[int]:
    return [last for _, last, whole in world.covered if whole and last is not None]


def gaps(world: World) -> list[tuple[int, int | None]]:
    """What was declared missing; a gap whose end nobody knew ends where the next message begins."""
    found: list[tuple[int, int | None]] = []
    for place, (first, last, whole) in enumerate(world.covered):
        if not whole:
            following = next((seq for _, seq, is_whole in world.covered[place:] if is_whole and seq), None)
            found.append((first, last if last is not None or following is None else following - 1))
    return found


def in_a_gap(seq: int, found: Iterable[tuple[int, int | None]]) -> bool:
    return any(first <= seq and (last is None or seq <= last) for first, last in found)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 3), st.booleans()),
        st.tuples(st.sampled_from(["ask", "answer", "hear", "trim", "catch_up", "dirty"]), st.just(0), st.just(False)),
    ),
    max_size=60,
)


def play(world: World, script: list[tuple[str, int, bool]]) -> None:
    for act, skipped, heard in script:
        if act == "publish":
            world.publish(skipped=skipped, heard=heard)
        else:
            getattr(world, act)()


@settings(max_examples=400, deadline=None)
@given(before=acts, during=acts, after=acts, data=st.data())
def test_nothing_is_lost_in_silence_nothing_comes_twice_and_all_of_it_in_order(
    before: list[tuple[str, int, bool]],
    during: list[tuple[str, int, bool]],
    after: list[tuple[str, int, bool]],
    data: st.DataObject,
) -> None:
    world = World()
    play(world, before)
    last_seq = data.draw(st.sampled_from([0, *world.everything]))
    world.session = machine.joined(last_seq)
    play(world, during)  # live messages may come before the head is known
    world.catch_up()
    head = world.everything[-1] if world.everything else 0
    world.apply(machine.opened(world.session, head))
    play(world, after)
    world.settle()

    seen = delivered(world)
    assert seen == sorted(set(seen)), "in order, none twice"
    missing = [seq for seq in world.everything if seq > last_seq and seq not in seen]
    unsaid = [seq for seq in missing if not in_a_gap(seq, gaps(world))]
    if last_seq:
        assert not unsaid
    else:  # a client that has nothing gets what is kept; what was trimmed before its first message it never had
        assert all(seq < min(seen, default=world.seq + 1) for seq in unsaid)
    assert not any(in_a_gap(seq, gaps(world)) for seq in seen), "what was delivered is not called missing"


@settings(max_examples=200, deadline=None)
@given(script=acts)
def test_frames_form_a_chain(script: list[tuple[str, int, bool]]) -> None:
    world = World()
    world.session = machine.joined(0)
    world.apply(machine.opened(world.session, 0))
    play(world, script)
    world.settle()
    at = 0
    for first, last, _ in world.covered:
        assert first == at + 1
        if last is not None:
            at = last


@settings(max_examples=200, deadline=None)
@given(before=st.integers(0, 8), script=acts)
def test_where_no_live_message_is_lost_nothing_has_to_look_again(
    before: int, script: list[tuple[str, int, bool]]
) -> None:
    world = World()
    for _ in range(before):
        world.publish(skipped=1, heard=False)
    world.session = machine.joined(0)
    world.apply(machine.opened(world.session, world.seq))
    play(world, [(act, skipped, True) for act, skipped, _ in script if act not in ("dirty", "trim")])
    world.settle(looks_again=False)
    covered = delivered(world)
    assert [seq for seq in world.everything if seq not in covered and not in_a_gap(seq, gaps(world))] == []
    assert covered == sorted(set(covered))


def test_a_caught_up_client_is_sent_live_messages_without_a_read() -> None:
    session, actions = machine.opened(machine.joined(7), 7)
    assert actions == ()
    session, actions = machine.arrived(session, 9, 7, b"x")
    assert actions == (Deliver(9, 7, b"x"),)


def test_a_lost_live_message_is_read_from_the_log_before_the_next_is_sent() -> None:
    session, _ = machine.opened(machine.joined(7), 7)
    session, actions = machine.arrived(session, 12, 9, b"twelve")
    assert actions == (Fetch(7, 0.0),)
    session, actions = machine.page(session, (Logged(7, b""), Logged(9, b"nine"), Logged(12, b"twelve")), more=False)
    assert actions == (Deliver(9, 7, b"nine"), Deliver(12, 9, b"twelve"))


def test_retention_that_cut_off_what_the_client_missed_is_said() -> None:
    session, actions = machine.opened(machine.joined(7), 20)
    assert actions == (Fetch(7, 0.0),)
    session, actions = machine.page(session, (Logged(15, b"a"), Logged(20, b"b")), more=False)
    assert actions == (Gap(8, 14), Deliver(15, 14, b"a"), Deliver(20, 15, b"b"))


def test_what_came_and_went_after_a_gap_is_said_too() -> None:
    """The log was cut to nothing twice: the second time nothing stands there that could show it."""
    session, _ = machine.opened(machine.joined(1), 2)
    session, _ = machine.dirty(session)
    said: list[machine.Action] = []
    for _ in range(3 * len(LOOK_AGAIN_S)):
        if session.fetching:
            session, actions = machine.page(session, (), more=False)
            said += [action for action in actions if isinstance(action, Gap)]
    assert said == [Gap(2, 2), Gap(3, None)]
    session, _ = machine.dirty(session)
    session, actions = machine.page(session, (), more=False)
    assert actions == (), "said once, not at every look"
    session, _ = machine.dirty(session)
    session, actions = machine.page(session, (Logged(9, b"nine"),), more=False)
    assert actions == (Gap(3, 8), Deliver(9, 8, b"nine"))


def test_a_client_from_the_future_is_told_so_and_goes_on_from_now() -> None:
    session, actions = machine.opened(machine.joined(1_000_000), 5)
    assert actions == (Gap(6, 1_000_000),)
    session, actions = machine.arrived(session, 8, 5, b"x")
    assert actions == (Deliver(8, 5, b"x"),)


def test_a_message_that_never_shows_up_becomes_a_gap_after_patience() -> None:
    session, actions = machine.opened(machine.joined(0), 4)
    looks = 0
    while any(isinstance(action, Fetch) for action in actions):
        looks += 1
        session, actions = machine.page(session, (), more=False)
    assert looks == len(LOOK_AGAIN_S)
    assert actions == (Gap(1, 4),)


def test_looks_come_with_growing_pauses() -> None:
    session, actions = machine.opened(machine.joined(0), 4)
    pauses = []
    while fetches := [action for action in actions if isinstance(action, Fetch)]:
        pauses.append(fetches[0].pause_s)
        session, actions = machine.page(session, (), more=False)
    assert pauses == list(LOOK_AGAIN_S)
