"""Registration and recovery with the scheduler: challenge, the answer of whoever has the seed, certificate.

A registration whose outcome is unknown is looked at by recovering: if the node exists, recovery gives this device a
certificate of its own; if not, nothing was made and registering again is right.
"""

from dataclasses import dataclass, field
from typing import Protocol, assert_never

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proto import scheduler_pb2
from schemas.doors import HeldAnswer
from schemas.greenlight.device import DEFAULT_NAME, DeviceKey, recovered_name
from schemas.greenlight.startup import SIGNER_PROTO
from schemas.ids import OpId
from schemas.requests import NodeRegister
from schemas.sealed import SeedAnswer, SeedQuestion
from services.node_manager.greenlight.errors import CallProblem, Refused, Unclear, Unreachable
from services.node_manager.greenlight.scheduler import Scheduler, Scope
from services.node_manager.keep.credentials import Credentials, How
from services.node_manager.seeds.holder import Nobody, SeedHolder, Silent

_HOW: dict[Scope, How] = {"register": "registered", "recover": "recovered"}


@dataclass(frozen=True, slots=True)
class Challenged:
    """A challenge and what whoever has the seed made of it, for a device of ours."""

    challenge: bytes
    answer: SeedAnswer = field(repr=False)


class Prover(Protocol):
    """Whoever proves to the scheduler that the node is theirs, for `device`."""

    @property
    def device(self) -> DeviceKey:
        """The device to be certified."""
        ...

    async def challenged(self, scope: Scope) -> Challenged | Nobody | Silent | CallProblem:
        """A challenge of that scope, answered."""
        ...


@dataclass(frozen=True, slots=True)
class SeedProver:
    """A node-manager that holds the seed of `op`: asked anew for every challenge."""

    scheduler: Scheduler
    holder: SeedHolder
    op: OpId
    request: NodeRegister
    device: DeviceKey = field(repr=False)

    async def challenged(self, scope: Scope) -> Challenged | Nobody | Silent | CallProblem:
        """A fresh challenge, answered by the seed's holder."""
        node_id = bytes.fromhex(self.request.node_id)
        challenge = await self.scheduler.challenge(scope, node_id)
        if not isinstance(challenge, bytes):
            return challenge
        question = SeedQuestion(
            network=self.request.network,
            scope=scope,
            challenge=challenge.hex(),
            device_pubkey=self.device.public_key.hex(),
        )
        answer = await self.holder.ask(self.op, question)
        if not isinstance(answer, SeedAnswer):
            return answer
        # Another wallet's seed under this operation is as good as none.
        return Challenged(challenge, answer) if answer.node_id == self.request.node_id else Nobody()


@dataclass(frozen=True, slots=True)
class DeviceProver:
    """The owner's device, which has answered both challenges beforehand; each is good once."""

    held: HeldAnswer = field(repr=False)

    @property
    def device(self) -> DeviceKey:
        """The device that the answers are for."""
        return DeviceKey.from_pem(self.held.device_key.encode())

    async def challenged(self, scope: Scope) -> Challenged:
        """The answer that was given."""
        given, first = self.held.answer, scope == "register"
        answer = SeedAnswer(
            node_id=self.held.node_id,
            signature=given.signed_register if first else given.signed_recover,
            bip32_key=given.bip32_key,
            init_msg=given.init_msg,
            startup=given.startup,
            rune=given.rune,
        )
        return Challenged(bytes.fromhex(self.held.register if first else self.held.recover), answer)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One attempt to get a certificate for the prover's device of the node that `request` names."""

    scheduler: Scheduler
    prover: Prover
    request: NodeRegister

    async def run(self) -> Credentials | Nobody | Silent | CallProblem:
        """Register the node, or recover it if it exists or may exist already."""
        asked = await self.prover.challenged("register")
        if not isinstance(asked, Challenged):
            return asked
        issued = await self.scheduler.register(self._registration(asked))
        match issued:
            case str(certificate):
                return self._credentials(certificate, asked, "register")
            case Refused("ALREADY_EXISTS"):
                return await self._recover()
            case Unreachable() | Unclear():
                looked = await self._recover()
                return issued if looked == Refused("NOT_FOUND") else looked
            case Refused():
                return issued
            case other:
                assert_never(other)

    async def _recover(self) -> Credentials | Nobody | Silent | CallProblem:
        asked = await self.prover.challenged("recover")
        if not isinstance(asked, Challenged):
            return asked
        issued = await self.scheduler.recover(self._recovery(asked))
        return self._credentials(issued, asked, "recover") if isinstance(issued, str) else issued

    def _registration(self, asked: Challenged) -> scheduler_pb2.RegistrationRequest:
        answer = asked.answer
        return scheduler_pb2.RegistrationRequest(
            node_id=self._node_id,
            bip32_key=bytes.fromhex(answer.bip32_key),
            network=self.request.network,
            challenge=asked.challenge,
            signature=bytes.fromhex(answer.signature),
            signer_proto=SIGNER_PROTO,
            init_msg=bytes.fromhex(answer.init_msg),
            csr=self.prover.device.csr(self._node_id, DEFAULT_NAME),
            invite_code=self.request.invite_code,
            startupmsgs=[
                scheduler_pb2.StartupMessage(request=bytes.fromhex(ask), response=bytes.fromhex(reply))
                for ask, reply in answer.startup
            ],
        )

    def _recovery(self, asked: Challenged) -> scheduler_pb2.RecoveryRequest:
        return scheduler_pb2.RecoveryRequest(
            challenge=asked.challenge,
            signature=bytes.fromhex(asked.answer.signature),
            node_id=self._node_id,
            csr=self.prover.device.csr(self._node_id, recovered_name(asked.challenge)),
        )

    def _credentials(self, certificate: str, asked: Challenged, scope: Scope) -> Credentials | Refused:
        """The scheduler's certificate with our own key and rune, if it certifies our key at all."""
        device = self.prover.device
        if not certifies(certificate, device):
            return Refused("CERTIFICATE_FOR_ANOTHER_KEY")
        key = device.to_pem().decode()
        return Credentials(certificate=certificate, key=key, rune=asked.answer.rune, how=_HOW[scope])

    @property
    def _node_id(self) -> bytes:
        return bytes.fromhex(self.request.node_id)


def certifies(chain_pem: str, device: DeviceKey) -> bool:
    """Whether the first certificate of the chain is for the device's key."""
    try:
        key = x509.load_pem_x509_certificate(chain_pem.encode()).public_key()
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == device.public_key
    except ValueError:
        return False
