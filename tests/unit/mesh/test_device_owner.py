"""To whom a phone seals its mnemonic: a node-manager that died is listed for a while, and nobody insists on it."""

import pytest

from schemas.records import SealingKey
from services.mesh.device.owner import likeliest


def key(kid: str) -> SealingKey:
    return SealingKey(instance=kid, kid=kid, public_key="", signature="", expires_at=0)


def test_who_said_last_that_it_is_there_is_asked_first_and_nobody_twice() -> None:
    listed = [key("newest"), key("older"), key("oldest")]
    assert likeliest(listed, set()).kid == "newest"
    assert likeliest(listed, {"newest"}).kid == "older"
    assert likeliest(listed, {"newest", "older", "gone"}).kid == "oldest"
    assert likeliest(listed, {"newest", "older", "oldest"}).kid == "newest", "it may have been the edge's mistake"
    with pytest.raises(IndexError):
        likeliest([], set())
