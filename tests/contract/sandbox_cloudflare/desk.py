"""The API under test, reached through the official SDK and through plain HTTP."""

from dataclasses import dataclass
from typing import Any

import cloudflare
import httpx
from cloudflare import AsyncCloudflare

from services.sandbox.box import Parts

NAME = "alice.user._bitcoin-payment.shop.test"


@dataclass
class Office:
    """A sandbox with an SDK client (no retries of its own) and a plain HTTP client."""

    parts: Parts
    sdk: AsyncCloudflare
    http: httpx.AsyncClient
    zone: str

    async def create(self, content: str = '"bitcoin:?lno=one"', name: str = NAME, **more: Any) -> Any:
        """A TXT record through the SDK."""
        fields = {"ttl": 300, "comment": "mesh:alice", **more}
        return await self.sdk.dns.records.create(zone_id=self.zone, type="TXT", name=name, content=content, **fields)

    async def at_name(self, name: str = NAME) -> list[Any]:
        """The TXT records at `name`, as the SDK lists them."""
        listed = await self.sdk.dns.records.list(zone_id=self.zone, type="TXT", name={"exact": name})
        return list(listed.result)

    def served(self, name: str = NAME) -> list[str]:
        """The TXT records that DNS serves at `name`."""
        return self.parts.dns.texts().get(name + ".", [])

    async def refused(self, body: dict[str, object]) -> tuple[int, int, list[int]]:
        """Status, code and chain with which creating `body` is refused."""
        answer = await self.http.post(f"/zones/{self.zone}/dns_records", json=body)
        error = answer.json()["errors"][0]
        return answer.status_code, error["code"], [link["code"] for link in error.get("error_chain", [])]


async def failure_of(call: Any) -> cloudflare.APIError:
    """The SDK's error for `call`."""
    try:
        await call
    except cloudflare.APIError as error:
        return error
    raise AssertionError("it succeeded")
