"""`mesh settings` and `mesh alerts`: documents made from tables, printed or written into a file."""

from pathlib import Path

from bus.rounds.alarms import rules
from schemas.settings import table

BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"


def markdown() -> str:
    """The table, one row a setting."""
    rows = [f"| `{name}` | {kind} | `{default}` | {meaning} |" for name, kind, default, meaning in table()]
    return "\n".join(["| variable | type | default | meaning |", "| --- | --- | --- | --- |", *rows])


def alert_rules(file: Path | None) -> int:
    """Print the Prometheus rules, or write them into `file`."""
    if file is None:
        print(rules(), end="")
    else:
        file.write_text(rules())
    return 0


def settings_table(file: Path | None) -> int:
    """Print the table, or replace what stands between the markers in `file`."""
    if file is None:
        print(markdown())
        return 0
    before, found, rest = file.read_text().partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        print(f"{file} has no {BEGIN} … {END}")
        return 1
    file.write_text(f"{before}{BEGIN}\n{markdown()}\n{END}{after}")
    return 0
