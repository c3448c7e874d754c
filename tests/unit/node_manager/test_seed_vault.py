"""Seeds in memory: held for their time, wiped in place whichever way they leave, never shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import OpId
from services.node_manager.seeds.vault import HOLD_S, Full, Kept, SeedVault

A, B = OpId("a" * 26), OpId("b" * 26)
ZEROS = bytearray(32)


def secret(byte: int = 7) -> bytearray:
    return bytearray([byte]) * 32


def test_a_seed_is_held_for_its_time_and_not_longer() -> None:
    vault = SeedVault()
    vault.put(A, "02aa", secret(), now=1000.0)
    assert vault.node_id(A, 1000.0 + HOLD_S - 1) == "02aa"
    assert vault.node_id(A, 1000.0 + HOLD_S) is None
    assert vault.secret(A, 1000.0 + HOLD_S) is None


def test_expiry_wipes_the_very_buffer_and_says_which() -> None:
    vault, old, young = SeedVault(), secret(1), secret(2)
    vault.put(A, "02aa", old, now=0.0)
    vault.put(B, "02bb", young, now=10.0)
    assert vault.expire(HOLD_S) == (A,)
    assert old == ZEROS
    assert young == secret(2)
    assert len(vault) == 1


def test_forgetting_wipes_in_place() -> None:
    vault, held = SeedVault(), secret()
    vault.put(A, "02aa", held, now=0.0)
    assert vault.forget(A)
    assert held == ZEROS
    assert not vault.forget(A)


def test_the_same_seed_again_is_kept_again_and_its_first_copy_wiped() -> None:
    vault, first, again = SeedVault(), secret(), secret()
    assert vault.put(A, "02aa", first, now=0.0) == Kept(until=HOLD_S, fresh=True)
    assert vault.put(A, "02aa", again, now=5.0) == Kept(until=HOLD_S + 5.0, fresh=False)
    assert first == ZEROS
    assert vault.secret(A, 6.0) == secret()


def test_a_full_vault_keeps_nothing_and_wipes_what_it_was_given() -> None:
    vault, extra = SeedVault(capacity=1), secret()
    vault.put(A, "02aa", secret(), now=0.0)
    assert vault.put(B, "02bb", extra, now=0.0) == Full()
    assert extra == ZEROS
    assert vault.put(A, "02cc", secret(9), now=0.0) == Kept(until=HOLD_S, fresh=True)


def test_a_secret_of_another_length_is_refused_and_wiped() -> None:
    vault, short = SeedVault(), bytearray(b"\x01" * 31)
    with pytest.raises(ValueError, match="32 bytes") as refused:
        vault.put(A, "02aa", short, now=0.0)
    assert "01" not in str(refused.value)
    assert short == bytearray(31)


def test_clear_wipes_everything() -> None:
    vault, held = SeedVault(), [secret(1), secret(2)]
    vault.put(A, "02aa", held[0], now=0.0)
    vault.put(B, "02bb", held[1], now=0.0)
    vault.clear()
    assert held == [ZEROS, ZEROS]
    assert len(vault) == 0


def test_repr_shows_no_operation_and_no_secret() -> None:
    vault = SeedVault()
    vault.put(A, "02aa", secret(), now=0.0)
    assert repr(vault) == "SeedVault(1 held)"


@given(st.lists(st.tuples(st.sampled_from("pfe"), st.sampled_from([A, B]), st.floats(0, 100)), max_size=30))
def test_whatever_happens_only_what_is_held_is_unwiped(steps: list[tuple[str, OpId, float]]) -> None:
    vault, given_out, now = SeedVault(hold_s=50.0), [], 0.0
    for what, op, passed in steps:
        now += passed
        if what == "p":
            given_out.append(secret())
            vault.put(op, "02aa", given_out[-1], now)
        elif what == "f":
            vault.forget(op)
        else:
            vault.expire(now)
    held = [id(vault.secret(op, 0.0)) for op in vault]
    assert all(buffer == ZEROS for buffer in given_out if id(buffer) not in held)
