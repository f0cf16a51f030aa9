"""Settings: misspelt names and half a production refuse to start, and no value is repeated."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, known_variables, read_settings, settings_markdown

PRODUCTION = {
    "GATEWAY_MODE": "production",
    "GATEWAY_STATE_DIR": "/srv/gateway",
    "GATEWAY_DATABASE_URL": "postgresql://gateway:hunter2@db.invalid/gateway",
    "GATEWAY_ROOT_KEY_URL": "file:/srv/keys/root.key",
    "GATEWAY_TRUSTED_ISSUERS": "/srv/gateway/issuers.json",
    "GATEWAY_PUBLIC_BASE": "https://gateway.invalid/",
    "GATEWAY_MIRRORS": "file:/mnt/a, file:/mnt/b",
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in known_variables():
        monkeypatch.delenv(name, raising=False)


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_everything_lies_in_the_state_directory_by_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _set(monkeypatch, XDG_STATE_HOME=str(tmp_path))
    settings = read_settings()
    state = tmp_path / "consent-gateway"
    assert settings.state_dir == state
    assert settings.database_url == f"sqlite:///{state}/gateway.db"
    assert settings.root_key_url == f"file:{state}/root.key"
    assert settings.mirrors == (f"file:{state}/mirror",)
    assert settings.public_base == "http://127.0.0.1:8741"
    assert settings.socket_path == state / "gateway.sock"
    assert not settings.insecure_local_issuer


def test_a_misspelt_name_refuses_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GATEWAY_TRUSTED_ISSUER="/srv/issuers.json")
    with pytest.raises(SettingsError, match="GATEWAY_TRUSTED_ISSUER"):
        read_settings()


def test_a_complete_production_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **PRODUCTION)
    settings = read_settings()
    assert settings.mirrors == ("file:/mnt/a", "file:/mnt/b")
    assert settings.public_base == "https://gateway.invalid"
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("missing", sorted(PRODUCTION.keys() - {"GATEWAY_MODE"}))
def test_a_production_half_configured_refuses_to_start(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    _set(monkeypatch, **{name: value for name, value in PRODUCTION.items() if name != missing})
    _set(monkeypatch, GATEWAY_TOKEN_ENDPOINT="false")
    with pytest.raises(SettingsError, match=missing):
        read_settings()


def test_a_production_with_a_token_endpoint_of_its_own_needs_no_other_issuer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _set(monkeypatch, **{name: value for name, value in PRODUCTION.items() if "ISSUERS" not in name})
    assert read_settings().issues_tokens


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_INSECURE_LOCAL_ISSUER", "1"),
        ("GATEWAY_PUBLIC_BASE", "http://gateway.invalid"),
        ("GATEWAY_DATABASE_URL", "mysql://gateway:hunter2@db.invalid/gateway"),
        ("GATEWAY_LISTEN", "8741"),
        ("GATEWAY_LISTEN", "127.0.0.1:99999"),
        ("GATEWAY_MIRRORS", "ftp://mirror.invalid"),
        ("GATEWAY_MAX_DEPOSIT_BYTES", "hunter2"),
        ("GATEWAY_POLICY_ENGINE", "hunter2"),
    ],
)
def test_a_dangerous_value_is_refused_by_name_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    _set(monkeypatch, **{**PRODUCTION, name: value})
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_the_insecure_issuer_serves_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, GATEWAY_INSECURE_LOCAL_ISSUER="1", GATEWAY_LISTEN="0.0.0.0:8741")
    with pytest.raises(SettingsError, match="loopback"):
        read_settings()


def test_the_generated_table_names_every_variable() -> None:
    table = settings_markdown()
    assert all(f"`{name}`" in table for name in known_variables())
