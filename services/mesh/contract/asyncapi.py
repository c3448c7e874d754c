"""The AsyncAPI 3 document of the bus and the socket, made from the tables. Pure.

The operations are those of another Shopstr service (identity `shopstr`) and of a client on the socket; who else may say
or hear something stands at each channel in `x-publishers` and `x-subscribers`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from schemas.documents import REF, Schema, schemas_of
from services.mesh.contract.channels import PARAMETERS, SOCKET, Channel, channels, members

OUTSIDER = "shopstr"
"""The identity of Shopstr's other services."""

_MESSAGES = "#/components/messages/"


def document() -> Schema:
    """The whole document."""
    rows = channels()
    names, components = named(rows)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Shopstr payment mesh: bus and socket",
            "version": "1",
            "description": "Made by `mesh schemas --write` from the tables of subjects, streams and permissions. "
            "Bodies are JSON; readers ignore fields they do not know.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "bus": {"host": "127.0.0.1:4222", "protocol": "nats", "description": "NATS, one nkey for every identity"},
            "edge": {"host": "127.0.0.1:8080", "protocol": "ws", "description": "WebSocket at the edge"},
        },
        "channels": {row.name: _channel(row, names) for row in rows},
        "operations": dict(_operations(rows)),
        "components": {
            "schemas": {name: _discriminated(schema) for name, schema in components.items()},
            "messages": {name: {"name": name, "payload": {"$ref": REF + name}} for name in sorted(names.values())},
        },
    }


def named(rows: Iterable[Channel]) -> tuple[dict[object, str], dict[str, Schema]]:
    """The public name of every type on `rows`, and the schemas by public name."""
    kinds = list(dict.fromkeys(kind for row in rows for kind in (*row.bodies, *members(row.reply))))
    found, components = schemas_of(kinds)
    return {kind: str(schema["$ref"]).removeprefix(REF) for kind, schema in zip(kinds, found, strict=True)}, components


def outsiders(rows: Iterable[Channel]) -> Iterator[tuple[Channel, str]]:
    """The channels that another service or a socket's client uses, and what it does there: send, receive or read."""
    for row in rows:
        if row.address == SOCKET:
            yield row, "send" if row.name == "toEdge" else "receive"
        elif OUTSIDER in row.publishers():
            yield row, "send"
        elif OUTSIDER in row.subscribers():
            yield row, "receive"
        elif OUTSIDER in row.readers():
            yield row, "read"


def _channel(row: Channel, names: Mapping[object, str]) -> Schema:
    socket = row.address == SOCKET
    channel: Schema = {
        "address": row.address,
        "description": row.meaning,
        "servers": [{"$ref": f"#/servers/{'edge' if socket else 'bus'}"}],
        "messages": {names[kind]: {"$ref": _MESSAGES + names[kind]} for kind in row.bodies},
    }
    if parameters := re.findall(r"\{(\w+)\}", row.address):
        channel["parameters"] = {name: {"description": PARAMETERS[name]} for name in parameters}
    if not socket:
        channel["x-stream"] = row.stream
        channel["x-republished-from"] = row.republished_from
        channel["x-publishers"] = list(row.publishers())
        channel["x-subscribers"] = list(row.subscribers())
        channel["x-readers"] = list(row.readers())
    if row.reply is not None:
        channel["x-replies"] = [{"$ref": _MESSAGES + names[kind]} for kind in members(row.reply)]
    return channel


def _operations(rows: Iterable[Channel]) -> Iterator[tuple[str, Schema]]:
    for row, action in outsiders(rows):
        if action != "read":  # a direct get is a request to the server, which AsyncAPI has no word for: `x-readers`
            yield f"{action}-{row.name}", {"action": action, "channel": {"$ref": f"#/channels/{row.name}"}}


def _discriminated(schema: Schema) -> Schema:
    """`schema` with discriminators as AsyncAPI has them: the name of the field, without a mapping."""
    result: Schema = {}
    for key, value in schema.items():
        match key, value:
            case "discriminator", {"propertyName": name}:
                result[key] = name
            case _, dict():
                result[key] = _discriminated(value)
            case _, list():
                result[key] = [_discriminated(item) if isinstance(item, dict) else item for item in value]
            case _:
                result[key] = value
    return result
