"""Rubrics in SQL: a line for lists, and every version as a document."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql import rubric_tables as t
from vivavoce.adapters.sql.database import Database
from vivavoce.domain.rubrics import RubricVersion

_decode: Final = msgspec.json.Decoder(RubricVersion).decode


class SqlRubrics:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, rubric: RubricVersion) -> bool:
        line = insert(t.rubrics).values(rubric_id=rubric.rubric_id, version=1, created_at=rubric.created_at)

        def work(c: sa.Connection) -> bool:
            if c.execute(line.on_conflict_do_nothing()).rowcount != 1:
                return False
            c.execute(_version(rubric))
            return True

        return await self._database.write(work)

    async def by_id(self, rubric_id: str, version: str | None = None) -> RubricVersion | None:
        if version is not None and not (version.isdecimal() and len(version) < 10):
            return None
        r, v = t.rubrics.c, t.rubric_versions.c
        wanted = r.version if version is None else sa.literal(int(version))
        same = sa.and_(v.rubric_id == r.rubric_id, v.version == wanted)
        query = sa.select(v.document).join_from(t.rubrics, t.rubric_versions, same).where(r.rubric_id == rubric_id)
        document = await self._database.read(lambda c: c.execute(query).scalar_one_or_none())
        return _decode(document) if document is not None else None

    async def put_version(self, rubric: RubricVersion) -> bool:
        r, number = t.rubrics.c, int(rubric.version)
        follows = sa.and_(r.rubric_id == rubric.rubric_id, r.version == number - 1)
        statement = sa.update(t.rubrics).where(follows).values(version=number)

        def work(c: sa.Connection) -> bool:
            if c.execute(statement).rowcount != 1:
                return False
            c.execute(_version(rubric))
            return True

        return await self._database.write(work)

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[RubricVersion]:
        r, v = t.rubrics.c, t.rubric_versions.c
        newest = sa.and_(v.rubric_id == r.rubric_id, v.version == r.version)
        query = sa.select(v.document).join_from(t.rubrics, t.rubric_versions, newest)
        if before is not None:
            query = query.where(sa.tuple_(r.created_at, r.rubric_id) < sa.tuple_(*before))
        query = query.order_by(r.created_at.desc(), r.rubric_id.desc()).limit(limit)
        return await self._database.read(lambda c: [_decode(row) for row in c.execute(query).scalars()])


def _version(rubric: RubricVersion) -> Any:
    return sa.insert(t.rubric_versions).values(
        rubric_id=rubric.rubric_id, version=int(rubric.version), document=msgspec.json.encode(rubric)
    )
