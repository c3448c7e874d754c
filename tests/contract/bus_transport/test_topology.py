"""The server is made to agree with the table, again after somebody changed it by hand, and no data is deleted."""

import msgspec

from bus.client.connection import Bus, connect
from bus.client.js_api import js_request
from bus.client.publish import publish
from bus.servers.topology import Create, Stuck, Update, apply, describe, plan
from bus.tables.streams import CONSUMERS, all_streams
from schemas.settings import Settings

from .conftest import Connect


async def test_after_apply_nothing_is_left_to_do(join: Connect) -> None:
    admin = await join("topology")
    assert await plan(admin) == []
    assert await apply(admin) == []


async def test_a_missing_stream_and_its_consumers_are_made_again(join: Connect) -> None:
    admin = await join("topology")
    await js_request(admin, "STREAM.DELETE.TIMERS")
    changes = await apply(admin)
    assert all(isinstance(change, Create) for change in changes)
    assert {change.name for change in changes} == {"TIMERS"} | {
        f"TIMERS/{spec.name}" for spec in CONSUMERS if spec.stream == "TIMERS"
    }
    assert await plan(admin) == []


async def test_what_was_changed_by_hand_is_put_right_without_losing_a_message(join: Connect) -> None:
    admin, edge = await join("topology"), await join("edge")
    await publish(edge, "req.v1.node.register.a", b"x")
    found = (await js_request(admin, "STREAM.INFO.INGRESS"))["config"]
    assert isinstance(found, dict)
    await js_request(admin, "STREAM.UPDATE.INGRESS", {**found, "max_age": 0, "duplicate_window": 120_000_000_000})
    [change] = await plan(admin)
    assert isinstance(change, Update)
    assert (change.name, change.fields) == ("INGRESS", ("duplicate_window", "max_age"))
    await apply(admin)
    assert await plan(admin) == []
    assert await _messages(admin, "INGRESS") == 1


async def test_a_new_setting_reaches_the_consumers(join: Connect, settings: Settings) -> None:
    await join("topology")
    admin = await connect(msgspec.structs.replace(settings, ack_wait_s=7.0), "topology")
    changes = await apply(admin)
    assert {type(change) for change in changes} == {Update}
    assert len(changes) == len(CONSUMERS)
    assert await plan(admin) == []
    await admin.close()


async def test_what_cannot_be_changed_in_place_is_said_and_left(join: Connect) -> None:
    admin = await join("topology")
    await js_request(admin, "STREAM.DELETE.DLQ")
    await js_request(admin, "STREAM.CREATE.DLQ", {"name": "DLQ", "subjects": ["dlq.*.*"], "storage": "memory"})
    changes = await apply(admin)
    assert changes == [Stuck("stream", "DLQ", ("storage",))]
    assert describe(changes) == ["cannot change stream DLQ in place: storage"]
    assert await plan(admin) == changes


async def test_everything_in_the_table_stands_on_the_server(join: Connect) -> None:
    admin = await join("topology")
    names = (await js_request(admin, "STREAM.NAMES"))["streams"]
    assert isinstance(names, list)
    assert set(names) == {spec.name for spec in all_streams()}


async def _messages(admin: Bus, stream: str) -> int:
    state = (await js_request(admin, f"STREAM.INFO.{stream}"))["state"]
    assert isinstance(state, dict)
    return int(state["messages"])
