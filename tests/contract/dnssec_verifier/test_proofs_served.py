"""Proofs over the bus and on the command line: what is resolved can be proven to somebody who asks nobody."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from bus.tables.subjects import RESOLVE, VERIFY_PROOF
from schemas.base import encode
from schemas.proofs import ProofAnswer, ProofFails, ProofHolds, VerifyProof, decode_proof_answer
from schemas.resolve import Resolve, Resolved, decode_reply
from schemas.settings import to_environ
from tests.contract.dnssec_verifier.town import Town

OFFER = "bitcoin:?lno=lno1qqq"
NAME = "proven@shop.test"


async def ask(town: Town, payload: bytes) -> ProofAnswer:
    answer: Any = await town.edge.nc.request(VERIFY_PROOF, payload, timeout=30)
    return decode_proof_answer(answer.data)


async def resolved(town: Town) -> Resolved:
    answer: Any = await town.edge.nc.request(RESOLVE, encode(Resolve(name=NAME)), timeout=30)
    reply = decode_reply(answer.data)
    assert isinstance(reply, Resolved)
    return reply


async def mesh_verify(town: Town, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`mesh verify` in an empty data folder, with the sandbox's anchors and no bus to talk to."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
    settings = msgspec.structs.replace(town.settings, dns_timeout_s=1.0, nats_url="nats://127.0.0.1:1")
    environ |= to_environ(settings)
    command = [sys.executable, "-m", "services.mesh", "verify", *arguments]
    return await asyncio.to_thread(
        subprocess.run, command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


async def test_what_is_resolved_can_be_proven(town: Town, tmp_path: Path) -> None:
    await town.put_txt("proven", OFFER, 120)
    async with town.service("dnssec_verifier"):
        reply = await resolved(town)
        answer = await ask(town, encode(VerifyProof(name=NAME, proof=reply.records)))
        assert isinstance(answer, ProofHolds)
        assert (answer.uri, answer.proof.zones) == (OFFER, reply.proof.zones)
        window = (answer.proof.valid_from, answer.proof.valid_until)
        assert window == (reply.proof.valid_from, reply.proof.valid_until)
        await refusals(town, reply.records)
    await on_the_command_line(town, reply.records, tmp_path)


async def refusals(town: Town, proof: bytes) -> None:
    """Other names, damage and rubbish are answered, each with what is wrong."""
    cut, spoilt = proof[:-3], proof.replace(b"qqq", b"qqp", 1)
    for name, records, reason in (
        ("other@shop.test", proof, "answer-missing"),
        (NAME, spoilt, "signature-wrong"),
        (NAME, cut, "not-a-proof"),
        (NAME, b"", "dnskey-missing"),
    ):
        answer = await ask(town, encode(VerifyProof(name=name, proof=records)))
        assert isinstance(answer, ProofFails)
        assert answer.reason == reason
        assert answer.explanation
    for rubbish in (b"", b"{}", b"\xff\xfe", b'{"name":"a@b.c","proof":"%"}', b'{"name":"' + b"x" * 200_000 + b'"}'):
        answer = await ask(town, rubbish)
        assert isinstance(answer, ProofFails)
        assert answer.reason == "invalid-body"


async def on_the_command_line(town: Town, proof: bytes, folder: Path) -> None:
    """`mesh verify --proof` needs nothing but the anchors: no verifier, no bus and no edge is running."""
    good, spoilt, rubbish = folder / "good", folder / "spoilt", folder / "rubbish"
    good.write_bytes(proof)
    spoilt.write_text(proof.replace(b"qqq", b"qqp", 1).hex())
    rubbish.write_text("not a proof")
    done = await mesh_verify(town, "₿proven@shop.test", "--proof", str(good))
    assert (done.returncode, OFFER in done.stdout) == (0, True), done
    done = await mesh_verify(town, NAME, "--proof", str(spoilt))
    assert done.returncode == 1
    assert "the signature does not fit the records" in done.stdout
    assert "signature-wrong" in done.stdout
    done = await mesh_verify(town, NAME, "--proof", str(rubbish))
    assert done.returncode == 1
    assert "not an RFC 9102 proof" in done.stdout
    for arguments in ((NAME, "--proof", str(folder / "absent")), ("no name", "--proof", str(good)), (NAME,)):
        assert (await mesh_verify(town, *arguments)).returncode == 2
