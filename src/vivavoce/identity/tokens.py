"""Access tokens: JWT by HS256 with the server's secret, or RS256 with the keys of an identity provider (SPEC.md 7)."""

from __future__ import annotations

import contextlib
import math
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import jwt
import msgspec

from vivavoce.domain.access import GUEST_PREFIX, KEY_PREFIX, ROLES, Identity, Role
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.identity.keyring import Keyring
from vivavoce.ports import Clock, SigningKeys

TOKEN_LIMIT: Final = 8 * 1024
_USER_ID_LIMIT: Final = 128
_NAME_LIMIT: Final = 200
_DEFAULT_LEEWAY_S: Final = 10.0
_MAX_LEEWAY_S: Final = 30.0
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}")
#: Times are compared by our own clock; a subject may be a number (SPEC.md 0.5).
_OPTIONS: Final = {
    "require": ["exp", "sub"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
    "verify_aud": False,
    "verify_iss": False,
}


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a valid token says. `issued_at` is epoch seconds, 0 when it does not say."""

    identity: Identity
    issued_at: float
    token_id: str


def looks_like_jwt(token: str) -> bool:
    """Whether somebody meant this as a JWT (or JWE), sound or not. A placeholder such as `your_jwt_token_here` is none.

    An unsigned token (`header.payload.`) and one cut off in the middle are meant as JWT too.
    """
    if token.startswith("eyJ"):
        return True
    parts = token.split(".")
    if len(parts) not in (3, 5):
        return False
    return all(_BASE64URL.fullmatch(part) for part in parts[:2]) and all(
        not part or _BASE64URL.fullmatch(part) for part in parts[2:]
    )


class Tokens:
    """Makes and reads access tokens."""

    def __init__(
        self,
        keyring: Keyring,
        clock: Clock,
        *,
        provider_keys: SigningKeys | None = None,
        leeway_s: float = _DEFAULT_LEEWAY_S,
        audience: str | None = None,
        issuer: str | None = None,
    ) -> None:
        """`leeway_s` is how far the clocks of issuer and server may differ (0 to 30). `audience` and `issuer` are
        asked of the provider's tokens only. Raises ValueError for a leeway out of range."""
        if not 0 <= leeway_s <= _MAX_LEEWAY_S:
            raise ValueError(f"the clock skew allowed is 0 to {_MAX_LEEWAY_S:g} seconds, not {leeway_s:g}")
        self._keyring = keyring
        self._clock = clock
        self._provider_keys = provider_keys
        self._leeway_s = leeway_s
        self._audience = audience
        self._issuer = issuer

    def mint(
        self,
        user_id: str,
        *,
        role: Role,
        name: str = "",
        sessions: Iterable[str] = (),
        exams: Iterable[str] = (),
        ttl_s: float,
        language: str = "",
    ) -> str:
        """A token signed with the server's secret. `sessions` and `exams` are ids, or `*` alone for all."""
        now = self._clock.now_ms() / 1000
        claims: dict[str, Any] = {
            "sub": user_id,
            "role": role,
            "iat": int(now),
            "exp": math.ceil(now + ttl_s),
            "jti": uuid.uuid4().hex,
        }
        optional: Mapping[str, Any] = {
            "name": name,
            "sessions": _claimed(sessions),
            "exams": _claimed(exams),
            "lang": language,
        }
        claims.update({key: value for key, value in optional.items() if value})
        return jwt.encode(claims, self._keyring.signing, algorithm="HS256")

    async def verify(self, token: str) -> Identity:
        """Who a token speaks for. Raises unauthorized (`token_invalid`, `token_expired`), or unavailable while the
        provider's keys cannot be had."""
        return (await self.read(token)).identity

    async def read(self, token: str) -> Claims:
        """As `verify`, with when the token was issued."""
        if len(token) > TOKEN_LIMIT:
            raise _invalid("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm == "HS256":
                payload = self._decode_with_secret(token)
            elif algorithm == "RS256" and self._provider_keys is not None:
                payload = await self._decode_of_provider(token, header.get("kid"))
            else:
                raise _invalid("the token's algorithm is not accepted")
            return self._claims(payload)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise _invalid(f"the token is not valid: {type(error).__name__}") from None

    def _decode_with_secret(self, token: str) -> dict[str, Any]:
        for secret in self._keyring.believed:
            with contextlib.suppress(jwt.InvalidSignatureError):
                return jwt.decode(token, secret, algorithms=["HS256"], options=cast(Any, _OPTIONS))
        raise _invalid("the token's signature is not ours")

    async def _decode_of_provider(self, token: str, key_id: object) -> dict[str, Any]:
        assert self._provider_keys is not None
        key = await self._provider_keys.key(key_id if isinstance(key_id, str) else None)
        if key is None:
            raise _invalid("the token's key is not known")
        options = {**_OPTIONS, "verify_aud": self._audience is not None, "verify_iss": self._issuer is not None}
        return jwt.decode(
            token, key, algorithms=["RS256"], audience=self._audience, issuer=self._issuer, options=cast(Any, options)
        )

    def _claims(self, payload: Mapping[str, Any]) -> Claims:
        now = self._clock.now_ms() / 1000
        expires_at = _time(payload["exp"])
        if expires_at + self._leeway_s <= now:
            raise VivavoceError("unauthorized", "the token has expired", reason="token_expired")
        if "nbf" in payload and _time(payload["nbf"]) - self._leeway_s > now:
            raise _invalid("the token is not valid yet")
        issued_at = _time(payload["iat"]) if "iat" in payload else 0.0
        if issued_at - self._leeway_s > now:
            raise _invalid("the token was issued in the future")
        identity = Identity(
            user_id=_user_id(payload["sub"]),
            name=_text(payload.get("name"), _NAME_LIMIT),
            role=_role(payload.get("role", "candidate")),
            sessions=_ids(payload.get("sessions")),
            exams=_ids(payload.get("exams")),
            expires_at=expires_at,
            language=_text(payload.get("lang"), 16),
        )
        return Claims(identity=identity, issued_at=issued_at, token_id=_text(payload.get("jti"), 128))


def _invalid(details: str) -> VivavoceError:
    return VivavoceError("unauthorized", details, reason="token_invalid")


def _claimed(ids: Iterable[str]) -> list[str] | str:
    values = list(ids)
    return "*" if values == ["*"] else values


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _invalid("a time in the token is not a number of seconds")
    return float(value)


def _user_id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _invalid("the token's subject is neither a string nor a number")
    user_id = str(value)
    if not 0 < len(user_id) <= _USER_ID_LIMIT or not user_id.isprintable():
        raise _invalid("the token's subject is not usable as an id")
    if user_id.startswith((GUEST_PREFIX, KEY_PREFIX)) or user_id == SYSTEM:
        raise _invalid("the token's subject is a reserved id")
    return user_id


def _role(value: object) -> Role:
    for role in ROLES:
        if role == value:
            return role
    raise _invalid("the token's role is not known")


def _ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if value == "*":
        return ("*",)
    if not isinstance(value, list) or not all(isinstance(v, str | int) and not isinstance(v, bool) for v in value):
        raise _invalid("sessions and exams are lists of ids, or *")
    return tuple(str(entry) for entry in value)


def _text(value: object, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""
