"""API keys: what programs of integrators show instead of a token. A key is itself a somebody: it has an id, a role, and
the sessions and exams it is for; what it does stands in the history under its own id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from uuid_utils import uuid7

from vivavoce.domain.access import KEY_PREFIX, Identity, Role
from vivavoce.domain.errors import VivavoceError, conflict, forbidden, invalid, not_found
from vivavoce.identity.keyring import digest, random_token, refuse_overlong
from vivavoce.ports import ApiKey, ApiKeys, Audit, Clock

#: What every key begins with: people and scanners know it when they see it.
PREFIX: Final = "vvk_"
#: How long an identity holds that a key gave: a socket shows it again then, and a revoked key is out.
HOLDS_S: Final = 3600.0
_NOTE_USE_EVERY_MS: Final = 5 * 60 * 1000
_NAME_LIMIT: Final = 200
_SCOPE_LIMIT: Final = 1_000


class ApiKeyDesk:
    def __init__(self, keys: ApiKeys, audit: Audit, clock: Clock) -> None:
        self._keys = keys
        self._audit = audit
        self._clock = clock

    async def create(
        self,
        by: Identity,
        name: str,
        role: Role,
        *,
        sessions: Iterable[str] = (),
        exams: Iterable[str] = (),
        expires_at: int = 0,
        key_id: str = "",
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is told here and nowhere else. `expires_at` is epoch ms, 0: never. Raises
        forbidden, invalid_payload."""
        _must_be_a_person(by)
        now = self._clock.now_ms()
        if not 0 < len(name.strip()) <= _NAME_LIMIT:
            raise invalid(f"a name has 1 to {_NAME_LIMIT} characters", field="name")
        if 0 < expires_at <= now:
            raise invalid("this time is over", field="expires_at")
        secret = PREFIX + random_token()
        key = ApiKey(
            key_id=key_id or uuid7().hex,
            secret_hash=digest(secret),
            name=name.strip(),
            role=role,
            sessions=_scope(sessions, "sessions"),
            exams=_scope(exams, "exams"),
            created_by=by.user_id,
            created_at=now,
            expires_at=expires_at,
        )
        if not await self._keys.add(key):
            raise conflict("this key was made before, and its secret is not told twice", reason="api_key_exists")
        await self._note(by, "api_key_created", key)
        return key, secret

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[ApiKey]:
        return await self._keys.page(before, limit)

    async def revoke(self, by: Identity, key_id: str) -> ApiKey:
        """It stops working: at once for requests, within the hour for sockets that are open. Raises forbidden,
        not_found."""
        _must_be_a_person(by)
        revoked = await self._keys.revoke(key_id, self._clock.now_ms())
        if revoked is None:
            raise not_found("there is no such key", reason="api_key_not_found")
        await self._note(by, "api_key_revoked", revoked)
        return revoked

    async def identify(self, secret: str) -> Identity:
        """Whose key this is. Raises unauthorized."""
        refuse_overlong(secret)
        key = await self._keys.by_hash(digest(secret))
        now = self._clock.now_ms()
        if key is None:
            raise VivavoceError("unauthorized", "the API key is unknown", reason="token_invalid")
        if key.revoked_at:
            raise VivavoceError("unauthorized", "the API key was revoked", reason="token_revoked")
        if 0 < key.expires_at <= now:
            raise VivavoceError("unauthorized", "the API key has expired", reason="token_expired")
        if key.used_at + _NOTE_USE_EVERY_MS <= now:
            await self._keys.note_use(key.key_id, now)
        holds_until = now / 1000 + HOLDS_S
        return Identity(
            user_id=KEY_PREFIX + key.key_id,
            name=key.name,
            role=msgspec.convert(key.role, Role),
            sessions=key.sessions,
            exams=key.exams,
            expires_at=min(holds_until, key.expires_at / 1000) if key.expires_at else holds_until,
        )

    async def _note(self, by: Identity, action: str, key: ApiKey) -> None:
        subject, details = f"api-key:{key.key_id}", {"role": key.role}
        await self._audit.record(self._clock.now_ms(), by.user_id, action, subject, details)


def is_api_key(token: str) -> bool:
    """Whether somebody means this as an API key."""
    return token.startswith(PREFIX)


def _must_be_a_person(identity: Identity) -> None:
    """A key that was stolen must not make itself another one."""
    if identity.is_key or not identity.is_admin:
        raise forbidden("API keys are made by administrators in person", reason="admin_only")


def _scope(ids: Iterable[str], field: str) -> tuple[str, ...]:
    scope = tuple(dict.fromkeys(ids))
    if len(scope) > _SCOPE_LIMIT or ("*" in scope and len(scope) > 1):
        raise invalid(f"up to {_SCOPE_LIMIT} ids, or * alone for all", field=field)
    return scope
