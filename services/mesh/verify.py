"""`mesh verify NAME [--proof FILE | --resolve]`: does a proof hold, in plain words, judged on this machine.

The proof comes from a file or from a mesh's edge; either way nobody's word is taken for it: a process of our own checks
it against the trust anchors. Exit status 0: it holds and may be paid; 1: it does not; 2: there is nothing to judge.
"""

import argparse
import base64
import binascii
import os
import subprocess
import sys
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

import httpx
import msgspec

from schemas.base import utc_text
from schemas.names import Name, NameProblem, parse_name
from schemas.proofs import ProofAnswer, ProofFails, ProofHolds, decode_proof_answer
from schemas.settings import Settings, to_environ
from services.mesh.running import Running, running_mesh

JUDGE = "services.dnssec_verifier.offline"
RESOLVE_WITHIN_S = 30.0


class NothingToJudge(Exception):
    """There is no proof; the text says why."""


def add_to(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verb's command line."""
    verb = verbs.add_parser("verify", help="whether a proof of a name holds, and if not, why, in plain words")
    verb.add_argument("name", help="user@domain, with or without ₿")
    source = verb.add_mutually_exclusive_group()
    source.add_argument(
        "--proof", type=Path, metavar="FILE", help="RFC 9102 records or a PSBT field's value: bytes, hex or base64"
    )
    source.add_argument("--resolve", action="store_true", help="let the mesh's edge find the proof (the default)")


def verify(settings: Settings, arguments: argparse.Namespace) -> int:
    """Judge, and print what came out."""
    name, running = parse_name(arguments.name), running_mesh(settings.data_dir)
    if isinstance(name, NameProblem):
        print(f"mesh: {name.detail}", file=sys.stderr)
        return 2
    try:
        file: Path | None = arguments.proof
        proof = _resolved(settings, running, name) if file is None else proof_in(file.read_bytes(), name)
        answer = _judged(settings, running, name, proof)
    except (NothingToJudge, OSError) as error:
        print(f"mesh: {error}", file=sys.stderr)
        return 2
    print("\n".join(told(name, answer)))
    return 0 if isinstance(answer, ProofHolds) else 1


def told(name: Name, answer: ProofAnswer) -> list[str]:
    """The lines for a person."""
    match answer:
        case ProofHolds(uri=uri, proof=proof):
            return [
                f"{name.display}: the proof holds",
                f"  pays      {uri}",
                f"  holds     {utc_text(proof.valid_from)} … {utc_text(proof.valid_until)}",
                f"  keep it   at most {proof.cache_s} s",
                f"  through   {' → '.join(proof.zones)}",
            ]
        case ProofFails(reason=reason, where=where, explanation=explanation):
            place = f" at {where}" if where else ""
            return [f"{name.display}: the proof does not hold", f"  {explanation}", f"  ({reason}{place})"]
        case _ as never:
            assert_never(never)


def proof_in(content: bytes, name: Name) -> bytes:
    """The records in a file: bytes, hex or base64, as they are or behind the name as a PSBT's field has them."""
    text = b"".join(content.split())
    decoded = content
    for decode in (binascii.unhexlify, lambda value: base64.b64decode(value, validate=True)):
        try:
            decoded = decode(text)
            break
        except ValueError:
            continue  # a proof as bytes is neither: it is full of zeros
    plain = name.text.encode()
    return decoded.removeprefix(bytes([len(plain)]) + plain)


def _resolved(settings: Settings, running: Running | None, name: Name) -> bytes:
    edge = running.edge_url if running else settings.public_url
    try:
        url = f"{edge}/v1/resolve/{quote(name.text)}"
        answer = httpx.get(url, headers={"Accept": "application/octet-stream"}, timeout=RESOLVE_WITHIN_S)
    except httpx.HTTPError as error:
        raise NothingToJudge(f"the edge at {edge} did not answer ({type(error).__name__})") from None
    if answer.is_success:
        return answer.content
    problem = msgspec.json.decode(answer.content, type=dict[str, object])
    raise NothingToJudge(f"{name.display}: {problem.get('detail')} ({problem.get('code')})")


def _judged(settings: Settings, running: Running | None, name: Name, proof: bytes) -> ProofAnswer:
    anchors = settings.dns_anchors_file or (running.world.anchors_file if running else "")
    environ = {**os.environ, **to_environ(msgspec.structs.replace(settings, dns_anchors_file=anchors))}
    command = [sys.executable, "-m", JUDGE, name.text]
    done = subprocess.run(command, input=proof, env=environ, capture_output=True, check=False)  # noqa: S603 - our own module
    if not done.stdout:
        raise NothingToJudge(done.stderr.decode(errors="replace").strip())
    return decode_proof_answer(done.stdout)
