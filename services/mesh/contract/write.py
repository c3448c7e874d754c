"""Making the committed documents, and saying which of them differ from what is committed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import schemas
from schemas.documents import REF, Schema
from services.mesh.contract import asyncapi, typescript
from services.mesh.contract.channels import channels, members
from services.mesh.run import SERVICES

FOLDER = Path(next(iter(schemas.__path__))) / "generated"


def contract(*, write: bool) -> int:
    """Compare the documents with what is committed, or write them. Exit status 1 if any differs and is not written."""
    made = documents()
    stale = sorted(name for name, text in made.items() if _committed(name) != text)
    for name in stale:
        if write:
            (FOLDER / name).write_text(made[name])
        print(f"{'wrote' if write else 'differs'}  {FOLDER / name}")
    if not stale:
        print("nothing to change")
    return 1 if stale and not write else 0


def documents() -> dict[str, str]:
    """Every document's text by its file name."""
    # The edge is a process to us, here too: no service imports another.
    command = [sys.executable, "-m", f"{SERVICES['edge']}.web.openapi"]
    said = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own interpreter and module
    openapi: Schema = json.loads(said.stdout)
    bus = asyncapi.document()
    return {
        "openapi.json": _text(openapi),
        "asyncapi.json": _text(bus),
        "shopstr.ts": _typescript(openapi, bus),
    }


def _typescript(openapi: Schema, bus: Schema) -> str:
    rows = channels()
    names, _ = asyncapi.named(rows)
    http, wire = _components(openapi), _components(bus)
    roots = [names[k] for row, _ in asyncapi.outsiders(rows) for k in (*row.bodies, *members(row.reply))]
    shared = {name: wire[name] for name in sorted(_reached(roots, wire))}
    if different := [name for name in http.keys() & shared.keys() if http[name] != shared[name]]:
        raise ValueError(f"two structs have one name: {sorted(different)}")
    return typescript.module(http | shared, rows, names)


def _components(document: Schema) -> dict[str, Schema]:
    return cast("dict[str, dict[str, Schema]]", document["components"])["schemas"]


def _reached(roots: list[str], components: dict[str, Schema]) -> set[str]:
    """`roots` and every component that they refer to, however far."""
    reached: set[str] = set()
    while roots:
        name = roots.pop()
        if name not in reached:
            reached.add(name)
            roots += _references(components[name])
    return reached


def _references(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference.removeprefix(REF)
        case dict():
            for value in part.values():
                yield from _references(value)
        case list():
            for value in part:
                yield from _references(value)


def _text(document: Schema) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _committed(name: str) -> str | None:
    file = FOLDER / name
    return file.read_text() if file.exists() else None
