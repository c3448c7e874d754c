"""The last page of the demo: what was registered, proven, paid and told, and whether all of it is true."""

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from schemas.facts import Probe
from services.mesh.demo.facts import Seen, claims
from services.mesh.demo.money import Paid, sats
from services.mesh.demo.streams import Stream


def show(seen: Seen, elapsed_s: float) -> int:
    """Print the table; 0 if every claim in it is true, 1 otherwise."""
    console = Console(highlight=False)
    table = Table(show_header=False, title=f"{seen.result.display}", title_justify="left", padding=(0, 1))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("name", seen.result.display)
    table.add_row("URI", seen.result.uri)
    table.add_row(
        "proof", f"{seen.result.verdict}, holds {_when(seen.result.valid_from)} … {_when(seen.result.valid_until)}"
    )
    table.add_row("authoritative", _answers(seen.result.authoritative))
    table.add_row("resolvers", _answers(seen.result.resolvers))
    table.add_row("payment", _payment(seen.paid))
    table.add_row("balances", _balances(seen.paid))
    for stream in (seen.seller, seen.payer):
        table.add_row(f"{stream.who} was told", _told(stream))
    judged = claims(seen)
    table.add_row("checked", "\n".join(f"✗ {c.text}: {c.why_not}" if c.why_not else f"✓ {c.text}" for c in judged))
    table.add_row("took", f"{elapsed_s:.2f} s")
    console.print(table)
    return 1 if any(claim.why_not for claim in judged) else 0


def _answers(probes: tuple[Probe, ...]) -> str:
    return "\n".join(f"{'✓' if p.ok else '✗'} {p.server} {p.transport}  {p.detail}" for p in probes) or "none"


def _payment(paid: Paid) -> str:
    said = f"{paid.payer.who} to ₿{paid.payment.name}, “{paid.note}”: {paid.payment.state}"
    return f"{said}\n{sats(paid.amount)} + {sats(paid.fee)} fee = {sats(paid.amount + paid.fee)}"


def _balances(paid: Paid) -> str:
    purses = (paid.payer, paid.seller)
    wide = max(len(purse.who) for purse in purses)
    return "\n".join(
        f"{purse.who:<{wide}}  {sats(purse.before):>14} → {sats(purse.after):>14}  ({sats(purse.after - purse.before)})"
        for purse in purses
    )


def _told(stream: Stream) -> str:
    return "\n".join(f"{m.seq:>3}  {m.at[11:]}  {m.type}" for m in stream.messages)


def _when(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
