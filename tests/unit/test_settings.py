"""Where settings come from, and which of them is to blame (SPEC 7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vivavoce.doctor import examine
from vivavoce.settings import Settings, SettingsError, configured, load

SECRET = "a secret for tests that is long enough: 0123456789"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a `.env`, and nothing in the environment."""
    import os

    for name in list(os.environ):
        if name.startswith("VIVAVOCE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(**given: Any) -> Settings:
    return load(mode="development", **given)


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("REDIS_URL", "redis://r:6379/0", "redis_url", "redis://r:6379/0"),
        ("WEBSOCKET_HEARTBEAT_INTERVAL", "10", "heartbeat_s", 10.0),
        ("WEBSOCKET_CONNECTION_TIMEOUT", "120", "idle_timeout_s", 120.0),
        ("MAX_WEBSOCKET_CONNECTIONS", "500", "max_connections", 500),
        ("SOCKETIO_PING_INTERVAL", "20", "ping_interval_s", 20.0),
        ("SOCKETIO_PING_TIMEOUT", "40", "ping_timeout_s", 40.0),
        ("SOCKETIO_CORS_ALLOWED_ORIGINS", "https://a.example, https://b.example", "allowed_origins",
         ("https://a.example", "https://b.example")),
    ],
)  # fmt: skip
def test_spec_7_the_documents_own_names_are_taken(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(loaded(), field) == expected
    monkeypatch.delenv(name)
    (elsewhere / ".env").write_text(f"{name}={value}\n")
    assert getattr(loaded(), field) == expected


def test_a_value_may_stand_in_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    (elsewhere / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("VIVAVOCE_JWT_SECRET_FILE", str(elsewhere / "secret"))
    assert load().jwt_secret.get_secret_value() == SECRET


def test_the_file_may_be_named_in_the_env_file(elsewhere: Path) -> None:
    (elsewhere / "secret").write_text(SECRET)
    (elsewhere / ".env").write_text("VIVAVOCE_JWT_SECRET_FILE=secret\n")
    assert load().jwt_secret.get_secret_value() == SECRET


def test_the_environment_goes_before_the_env_file(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    (elsewhere / "url").write_text("redis://from-a-file")
    (elsewhere / ".env").write_text("VIVAVOCE_REDIS_URL_FILE=url\nVIVAVOCE_PORT=1\n")
    assert (loaded().redis_url, loaded().port) == ("redis://from-a-file", 1)
    monkeypatch.setenv("REDIS_URL", "redis://from-the-environment")
    monkeypatch.setenv("VIVAVOCE_PORT", "2")
    assert (loaded().redis_url, loaded().port) == ("redis://from-the-environment", 2)
    assert loaded(port=3).port == 3


@pytest.mark.parametrize("place", ["environment", "env_file"])
def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, elsewhere: Path, place: str) -> None:
    if place == "environment":
        monkeypatch.setenv("VIVAVOCE_LLM_API_KEY_FILE", "missing")
    else:
        (elsewhere / ".env").write_text("VIVAVOCE_LLM_API_KEY_FILE=missing\n")
    with pytest.raises(SettingsError, match="VIVAVOCE_LLM_API_KEY_FILE: missing cannot be read"):
        loaded()


def test_a_wrong_value_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_HTTP_REQUESTS_PER_S", "-1")
    with pytest.raises(SettingsError, match="VIVAVOCE_HTTP_REQUESTS_PER_S"):
        loaded()


def test_one_setting_can_be_asked_for_while_others_are_wrong(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    monkeypatch.setenv("VIVAVOCE_PORT", "no number")
    assert configured("MODELS_DIR") == ""
    (elsewhere / "where").write_text("/from/a/file\n")
    (elsewhere / ".env").write_text("VIVAVOCE_MODELS_DIR_FILE=where\n")
    assert configured("MODELS_DIR") == "/from/a/file"
    (elsewhere / ".env").write_text("VIVAVOCE_MODELS_DIR=/from/the/file\n")
    assert configured("MODELS_DIR") == "/from/the/file"
    monkeypatch.setenv("VIVAVOCE_MODELS_DIR", "/from/the/environment")
    assert configured("MODELS_DIR") == "/from/the/environment"


def test_models_are_where_the_env_file_says(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vivavoce.models_cli import models_directory

    monkeypatch.delenv("DATA_DIR", raising=False)
    assert models_directory() == Path("data/models")
    (elsewhere / ".env").write_text("VIVAVOCE_DATA_DIR=/srv/vivavoce\n")
    assert models_directory() == Path("/srv/vivavoce/models")
    (elsewhere / ".env").write_text("VIVAVOCE_DATA_DIR=/srv/vivavoce\nVIVAVOCE_MODELS_DIR=/srv/models\n")
    assert models_directory() == Path("/srv/models")
    assert models_directory(Path("given")) == Path("given")


def test_a_redis_that_is_not_used_is_said(elsewhere: Path) -> None:
    assert loaded().notices == ()
    settings = loaded(redis_url="redis://r", data_dir=elsewhere)
    assert len(settings.notices) == 1
    assert settings.notices[0].startswith("VIVAVOCE_REDIS_URL is set and not used")
    assert [finding.level for finding in examine(settings) if finding.what == settings.notices[0]] == ["note"]
