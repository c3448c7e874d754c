"""A bus over TLS: the client trusts one CA and nothing else."""

import asyncio
import datetime
import ipaddress
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bus.client.connection import connect
from bus.errors import BusUnavailable
from bus.secrets.keys import make_keys
from bus.servers.config import ServerPlan, render
from bus.servers.embedded import find_binary
from schemas.settings import Settings


async def test_the_bus_speaks_tls_to_who_trusts_it(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as settings:
        edge = await connect(settings, "edge")
        await edge.flush()
        await edge.close()


async def test_a_server_of_another_ca_is_not_trusted(tmp_path: Path) -> None:
    make_certificate(tmp_path / "other")
    async with tls_server(tmp_path) as settings:
        stranger = msgspec.structs.replace(settings, nats_ca=str(tmp_path / "other" / "cert.pem"))
        with pytest.raises(BusUnavailable):
            await connect(stranger, "edge", patience_s=0.5)


@asynccontextmanager
async def tls_server(folder: Path) -> AsyncIterator[Settings]:
    make_certificate(folder)
    plan = ServerPlan(
        folder / "store",
        make_keys(folder / "keys"),
        ports_dir=folder,
        tls_cert=folder / "cert.pem",
        tls_key=folder / "key.pem",
    )
    (folder / "nats.conf").write_text(render(plan))
    with (folder / "nats.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            find_binary(), "-c", str(folder / "nats.conf"), stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(30):
            port = await _port(folder)
        yield Settings(
            nats_url=f"tls://127.0.0.1:{port}", nats_keys_dir=str(folder / "keys"), nats_ca=str(folder / "cert.pem")
        )
    finally:
        process.terminate()
        await process.wait()


async def _port(folder: Path) -> int:
    while True:
        for file in folder.glob("nats-server*.ports"):
            if text := file.read_text():
                port = int(json.loads(text)["nats"][0].rpartition(":")[2])
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        return port
        await asyncio.sleep(0.01)


def make_certificate(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bus")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
