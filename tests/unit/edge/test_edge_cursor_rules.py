"""A cursor's rules, under every interleaving of edges that read, decide and compare-and-set."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from services.edge.streams.cursor_rules import Astray, Resume, Rise, Stay, moved, resumed

sequences = st.integers(0, 50)


@dataclass
class Store:
    """One key with a revision, as the bucket keeps it (0: nothing stands there)."""

    seq: int = 0
    revision: int = 0
    past: list[int] = field(default_factory=list)

    def swap(self, seq: int, revision: int) -> bool:
        if revision != self.revision:
            return False
        self.seq, self.revision = seq, revision + 1
        self.past.append(seq)
        return True


@dataclass
class Edge:
    """One edge: what was acked at it, and what it read before it writes."""

    acked: int = 0
    read: tuple[int, int] | None = None

    def look(self, store: Store) -> None:
        self.read = (store.seq, store.revision)

    def write(self, store: Store) -> bool:
        """Whether it is done; otherwise somebody else wrote, or it has not looked yet."""
        if self.read is None:
            return False
        standing, revision = self.read
        self.read = None
        match moved(standing, self.acked):
            case Stay():
                return True
            case Rise(seq=seq):
                return store.swap(seq, revision)


@settings(max_examples=300, deadline=None)
@given(
    script=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["ack", "look", "write", "crash"]), sequences), max_size=60
    )
)
def test_no_interleaving_moves_a_cursor_back_or_past_what_was_acked(script: list[tuple[int, str, int]]) -> None:
    store, edges, acked = Store(), [Edge(), Edge(), Edge()], {0}
    for which, act, seq in script:
        edge = edges[which]
        match act:
            case "ack":
                acked.add(seq)
                edge.acked = max(edge.acked, seq)
            case "look":
                edge.look(store)
            case "write":
                edge.write(store)
            case _:
                edges[which] = Edge()  # what it had not written is lost
    assert store.past == sorted(set(store.past)), "it only rises"
    assert set(store.past) <= acked, "it stands where somebody acknowledged"
    for edge in edges:
        edge.look(store)
        while not edge.write(store):
            edge.look(store)
    assert store.seq == max([*store.past, *(edge.acked for edge in edges)], default=0), "they converge on the highest"


@given(standing=sequences, head=sequences)
def test_a_device_resumes_at_its_cursor_or_at_nothing_that_would_skip(standing: int, head: int) -> None:
    where = resumed(standing, head)
    match where:
        case Resume(seq=seq):
            assert seq == standing <= head
        case Astray():
            assert standing > head
