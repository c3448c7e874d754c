"""The books under random payments, failures and restarts: nothing is made or lost, nothing is paid twice."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.sandbox.greenlight.money.bolt11 import hash_of
from services.sandbox.greenlight.money.ledger import Ledger, NoRoom, Taken
from services.sandbox.greenlight.money.rows import InFlight, InvoiceRow, Paid, PartRow, Sent, Short, Status, Wish

CAPACITY = 1_000
NODES = st.sampled_from(("alice", "bob", "carol"))
NUMBERS = st.integers(0, 7)
AMOUNTS = st.integers(1, 600)


def promised(node: str, number: int, msat: int | None, *, once: bool = False, expires_at: int = 1 << 40) -> InvoiceRow:
    """The `number`th invoice there can be; not stored yet."""
    preimage = bytes([number]) * 32
    return InvoiceRow(
        node=node,
        label=str(number),
        payment_hash=hash_of(preimage),
        preimage=preimage,
        secret=preimage,
        description=None,
        msat=msat,
        text="lnbcrt",
        offer_id="offer" if once else None,
        once=once,
        created_at=0,
        expires_at=expires_at,
    )


def wish(node: str, payee: str, number: int, msat: int, fee: int) -> Wish:
    """To pay that invoice."""
    return Wish(
        node=node,
        payee=payee,
        payment_hash=hash_of(bytes([number]) * 32),
        text="lnbcrt",
        msat=msat,
        sent_msat=msat + fee,
        label=None,
        description=None,
        destination=b"",
    )


class Books(RuleBasedStateMachine):
    """Random changes, checked against what was answered before."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "money.db", CAPACITY)
        self.funded = 0
        self.moving: dict[int, PartRow] = {}
        self.preimages: dict[tuple[str, bytes], bytes] = {}

    def teardown(self) -> None:
        """Close and forget."""
        self.ledger.close()
        self.folder.cleanup()

    @rule(node=NODES, msat=AMOUNTS)
    def fund(self, node: str, msat: int) -> None:
        """From outside."""
        room = self.ledger.balance(node).receivable
        if msat <= room:
            self.ledger.fund(node, msat)
            self.funded += msat
        else:
            with pytest.raises(NoRoom):
                self.ledger.fund(node, msat)

    @rule(node=NODES, number=NUMBERS, msat=st.none() | AMOUNTS, once=st.booleans())
    def promise(self, node: str, number: int, msat: int | None, once: bool) -> None:
        """An invoice, if there is none with that number."""
        row = promised(node, number, msat, once=once)
        if self.ledger.invoice_of(row.payment_hash):
            with pytest.raises(Taken):
                self.ledger.add_invoice(row)
        else:
            assert self.ledger.add_invoice(row).pay_index is None

    @rule(node=NODES, payee=NODES, number=NUMBERS, msat=AMOUNTS, fee=st.integers(0, 9))
    def send(self, node: str, payee: str, number: int, msat: int, fee: int) -> None:
        """A payment of whatever hash to whomever."""
        wanted = wish(node, payee, number, msat, fee)
        before = self.ledger.balance(node).ours
        said = self.ledger.send(wanted)
        match said:
            case Sent(part):
                assert before - self.ledger.balance(node).ours == msat + fee
                assert (node, wanted.payment_hash) not in self.preimages
                self.moving[part.id] = part
            case Paid(part):
                assert part.preimage == self.preimages[node, wanted.payment_hash]
            case InFlight(part):
                assert part.id in self.moving
            case Short(spendable):
                assert before == spendable < msat + fee

    @precondition(lambda self: self.moving)
    @rule(data=st.data(), honest=st.booleans())
    def arrive(self, data: st.DataObject, honest: bool) -> None:
        """One of those on their way arrives, or is refused and comes back."""
        part = self.moving.pop(data.draw(st.sampled_from(sorted(self.moving))))
        invoice = self.ledger.invoice_of(part.payment_hash)
        secret = invoice.secret if invoice and honest else b"guessed"
        ours = self.ledger.balance(part.payee).ours
        paid = self.ledger.settle(part.id, secret)
        if paid is None:
            self.ledger.fail(part.id, 203, "refused")
            assert self.ledger.part(part.id).status is Status.FAILED
            return
        assert honest
        assert invoice is not None
        assert invoice.pay_index is None
        assert self.ledger.balance(part.payee).ours == ours + part.msat
        assert self.ledger.settle(part.id, secret) is None
        self.ledger.fail(part.id, 203, "too late")
        self.preimages[part.node, part.payment_hash] = paid.preimage

    @precondition(lambda self: self.moving)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """One of those on their way fails, and cannot arrive after that."""
        part = self.moving.pop(data.draw(st.sampled_from(sorted(self.moving))))
        self.ledger.fail(part.id, 205, "no route")
        invoice = self.ledger.invoice_of(part.payment_hash)
        assert self.ledger.settle(part.id, invoice.secret if invoice else b"") is None

    @rule()
    def restart(self) -> None:
        """Everything is there again."""
        self.ledger.close()
        self.ledger = Ledger(Path(self.folder.name) / "money.db", CAPACITY)
        assert {part.id for part in self.ledger.moving()} == set(self.moving)

    @invariant()
    def adds_up(self) -> None:
        """After every change."""
        assert self.ledger.broken() == ()
        totals = self.ledger.totals()
        assert totals.funded == self.funded == totals.held + totals.moving + totals.earned
        assert totals.moving == sum(part.sent_msat for part in self.moving.values())


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """With money at alice's."""
    made = Ledger(tmp_path / "money.db", CAPACITY)
    made.fund("alice", 900)
    return made


def test_a_payment_that_came_too_late_is_refused(ledger: Ledger) -> None:
    row = ledger.add_invoice(promised("bob", 1, 10, expires_at=1))
    sent = ledger.send(wish("alice", "bob", 1, 10, 0))
    assert isinstance(sent, Sent)
    assert ledger.settle(sent.part.id, row.secret) is None
    ledger.close()


def test_less_than_was_asked_for_is_refused(ledger: Ledger) -> None:
    row = ledger.add_invoice(promised("bob", 1, 10))
    sent = ledger.send(wish("alice", "bob", 1, 9, 0))
    assert isinstance(sent, Sent)
    assert ledger.settle(sent.part.id, row.secret) is None
    ledger.close()


def test_what_has_no_room_is_refused(ledger: Ledger) -> None:
    ledger.fund("bob", 995)
    row = ledger.add_invoice(promised("bob", 1, 10))
    sent = ledger.send(wish("alice", "bob", 1, 10, 0))
    assert isinstance(sent, Sent)
    assert ledger.settle(sent.part.id, row.secret) is None
    ledger.close()


def test_money_from_nowhere_is_noticed(ledger: Ledger) -> None:
    """The rules can fail."""
    ledger._db.execute("UPDATE nodes SET ours = ours + 1")  # what nothing else can do
    assert ledger.broken() == ("funded is held, moving and earned",)
    ledger.close()
