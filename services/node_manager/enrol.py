"""Registration and recovery with the scheduler: challenge, the holder's answer, certificate.

A registration whose outcome is unknown is looked at by recovering: if the node exists, recovery gives this device a
certificate of its own; if not, nothing was made and registering again is right.
"""

from dataclasses import dataclass, field
from typing import assert_never

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proto import scheduler_pb2
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
    """A challenge and what the seed's holder made of it."""

    challenge: bytes
    answer: SeedAnswer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One attempt to get a certificate for `device` of the node that `request` names."""

    scheduler: Scheduler
    holder: SeedHolder
    op: OpId
    request: NodeRegister
    device: DeviceKey = field(repr=False)

    async def run(self) -> Credentials | Nobody | Silent | CallProblem:
        """Register the node, or recover it if it exists or may exist already."""
        asked = await self._ask("register")
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
        asked = await self._ask("recover")
        if not isinstance(asked, Challenged):
            return asked
        issued = await self.scheduler.recover(self._recovery(asked))
        return self._credentials(issued, asked, "recover") if isinstance(issued, str) else issued

    async def _ask(self, scope: Scope) -> Challenged | Nobody | Silent | CallProblem:
        challenge = await self.scheduler.challenge(scope, self._node_id)
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
            csr=self.device.csr(self._node_id, DEFAULT_NAME),
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
            csr=self.device.csr(self._node_id, recovered_name(asked.challenge)),
        )

    def _credentials(self, certificate: str, asked: Challenged, scope: Scope) -> Credentials | Refused:
        """The scheduler's certificate with our own key and rune, if it certifies our key at all."""
        if not _certifies(certificate, self.device):
            return Refused("CERTIFICATE_FOR_ANOTHER_KEY")
        key = self.device.to_pem().decode()
        return Credentials(certificate=certificate, key=key, rune=asked.answer.rune, how=_HOW[scope])

    @property
    def _node_id(self) -> bytes:
        return bytes.fromhex(self.request.node_id)


def _certifies(chain_pem: str, device: DeviceKey) -> bool:
    try:
        key = x509.load_pem_x509_certificate(chain_pem.encode()).public_key()
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == device.public_key
    except ValueError:
        return False
