"""The tables agree with each other: streams, consumers, flows, permissions, and the rendered configuration."""

from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.client.spelling import consumer_config, stream_config
from bus.servers.config import ServerPlan, render
from bus.tables import subjects
from bus.tables.identities import ALL_IDENTITIES, APP_IDENTITIES, SEC_IDENTITIES
from bus.tables.permissions import BUCKET_READERS, BUCKET_WRITERS, BUCKETS_SHARED_OUT, permissions_of
from bus.tables.streams import BUCKETS, CONSUMERS, STREAMS, all_streams, matches, stream_of
from schemas.flows import FLOWS, Flow, Step
from schemas.ids import OpId, Owner
from schemas.settings import Settings

OWNER, OP = Owner("o" * 26), OpId("p" * 26)

STORED = [
    (subjects.request("node", "register", OP), "INGRESS"),
    (subjects.request("username", "cancel", OP), "INGRESS"),
    (subjects.saga(OWNER, OP, "requested", "offer-builder"), "LEDGER"),
    (subjects.saga(OWNER, OP, "failed", "-"), "LEDGER"),
    (subjects.timer("notifier", OP), "TIMERS"),
    (subjects.tick("notifier", OP), "TIMERS"),
    (subjects.delivery_timer("d"), "TIMERS"),
    (subjects.delivery_tick("d"), "TIMERS"),
    ("$KV.deliveries.owner.webhook.delivery", "KV_deliveries"),
    (subjects.notification(OWNER), "NOTIFY"),
    (subjects.history(OWNER), "HISTORY"),
    (subjects.dead_letter("LEDGER", "notifier"), "DLQ"),
    ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.LEDGER.notifier", "ADVISORY"),
    ("$KV.names.shop.alice", "KV_names"),
]

NEVER_STORED = [
    subjects.live(OWNER),
    f"op.{OP}.published",
    subjects.seed_open("instance"),
    subjects.seed_hold(OP),
    subjects.WEBHOOK_SECRET,
    subjects.RESOLVE,
    subjects.VERIFY_PROOF,
    "_INBOX.edge.x",
]


@pytest.mark.parametrize(("subject", "stream"), STORED)
def test_every_subject_is_stored_where_it_belongs(subject: str, stream: str) -> None:
    assert stream_of(subject) == stream


@pytest.mark.parametrize("subject", NEVER_STORED)
def test_what_must_not_be_stored_is_in_no_stream(subject: str) -> None:
    with pytest.raises(KeyError):
        stream_of(subject)


def test_no_two_streams_overlap() -> None:
    for one, other in permutations(all_streams(), 2):
        for mine in one.subjects:
            assert not any(matches(mine, theirs) for theirs in other.subjects), (one.name, other.name)


def test_a_republished_subject_is_in_no_stream() -> None:
    for spec in STREAMS:
        if spec.republish:
            sample = spec.republish.dest.split(".{{")[0] + ".x.y"
            with pytest.raises(KeyError):
                stream_of(sample)


def test_only_timers_obeys_headers_that_can_erase_or_redirect() -> None:
    for spec in all_streams():
        config = stream_config(spec, Settings())
        assert config["allow_rollup_hdrs"] is (spec.name == "TIMERS")
        assert config.get("allow_msg_schedules", False) is (spec.name == "TIMERS")


def test_what_happened_cannot_be_unsaid() -> None:
    for spec in all_streams():
        if spec.name not in ("TIMERS", "DLQ", "ADVISORY"):
            config = stream_config(spec, Settings())
            assert config["deny_delete"] is (spec.name != "KV_credentials")
            assert config["deny_purge"]


def test_every_worker_is_reached() -> None:
    reached = {(spec.stream, spec.owner) for spec in CONSUMERS}
    for worker in subjects.WORKERS:
        assert ("LEDGER", worker) in reached
        assert ("TIMERS", worker) in reached
    for flow in FLOWS.values():
        if flow.name.split(".")[0] not in subjects.NOUNS:
            continue  # only its first worker opens it, of its own accord
        asked = subjects.request(flow.name.split(".")[0], "register", OP)
        assert any(
            spec.owner == flow.first_worker and matches(spec.filter, asked)
            for spec in CONSUMERS
            if spec.stream == "INGRESS"
        )


def test_a_consumer_sees_only_its_stream() -> None:
    streams = {spec.name: spec for spec in all_streams()}
    for spec in CONSUMERS:
        assert not spec.filter or any(matches(own, spec.filter) for own in streams[spec.stream].subjects)
        assert "backoff" not in consumer_config(spec, Settings())


def test_every_bucket_has_one_writer_but_leases() -> None:
    assert set(BUCKET_WRITERS) == set(BUCKET_READERS) == {spec.name for spec in BUCKETS}
    for name, writers in BUCKET_WRITERS.items():
        assert len(writers) == 1 or name in ("leases", *BUCKETS_SHARED_OUT)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.name)
def test_a_worker_may_commit_every_fact_its_flow_asks_of_it(flow: Flow) -> None:
    for worker, fact, following in _walk(flow):
        assert _may(worker, subjects.saga(OWNER, OP, fact, following)), (worker, fact, following)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda flow: flow.name)
def test_no_worker_may_commit_anothers_fact(flow: Flow) -> None:
    for step in flow.steps:
        for fact in filter(None, (step.done, step.undone)):
            doers = {other.worker for known in FLOWS.values() for other in known.steps if fact in _facts(other)}
            for identity in ALL_IDENTITIES:
                if identity not in doers:
                    for following in (*subjects.WORKERS, "-"):
                        assert not _may(identity, subjects.saga(OWNER, OP, fact, following))


