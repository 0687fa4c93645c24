"""The server's secrets: the first one signs, all of them verify, so that keys can be rotated. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final, Literal

from vivavoce.domain.errors import VivavoceError

Mode = Literal["development", "production"]

MIN_SECRET_BYTES: Final = 32
#: What examples and tutorials use; nobody may run a production server with them.
KNOWN_SECRETS: Final = frozenset(
    {"secret", "changeme", "change-me", "your-secret-key", "your_jwt_secret", "development", "vivavoce", "password"}
)
_MAC_BYTES: Final = 16


class WeakSecretError(ValueError):
    """The configured secret cannot protect anything; the message says what to do."""


def check_secret(secret: str, mode: Mode) -> None:
    """Raise WeakSecretError when `secret` is empty, or (in production) a default or too short to be safe."""
    if not secret:
        raise WeakSecretError("VIVAVOCE_JWT_SECRET is empty: set it to at least 32 random characters")
    if mode != "production":
        return
    repeated = len(set(secret)) < 8
    known = any(word in secret.lower() for word in ("changeme", "change-me", "change_me", "your_jwt", "your-secret"))
    if secret.lower() in KNOWN_SECRETS or known or repeated:
        raise WeakSecretError("VIVAVOCE_JWT_SECRET is a default that everybody knows: set 32 random characters or more")
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise WeakSecretError(f"VIVAVOCE_JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes: make it longer")


class Keyring:
    """Secrets in use: `secrets[0]` signs, the others are still believed."""

    def __init__(self, secrets_in_use: Sequence[str], mode: Mode) -> None:
        """Raises WeakSecretError."""
        if not secrets_in_use:
            check_secret("", mode)
        for secret in secrets_in_use:
            check_secret(secret, mode)
        self._secrets: Final = tuple(secret.encode() for secret in secrets_in_use)

    @property
    def signing(self) -> bytes:
        return self._secrets[0]

    @property
    def believed(self) -> tuple[bytes, ...]:
        return self._secrets

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose; it tells nothing about the secret or about other purposes' keys."""
        return _derive(self.signing, purpose)

    def signed(self, purpose: str) -> str:
        """A new random token (URL-safe, no dots) that carries our signature for `purpose`."""
        body = secrets.token_urlsafe(18)
        return body + _mac(_derive(self.signing, purpose), body)

    def is_signed(self, purpose: str, token: str) -> bool:
        """Whether a token was made by `signed(purpose)` with a secret still in use."""
        body, mac = token[:24], token[24:]
        if len(token) != 24 + 22 or not token.isascii():
            return False
        return any(hmac.compare_digest(_mac(_derive(secret, purpose), body), mac) for secret in self._secrets)


def random_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token: whoever reads the database cannot use it. Enough for tokens of full entropy."""
    return hashlib.sha256(token.encode()).hexdigest()


def refuse_overlong(token: str, limit: int = 512) -> str:
    """Return a token, or raise unauthorized: no real one is that long, and hashing is work."""
    if len(token) > limit:
        raise VivavoceError("unauthorized", "the token is too long", reason="token_invalid")
    return token


def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"vivavoce:" + purpose.encode(), "sha256")


def _mac(key: bytes, body: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, body.encode(), "sha256")[:_MAC_BYTES]).rstrip(b"=").decode()
