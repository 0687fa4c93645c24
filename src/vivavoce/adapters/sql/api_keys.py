"""API keys in SQL."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.identity_tables import api_keys
from vivavoce.ports import ApiKey


class SqlApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> bool:
        fields = {
            **msgspec.structs.asdict(key),
            "sessions": msgspec.json.encode(key.sessions).decode(),
            "exams": msgspec.json.encode(key.exams).decode(),
        }
        statement = insert(api_keys).values(**fields).on_conflict_do_nothing(index_elements=["key_id"])
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)

    async def by_id(self, key_id: str) -> ApiKey | None:
        return await self._one(api_keys.c.key_id == key_id)

    async def by_hash(self, secret_hash: str) -> ApiKey | None:
        return await self._one(api_keys.c.secret_hash == secret_hash)

    async def note_use(self, key_id: str, at: int) -> None:
        statement = sa.update(api_keys).where(api_keys.c.key_id == key_id).values(used_at=at)
        await self._database.write(lambda c: c.execute(statement))

    async def revoke(self, key_id: str, at: int) -> ApiKey | None:
        first = sa.update(api_keys).where(api_keys.c.key_id == key_id, api_keys.c.revoked_at == 0)

        def work(c: sa.Connection) -> ApiKey | None:
            c.execute(first.values(revoked_at=at))
            row = c.execute(sa.select(api_keys).where(api_keys.c.key_id == key_id)).one_or_none()
            return _key(row) if row is not None else None

        return await self._database.write(work)

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[ApiKey]:
        k = api_keys.c
        query = sa.select(api_keys).order_by(k.created_at.desc(), k.key_id.desc()).limit(limit)
        if before is not None:
            query = query.where(sa.tuple_(k.created_at, k.key_id) < sa.tuple_(*before))
        return await self._database.read(lambda c: [_key(row) for row in c.execute(query).all()])

    async def _one(self, condition: sa.ColumnElement[bool]) -> ApiKey | None:
        row = await self._database.read(lambda c: c.execute(sa.select(api_keys).where(condition)).one_or_none())
        return _key(row) if row is not None else None


def _key(row: Any) -> ApiKey:
    fields = dict(row._mapping)
    for name in ("sessions", "exams"):
        fields[name] = msgspec.json.decode(fields[name], type=tuple[str, ...])
    return ApiKey(**fields)