@pytest.mark.parametrize("identity", ALL_IDENTITIES)
def test_everybody_hears_only_what_is_theirs(identity: str) -> None:
    heard = permissions_of(identity).subscribe
    for other in ALL_IDENTITIES:
        inbox = f"_INBOX.{other}.abc.1"
        assert any(matches(pattern, inbox) for pattern in heard) is (other == identity)
    for stream in all_streams():
        for subject in stream.subjects:
            assert not any(matches(pattern, subject) for pattern in heard)


@pytest.mark.parametrize("identity", [name for name in ALL_IDENTITIES if name != "topology"])
def test_only_the_deploy_tool_may_change_streams_and_two_erase_what_is_theirs(identity: str) -> None:
    for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE", "RESTORE"):
        for stream in all_streams():
            erased = {("operator", "DLQ"), ("node-manager", "KV_credentials")}
            may = verb == "MSG.DELETE" and (identity, stream.name) in erased
            assert _may(identity, f"$JS.API.STREAM.{verb}.{stream.name}") is may
    for spec in CONSUMERS:
        assert not _may(identity, f"$JS.API.CONSUMER.DELETE.{spec.stream}.{spec.name}")
        assert not _may(identity, f"$JS.API.CONSUMER.CREATE.{spec.stream}.{spec.name}.{spec.filter}")
        if spec.owner != identity:
            assert not _may(identity, f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.name}")


@pytest.mark.parametrize("identity", APP_IDENTITIES)
def test_nobody_on_the_stored_side_touches_the_seed(identity: str) -> None:
    allowed = permissions_of(identity)
    for subject in (subjects.seed_open("i"), subjects.seed_hold(OP), subjects.WEBHOOK_SECRET):
        assert not any(matches(pattern, subject) for pattern in (*allowed.publish, *allowed.subscribe))


@pytest.mark.parametrize("identity", SEC_IDENTITIES)
def test_the_seeds_account_speaks_of_nothing_else(identity: str) -> None:
    allowed = permissions_of(identity)
    for pattern in (*allowed.publish, *allowed.subscribe):
        assert pattern.startswith(("sec.", f"_INBOX.{identity}."))


def test_another_service_may_ask_follow_and_read_and_nothing_else() -> None:
    allowed = permissions_of("shopstr")
    reads = {f"$JS.API.DIRECT.GET.{stream}{rest}" for stream in ("INGRESS", "LEDGER", "REFUSED") for rest in ("", ".>")}
    asks = {f"req.v1.{noun}.{verb}.*" for noun, verb in subjects.REQUESTS if noun not in subjects.FOR_OPERATORS}
    assert set(allowed.publish) == {*asks, *reads, subjects.RESOLVE, subjects.VERIFY_PROOF}
    assert set(allowed.subscribe) == {"_INBOX.shopstr.>", "op.*.*"}
    assert ("username", "register") in subjects.REQUESTS
    assert ("node", "cancel") in subjects.REQUESTS


def test_an_identity_that_does_not_exist_may_nothing() -> None:
    with pytest.raises(KeyError):
        permissions_of("mallory")


def test_the_configuration_says_what_durability_and_secrecy_need() -> None:
    text = render(
        ServerPlan(Path("store"), {identity: (f"U{number}",) for number, identity in enumerate(ALL_IDENTITIES)})
    )
    for line in ("sync_interval: always", "js_ack_fc_v2: false", "trace: false", "max_traced_msg_len: 1"):
        assert line in text
    assert "no_auth_user" not in text
    app, sec = text.split("  APP {")[1].split("  SEC {")
    assert "jetstream: enabled" in app
    assert "jetstream" not in sec
    assert text.count("nkey: ") == len(ALL_IDENTITIES)


token = st.sampled_from(["a", "b"])


@given(st.lists(token, min_size=1, max_size=4), st.data())
def test_wildcards_cover_what_they_replace(tokens: list[str], data: st.DataObject) -> None:
    subject = ".".join(tokens)
    starred = [data.draw(st.sampled_from([part, "*"])) for part in tokens]
    assert matches(".".join(starred), subject)
    cut = data.draw(st.integers(0, len(tokens) - 1))
    assert matches(".".join([*starred[:cut], ">"]), subject)
    assert not matches(".".join([*starred, ">"]), subject)
    assert not matches(".".join([*starred, "*"]), subject)


def _may(identity: str, subject: str) -> bool:
    return any(matches(pattern, subject) for pattern in permissions_of(identity).publish)


def _facts(step: Step) -> tuple[str | None, ...]:
    return (step.done, step.undone)


def _walk(flow: Flow) -> list[tuple[str, str, str]]:
    """(who, fact, next) of every way through `flow`: straight, failing at any step, and being taken back there."""
    steps = flow.steps
    found: list[tuple[str, str, str]] = [(flow.first_worker, "requested", flow.first_worker)]
    for index, step in enumerate(steps):
        following = steps[index + 1].worker if index + 1 < len(steps) else "-"
        found.append((step.worker, step.done, following))
        found += [(step.worker, note, "-") for note in flow.notes]
        found.append((step.worker, "failed-dirty", "-"))
        for upto in (index, index + 1):
            undoing = [done for done in reversed(steps[:upto]) if done.undone]
            addressed = [done.worker for done in undoing] + ["-"]
            found.append((step.worker, "failed", addressed[0]))
            found.append((flow.first_worker, "cancelled", addressed[0]))
            for position, done in enumerate(undoing):
                found.append((done.worker, done.undone or "", addressed[position + 1]))
    return found
