"""The hook to a KMS: a command of the operator's that wraps and unwraps data keys; the key itself never comes here.

`<command> wrap <key>` and `<command> unwrap <key>` get 32 bytes or what wrapping made of them on standard input, in
base64, and answer in base64 on standard output. Any other exit status than 0 means that the KMS is away. Data keys that
were unwrapped are remembered in memory, so that a node in use costs one question.
"""

import asyncio
import base64
import binascii
import hashlib
import shlex
from collections import OrderedDict

import structlog

from schemas.settings import SettingError
from services.node_manager.keep.envelope import KEY_BYTES, EnvelopeRefused, KeyUnavailable, Wrapped

SETTING = "MESH_CREDENTIALS_KMS_KEY"
ANSWER_S = 10.0
REMEMBERED = 4096
PREFIX = "kms:"
"""Tells key ids of the KMS from those of a file."""

log = structlog.stdlib.get_logger("node-manager")


class KmsCommand:
    """`command` as a shell would split it, run without a shell; `key` is what the KMS calls the key to wrap with."""

    def __init__(self, command: str, key: str) -> None:
        self._command = tuple(shlex.split(command))
        if not self._command or not key:
            raise SettingError(SETTING, "must say what the KMS calls the key, when a command is set")
        self._key = key
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def __repr__(self) -> str:
        return "KmsCommand(<confidential>)"

    @property
    def setting(self) -> str:
        """The KMS key's."""
        return SETTING

    async def current(self) -> str:
        """The id of the key of the settings."""
        return PREFIX + self._key

    async def wrap(self, data_key: bytes) -> Wrapped:
        """`data_key` under the key of the settings."""
        blob = await self._run("wrap", self._key, data_key)
        wrapped = Wrapped(PREFIX + self._key, blob)
        self._remember(wrapped, data_key)
        return wrapped

    async def unwrap(self, wrapped: Wrapped) -> bytes:
        """The data key, asked for once."""
        if not wrapped.kid.startswith(PREFIX):
            raise EnvelopeRefused("not a key of the KMS")
        known = self._known.get(_digest(wrapped))
        if known is not None:
            return known
        data_key = await self._run("unwrap", wrapped.kid.removeprefix(PREFIX), wrapped.blob)
        if len(data_key) != KEY_BYTES:
            raise EnvelopeRefused("the KMS unwrapped no data key")
        self._remember(wrapped, data_key)
        return data_key

    def _remember(self, wrapped: Wrapped, data_key: bytes) -> None:
        self._known[_digest(wrapped)] = data_key
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _run(self, verb: str, key: str, data: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                verb,
                key,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # it may say anything
            )
        except OSError:
            raise KeyUnavailable("the KMS command cannot be run") from None
        try:
            async with asyncio.timeout(ANSWER_S):
                answer, _ = await process.communicate(base64.b64encode(data))
        except TimeoutError:
            log.warning("kms.no-answer", verb=verb)
            raise KeyUnavailable("the KMS did not answer in time") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            log.warning("kms.refused", verb=verb, status=process.returncode)
            raise KeyUnavailable("the KMS said no")
        try:
            return base64.b64decode(answer.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise KeyUnavailable("the KMS command did not answer in base64") from None


def _digest(wrapped: Wrapped) -> bytes:
    return hashlib.sha256(wrapped.kid.encode() + b"\x00" + wrapped.blob).digest()
