"""Settings: read, refused by name, written back, documented."""

from pathlib import Path

import pytest

from schemas.settings import SettingError, Settings, load, table, to_environ

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "production.env.example"


def test_nothing_set_means_the_defaults() -> None:
    assert load({"PATH": "/bin", "HOME": "/"}) == Settings()


def test_what_is_written_is_read_back() -> None:
    changed = Settings(dns_port=5353, name_domains=("a.example", "b.example"), settle_margin_s=0.5)
    assert load(to_environ(changed)) == changed


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MESH_DNS_PORT", "fifty-three"),
        ("MESH_DNS_PORT", "65536"),
        ("MESH_NATS_URL", "127.0.0.1"),
        ("MESH_NETWORK", "mainnet"),
        ("MESH_ACK_WAIT_S", "0"),
        ("MESH_PUBLIC_URL", "https://shop.example/"),
        ("MESH_NO_SUCH_SETTING", "1"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_not_repeated(variable: str, value: str) -> None:
    with pytest.raises(SettingError) as refused:
        load({variable: value})
    assert refused.value.name == variable
    assert value not in str(refused.value).replace(variable, "") or value in {"1", "0"}


def test_every_setting_is_documented() -> None:
    rows = table()
    assert len(rows) == len(Settings.__struct_fields__)
    assert all(meaning for _, _, _, meaning in rows)


def test_the_production_example_is_accepted() -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    settings = load(dict(line.split("=", 1) for line in lines))
    assert settings.name_domains == ("shop.example",)
