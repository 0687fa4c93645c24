"""Settings: `VIVAVOCE_*` from the environment or `.env`, each also as `*_FILE`; the documents' own names are taken too
(SPEC.md 7). A wrong one stops the start with a sentence that names it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX: Final = "VIVAVOCE_"
_ENV_FILE: Final = ".env"
_SECRET_BYTES: Final = 32
_WEAK_SECRETS: Final = frozenset(
    {"secret", "changeme", "change-me", "default", "development", "vivavoce", "your-secret-key"}
)


class SettingsError(Exception):
    """A setting that cannot be used; the message is for the operator and names it."""


def _named(name: str, *others: str) -> Any:
    return AliasChoices(f"{PREFIX}{name}", *others)


class Settings(BaseSettings):
    """All settings; the defaults run one process on one machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=_ENV_FILE, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    mode: Literal["development", "production"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    data_dir: Path = Path("data")
    public_url: str = ""
    jwt_secret: SecretStr = SecretStr("")
    jwt_jwks_url: str = ""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias=_named("ALLOWED_ORIGINS", "SOCKETIO_CORS_ALLOWED_ORIGINS")
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    database_url: str = ""
    redis_url: str = Field("", validation_alias=_named("REDIS_URL", "REDIS_URL"))
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    heartbeat_s: float = Field(30.0, gt=0, validation_alias=_named("HEARTBEAT_S", "WEBSOCKET_HEARTBEAT_INTERVAL"))
    idle_timeout_s: float = Field(
        300.0, gt=0, validation_alias=_named("IDLE_TIMEOUT_S", "WEBSOCKET_CONNECTION_TIMEOUT")
    )
    max_connections: int = Field(20_000, gt=0, validation_alias=_named("MAX_CONNECTIONS", "MAX_WEBSOCKET_CONNECTIONS"))
    ping_interval_s: float = Field(25.0, gt=0, validation_alias=_named("PING_INTERVAL_S", "SOCKETIO_PING_INTERVAL"))
    ping_timeout_s: float = Field(60.0, gt=0, validation_alias=_named("PING_TIMEOUT_S", "SOCKETIO_PING_TIMEOUT"))
    max_connections_per_address: int = Field(1_000, ge=0)
    http_requests_per_s: float = Field(50.0, ge=0)

    text_limit: int = Field(10_000, gt=0)
    session_idle_s: float = Field(7200.0, gt=0)
    grace_s: float = Field(15.0, ge=0)
    transcript_confirmation_s: float = Field(900.0, ge=0, le=7 * 24 * 3600)

    models_dir: Path | None = None
    voice_workers: int = Field(2, ge=0, le=64)
    panel_speakers: int = Field(6, ge=1, le=12)
    audio_session_bytes: int = Field(2 * 1024**3, gt=0)
    audio_storage_bytes: int = Field(50 * 1024**3, gt=0)
    audio_upload_bytes: int = Field(256 * 1024**2, gt=0)
    asr_engine: Literal["auto", "moonshine", "whisper", "openai", "sherpa"] = "auto"
    asr_base_url: str = ""
    asr_model: str = ""
    asr_api_key: SecretStr = SecretStr("")

    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    llm_first_token_timeout_s: float = Field(8.0, gt=0)
    llm_timeout_s: float = Field(45.0, gt=0)

    grading_workers: int = Field(2, ge=1, le=64)
    grading_model_workers: int = Field(4, ge=1, le=256)
    grading_model_rate: int = Field(0, ge=0)

    @field_validator("allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        secret = self.jwt_secret.get_secret_value()
        if self.mode == "production":
            if not secret:
                raise ValueError(
                    "VIVAVOCE_JWT_SECRET is missing: production needs a secret of at least 32 characters"
                    " (with a JWKS URL too: the server signs invitations and its own sign-ins)"
                )
            if len(secret) < _SECRET_BYTES or secret.lower() in _WEAK_SECRETS or len(set(secret)) < 8:
                raise ValueError("VIVAVOCE_JWT_SECRET is too weak: production needs at least 32 random characters")
        if self.mode == "development" and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("VIVAVOCE_HOST must be a loopback address in development mode (guests are let in there)")
        if self.llm_base_url and not self.llm_model:
            raise ValueError("VIVAVOCE_LLM_MODEL is missing: VIVAVOCE_LLM_BASE_URL needs the name of a model")
        if self.asr_engine == "openai" and not (self.asr_base_url and self.asr_model):
            raise ValueError("VIVAVOCE_ASR_ENGINE: openai needs VIVAVOCE_ASR_BASE_URL and VIVAVOCE_ASR_MODEL")
        if self.database_url and not self.database_url.startswith("sqlite"):
            raise ValueError("VIVAVOCE_DATABASE_URL: this build stores in SQLite (sqlite:///…) only")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, dotenv_settings)

    @property
    def notices(self) -> tuple[str, ...]:
        """What is set and has no effect here, each in a sentence for the operator."""
        if not self.redis_url:
            return ()
        return (
            f"{PREFIX}REDIS_URL is set and not used: one process on SQLite serves everybody, and several processes,"
            " which would meet in Redis, are not there yet",
        )

    @property
    def models_path(self) -> Path:
        return self.models_dir or self.data_dir / "models"

    @property
    def audio_path(self) -> Path:
        return self.data_dir / "audio"

    @property
    def jobs_path(self) -> Path:
        return self.data_dir / "jobs.db"

    @property
    def database_path(self) -> Path:
        if self.database_url:
            return Path(self.database_url.removeprefix("sqlite:///"))
        return self.data_dir / "vivavoce.db"


def load(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, `.env`, `*_FILE` in either, and what the command line gave. Raises
    SettingsError."""
    process = os.environ if environment is None else environment
    values = {**_from_files(_without(process, _env_file())), **_from_files(process), **given}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(dict(problem)) for problem in error.errors())) from error


def configured(name: str, environment: Mapping[str, str] | None = None) -> str:
    """One setting as it was written, empty where it is not given: for what must work while others are wrong. `name` is
    without the prefix. Raises SettingsError for a file that cannot be read."""
    process = os.environ if environment is None else environment
    for source in (process, _env_file()):
        value = source.get(f"{PREFIX}{name}") or _from_files(
            {key: path for key, path in source.items() if key == f"{PREFIX}{name}_FILE"}
        ).get(name.lower())
        if value:
            return value
    return ""


def _env_file() -> dict[str, str]:
    return {name: value for name, value in dotenv_values(_ENV_FILE).items() if value}


def _without(process: Mapping[str, str], env_file: Mapping[str, str]) -> dict[str, str]:
    """What `.env` says and the environment, which goes before it, does not."""
    known = {alias for names in _names() for alias in names if any(process.get(name) for name in names)}
    return {name: value for name, value in env_file.items() if name.removesuffix("_FILE") not in known}


def _names() -> list[tuple[str, ...]]:
    """All names of each setting."""
    return [
        tuple(map(str, field.validation_alias.choices))
        if isinstance(field.validation_alias, AliasChoices)
        else (f"{PREFIX}{name.upper()}",)
        for name, field in Settings.model_fields.items()
    ]


def _from_files(environment: Mapping[str, str]) -> dict[str, str]:
    """`VIVAVOCE_X_FILE=/run/secrets/x` says where the value of `VIVAVOCE_X` stands."""
    values: dict[str, str] = {}
    for name, path in environment.items():
        if not (name.startswith(PREFIX) and name.endswith("_FILE") and path):
            continue
        try:
            values[name.removeprefix(PREFIX).removesuffix("_FILE").lower()] = Path(path).read_text().strip()
        except OSError as error:
            raise SettingsError(f"{name}: {path} cannot be read ({error.strerror})") from error
    return values


def _sentence(problem: dict[str, Any]) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if message.startswith(PREFIX):
        return message
    name = ".".join(str(part) for part in problem["loc"]).upper().removeprefix(PREFIX)
    return f"{PREFIX}{name}: {message} (it is {str(problem.get('input'))[:80]!r})"


def development_secret(data_dir: Path) -> str:
    """The secret of this data folder in development: made once, readable by the owner alone."""
    path = data_dir / "jwt-secret"
    if path.exists():
        return path.read_text().strip()
    data_dir.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret
