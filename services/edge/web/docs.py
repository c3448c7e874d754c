"""The OpenAPI document as one HTML page: no script, nothing fetched, every text escaped. Pure."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import cast

from schemas.documents import Schema

Part = Mapping[str, object]

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}code,pre{font:14px ui-monospace,monospace}"
    "pre{background:#f5f5f5;padding:.75rem;overflow:auto}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem"
    " .2rem 0}body{color:#222}"
)


def page(document: Schema) -> str:
    """The whole page for an OpenAPI document."""
    info = cast("Part", document["info"])
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_text(info["title"])}</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>',
            f"<h1>{_text(info['title'])}</h1><p>{_text(info['description'])}</p>",
            '<p><a href="/openapi.json">openapi.json</a> · <a href="/asyncapi.json">asyncapi.json</a></p>',
            *_operations(document),
            "<h2>Shapes</h2>",
            *_shapes(document),
            "</html>",
        ]
    )


def _operations(document: Schema) -> Iterator[str]:
    for path, methods in cast("Mapping[str, Mapping[str, Part]]", document["paths"]).items():
        for method, operation in methods.items():
            yield f'<h2 id="{_text(operation["operationId"])}"><code>{_text(method.upper())} {_text(path)}</code></h2>'
            yield f"<p>{_text(operation['summary'])}</p><table>"
            for scheme in cast("list[Part]", operation["security"]):
                yield _row("auth", " + ".join(scheme) or "none", "")
            for parameter in cast("list[Part]", operation["parameters"]):
                needed = " (required)" if parameter["required"] else ""
                yield _row(f"{parameter['in']} {parameter['name']}{needed}", str(parameter["description"]), "")
            if "requestBody" in operation:
                yield _row("body", "", _links(operation["requestBody"]))
            for status, answer in cast("Mapping[str, Part]", operation["responses"]).items():
                yield _row(status, str(answer.get("description", "")), _links(answer))
            yield "</table>"


def _shapes(document: Schema) -> Iterator[str]:
    components = cast("dict[str, dict[str, Part]]", document["components"])
    for name, schema in (components["schemas"] | components["responses"]).items():
        yield f'<h3 id="{_text(name)}"><code>{_text(name)}</code></h3><pre>{_text(json.dumps(schema, indent=1))}</pre>'


def _row(what: str, meaning: str, links: str) -> str:
    return f"<tr><th><code>{_text(what)}</code></th><td>{_text(meaning)} {links}</td></tr>"


def _links(part: object) -> str:
    """Links to every shape that `part` refers to."""
    names = sorted(set(_references(part)))
    return " ".join(f'<a href="#{_text(name)}"><code>{_text(name)}</code></a>' for name in names)


def _references(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:  # a shape or a response of the document's components
            yield reference.rpartition("/")[2]
        case dict():
            for value in part.values():
                yield from _references(value)
        case list():
            for value in part:
                yield from _references(value)


def _text(value: object) -> str:
    return escape(str(value))
