"""API keys in memory."""

from __future__ import annotations

import msgspec

from vivavoce.ports import ApiKey


class MemoryApiKeys:
    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    async def add(self, key: ApiKey) -> bool:
        return self._keys.setdefault(key.key_id, key) is key

    async def by_id(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    async def by_hash(self, secret_hash: str) -> ApiKey | None:
        return next((key for key in self._keys.values() if key.secret_hash == secret_hash), None)

    async def note_use(self, key_id: str, at: int) -> None:
        known = self._keys.get(key_id)
        if known is not None:
            self._keys[key_id] = msgspec.structs.replace(known, used_at=at)

    async def revoke(self, key_id: str, at: int) -> ApiKey | None:
        known = self._keys.get(key_id)
        if known is None:
            return None
        self._keys[key_id] = msgspec.structs.replace(known, revoked_at=known.revoked_at or at)
        return self._keys[key_id]

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[ApiKey]:
        fitting = [key for key in self._keys.values() if before is None or (key.created_at, key.key_id) < before]
        return sorted(fitting, key=lambda key: (key.created_at, key.key_id), reverse=True)[:limit]
