"""Question sets in SQL: a line for lists, and every version as a document."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql import library_tables as t
from vivavoce.adapters.sql.database import Database
from vivavoce.domain.question_sets import QuestionSet
from vivavoce.ports import QuestionSetFilter, QuestionSetLine

_LINE: Final = QuestionSetLine.__struct_fields__
_decode: Final = msgspec.json.Decoder(QuestionSet).decode


class SqlQuestionSets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, question_set: QuestionSet) -> bool:
        line = insert(t.question_sets).values(**_line(question_set)).on_conflict_do_nothing()

        def work(c: sa.Connection) -> bool:
            if c.execute(line).rowcount != 1:
                return False
            c.execute(_version(question_set))
            return True

        return await self._database.write(work)

    async def by_id(self, question_set_id: str, version: int | None = None) -> QuestionSet | None:
        s, v = t.question_sets.c, t.question_set_versions.c
        wanted = s.version if version is None else sa.literal(version)
        same = sa.and_(v.question_set_id == s.question_set_id, v.version == wanted)
        query = sa.select(v.document, s.archived_at).join_from(t.question_sets, t.question_set_versions, same)
        query = query.where(s.question_set_id == question_set_id)
        row: Any = await self._database.read(lambda c: c.execute(query).one_or_none())
        if row is None:
            return None
        return msgspec.structs.replace(_decode(row.document), archived_at=row.archived_at)

    async def put_version(self, question_set: QuestionSet) -> bool:
        s = t.question_sets.c
        follows = sa.and_(s.question_set_id == question_set.question_set_id, s.version == question_set.version - 1)
        line = {name: value for name, value in _line(question_set).items() if name != "archived_at"}
        statement = sa.update(t.question_sets).where(follows).values(**line)

        def work(c: sa.Connection) -> bool:
            if c.execute(statement).rowcount != 1:
                return False
            c.execute(_version(question_set))
            return True

        return await self._database.write(work)

    async def set_archived(self, question_set_id: str, at: int) -> None:
        s = t.question_sets
        statement = sa.update(s).where(s.c.question_set_id == question_set_id).values(archived_at=at)
        await self._database.write(lambda c: c.execute(statement))

    async def page(self, wanted: QuestionSetFilter) -> list[QuestionSetLine]:
        s = t.question_sets.c
        query = sa.select(*(s[name] for name in _LINE))
        query = query.where(s.archived_at > 0 if wanted.archived else s.archived_at == 0)
        if wanted.created_by is not None:
            query = query.where(s.created_by == wanted.created_by)
        if wanted.language is not None:
            query = query.where(s.language == wanted.language)
        if wanted.query:
            query = query.where(s.title.icontains(wanted.query, autoescape=True))
        if wanted.before is not None:
            query = query.where(sa.tuple_(s.created_at, s.question_set_id) < sa.tuple_(*wanted.before))
        query = query.order_by(s.created_at.desc(), s.question_set_id.desc()).limit(wanted.limit)
        return await self._database.read(lambda c: [QuestionSetLine(**row._mapping) for row in c.execute(query).all()])


def _line(question_set: QuestionSet) -> dict[str, Any]:
    return msgspec.structs.asdict(QuestionSetLine.of(question_set))


def _version(question_set: QuestionSet) -> Any:
    return sa.insert(t.question_set_versions).values(
        question_set_id=question_set.question_set_id,
        version=question_set.version,
        document=msgspec.json.encode(question_set),
    )
