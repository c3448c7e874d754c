"""What a dns-publisher says and does not say when its settings cannot work."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from schemas.settings import to_environ
from tests.contract.dnssec_verifier.town import DEADLINE_S, Town

SECRET = "bm90LXRvLWJlLXNlZW4tYW55d2hlcmUtYXQtYWxs"


async def test_a_table_that_cannot_work_ends_the_process_and_tells_no_secret(town: Town, tmp_path: Path) -> None:
    key = tmp_path / "pub.key"
    key.write_text(f'key "pub" {{ algorithm hmac-md5; secret "{SECRET}"; }};')
    route = f"{town.world.domain}=rfc2136://127.0.0.1:1?key={key}"
    code, said = await ended(town, dns_zones=(route,))
    assert code == 2, said
    assert "MESH_DNS_ZONES" in said
    assert "SHA-2" in said
    assert SECRET not in said


async def test_a_second_token_that_cannot_be_read_ends_the_process(town: Town, tmp_path: Path) -> None:
    code, said = await ended(town, cloudflare_second_token_file=str(tmp_path / "absent"))
    assert code == 2, said
    assert "MESH_CLOUDFLARE_SECOND_TOKEN_FILE" in said


async def ended(town: Town, **settings: object) -> tuple[int | None, str]:
    """Exit code and log of a process with `settings`."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
    environ |= to_environ(msgspec.structs.replace(town.settings, **settings))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.dns_publisher", env=environ, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()
