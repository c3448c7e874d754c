"""How a node comes in, by the door its request names: the part of `open` and `register` that differs between doors."""

from dataclasses import dataclass, field
from typing import assert_never

from bus.operations.facts import Operation
from bus.operations.outcomes import Done, Fail, Outcome, Wait
from proto import node_pb2
from schemas.doors import ClnAccess, HeldAccess, HeldAnswer, HeldPaired, HeldPending, HeldRefused
from schemas.facts import Opened, PairingOffered, SeedLost
from schemas.flows import Step
from schemas.greenlight.device import DeviceKey, node_id_of_chain
from schemas.requests import NodeRegister
from services.node_manager.desk import Desk
from services.node_manager.enrol import DeviceProver, Enrolment, SeedProver, certifies
from services.node_manager.greenlight.errors import CallProblem, Refused
from services.node_manager.handlers.reach import node_trouble
from services.node_manager.keep.credentials import Credentials
from services.node_manager.patience import wait_or_fail
from services.node_manager.runes import Unusable, narrow
from services.node_manager.seeds.holder import Held, Nobody, Silent

SPENT = Refused("UNAUTHENTICATED")
"""What the scheduler says to a challenge that was used before, or is too old."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A device of ours is certified for the node."""

    credentials: Credentials = field(repr=False)


async def opened(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Outcome:
    """Whether what the door needs is there."""
    match request.door:
        case "seed":
            return await _seed_there(desk, op, step, request)
        case "challenge":
            held = await desk.doorway.wanted(op.ref.op)
            if isinstance(held, HeldAnswer) and held.node_id == request.node_id:
                return Done(Opened(node_id=request.node_id))
            return _silent() if isinstance(held, Silent) else lost(desk, op, step, request)
        case "pairing":
            return Done(Opened(node_id=request.node_id))
        case "cln":
            held = await desk.doorway.wanted(op.ref.op)
            if isinstance(held, HeldAccess) and held.access.node_id == request.node_id:
                return Done(Opened(node_id=request.node_id))
            return _silent() if isinstance(held, Silent) else lost(desk, op, step, request)
        case other:
            assert_never(other)


async def entered(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Entered | Outcome | CallProblem:
    """Have a device of ours certified, by the door that the request names."""
    match request.door:
        case "seed":
            prover = SeedProver(desk.scheduler, desk.holder, op.ref.op, request, DeviceKey.generate())
            result = await Enrolment(desk.scheduler, prover, request).run()
        case "challenge":
            held = await desk.doorway.wanted(op.ref.op)
            if not isinstance(held, HeldAnswer):
                return _silent() if isinstance(held, Silent) else lost(desk, op, step, request)
            result = await Enrolment(desk.scheduler, DeviceProver(held), request).run()
            if result == SPENT:
                await desk.doorway.forget(op.ref.op)  # an earlier attempt used it up: the device has to answer anew
                return lost(desk, op, step, request)
        case "pairing":
            return await _paired(desk, op, step, request)
        case "cln":
            held = await desk.doorway.wanted(op.ref.op)
            if not isinstance(held, HeldAccess):
                return _silent() if isinstance(held, Silent) else lost(desk, op, step, request)
            return await _reached(desk, op, step, request, held.access)
        case other:
            assert_never(other)
    if isinstance(result, Credentials):
        return Entered(result)
    if isinstance(result, Nobody):
        return lost(desk, op, step, request)
    return _silent() if isinstance(result, Silent) else result


async def closed(desk: Desk, op: Operation, request: NodeRegister) -> None:
    """Nothing of what came through the door is needed any more."""
    match request.door:
        case "seed":
            await desk.holder.forget(op.ref.op)
        case "challenge" | "pairing" | "cln":
            await desk.doorway.forget(op.ref.op)
        case other:
            assert_never(other)


def lost(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Outcome:
    """Wait for the owner's device to send it again, and tell it once."""
    note = SeedLost(node_id=request.node_id)
    reason = "no node-manager holds what was sent any more"
    return wait_or_fail(op, step, desk.clock(), reason=reason, code="seed-lost", note=note)


async def _seed_there(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Outcome:
    found = await desk.holder.probe(op.ref.op)
    match found:
        case Held(node_id) if node_id == request.node_id:
            return Done(Opened(node_id=node_id))
        case Held():
            await desk.holder.forget(op.ref.op)  # another wallet's words: the owner can send the right ones
            return lost(desk, op, step, request)
        case Nobody():
            return lost(desk, op, step, request)
        case Silent():
            return _silent()
        case other:
            assert_never(other)


async def _paired(desk: Desk, op: Operation, step: Step, request: NodeRegister) -> Entered | Outcome:
    held = await desk.doorway.wanted(op.ref.op)
    match held:
        case HeldPaired():
            return _taken_in(held, request)
        case HeldRefused(status=status):
            return Fail("pairing-lost", f"the pairing ended ({status})", clean=True)
        case HeldPending():
            return _pending(desk, op, step)
        case Silent():
            return _silent()
        case Nobody() if op.has("pairing-offered"):
            return Fail("pairing-lost", "whoever asked for it has been restarted", clean=True)
        case Nobody():
            code = await desk.pair(op.ref.owner, op.ref.op)
            if code is None:
                return Wait(5.0, "too many pairings are waiting")
            return _pending(desk, op, step, PairingOffered(node_id=request.node_id, code=code))
        case HeldAnswer() | HeldAccess():
            return Fail("pairing-lost", "the operation came through another door", clean=True)
        case other:
            assert_never(other)


async def _reached(
    desk: Desk, op: Operation, step: Step, request: NodeRegister, access: ClnAccess
) -> Entered | Wait | Fail:
    """The owner's own node answers at its address, as the node and on the network that were meant."""
    credentials = Credentials(
        certificate=access.certificate, key=access.key, rune="", how="self-hosted", uri=access.uri, ca=access.ca
    )
    info = await desk.node(access.uri, credentials).getinfo()
    if not isinstance(info, node_pb2.GetinfoResponse):
        return node_trouble(desk, op, step, info)
    if info.id.hex() != request.node_id or info.network != request.network:
        return Fail("registration-refused", "another node answers there, or one on another network", clean=True)
    return Entered(credentials)


def _pending(desk: Desk, op: Operation, step: Step, note: PairingOffered | None = None) -> Wait | Fail:
    reason = "the owner's wallet has not approved the pairing yet"
    return wait_or_fail(op, step, desk.clock(), reason=reason, code="pairing-lost", note=note)


def _taken_in(held: HeldPaired, request: NodeRegister) -> Entered | Fail:
    """What the wallet's approval gave us, if it is for our key and the node that was meant, and allows what we call."""
    device = DeviceKey.from_pem(held.device_key.encode())
    chain = held.certificate
    if not certifies(chain, device) or node_id_of_chain(chain.encode()) != bytes.fromhex(request.node_id):
        return Fail("registration-refused", "the pairing was approved for another node or key", clean=True)
    if isinstance(narrow(held.rune, device.public_key), Unusable):
        return Fail("registration-refused", "the approved rune does not allow what we need", clean=True)
    return Entered(Credentials(certificate=chain, key=held.device_key, rune=held.rune, how="paired"))


def _silent() -> Wait:
    return Wait(1.0, "whoever holds what was sent does not answer")
