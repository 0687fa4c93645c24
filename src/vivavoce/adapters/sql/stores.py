"""The small stores beside the log: index of sessions, reports, outbox, leases, heartbeats, audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql import tables as t
from vivavoce.adapters.sql.database import Database
from vivavoce.ports import ListedSession, OutboxItem, SessionFilter, SessionRow


class SqlSessionIndex:
    """SessionIndex; the rows are written by the event log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: SessionFilter) -> list[ListedSession]:
        s, m = t.sessions, t.memberships
        query = sa.select(*(s.c[name] for name in _ROW), _LAST_SEQ, sa.func.coalesce(m.c.role, "")).outerjoin(
            m, sa.and_(m.c.session_id == s.c.session_id, m.c.user_id == (wanted.user_id or ""), m.c.active)
        )
        if wanted.user_id is not None:
            mine = m.c.user_id.is_not(None)
            query = query.where(sa.or_(mine, s.c.by_guest) if wanted.guest_sessions else mine)
        if wanted.status is not None:
            query = query.where(s.c.status == wanted.status)
        if wanted.query:
            pattern = f"%{wanted.query}%"
            query = query.where(
                sa.or_(s.c.title.like(pattern), s.c.role.like(pattern), s.c.candidate_name.like(pattern))
            )
        if wanted.before is not None:
            query = query.where(sa.tuple_(s.c.created_at, s.c.session_id) < sa.tuple_(*wanted.before))
        query = query.order_by(s.c.created_at.desc(), s.c.session_id.desc()).limit(wanted.limit)
        return await self._database.read(lambda c: [_listed(row) for row in c.execute(query).all()])

    async def due(self, now: int, limit: int) -> list[str]:
        s = t.sessions.c
        query = sa.select(s.session_id).where(s.next_due > 0, s.next_due <= now).order_by(s.next_due).limit(limit)
        return await self._database.read(lambda c: list(c.execute(query).scalars()))

    async def awaiting_reply(self, limit: int) -> list[str]:
        s = t.sessions.c
        query = sa.select(s.session_id).where(sa.text("reply_due")).order_by(s.created_at).limit(limit)
        return await self._database.read(lambda c: list(c.execute(query).scalars()))


_ROW: Final = SessionRow.__struct_fields__
_LAST_SEQ: Final = (
    sa.select(sa.func.coalesce(sa.func.max(t.events.c.seq), 0))
    .join(t.streams, t.streams.c.id == t.events.c.stream)
    .where(t.streams.c.name == "session:" + t.sessions.c.session_id)
    .scalar_subquery()
)


def _listed(row: Any) -> ListedSession:
    *values, last_seq, my_role = row
    return ListedSession(SessionRow(**dict(zip(_ROW, values, strict=True))), last_seq, my_role)


class SqlReports:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, session_id: str, document: bytes, at: int) -> None:
        statement = insert(t.reports).values(session_id=session_id, document=document, created_at=at)
        statement = statement.on_conflict_do_update(
            index_elements=["session_id"], set_={"document": document, "created_at": at}
        )
        await self._database.write(lambda c: c.execute(statement))

    async def get(self, session_id: str) -> bytes | None:
        query = sa.select(t.reports.c.document).where(t.reports.c.session_id == session_id)
        return await self._database.read(lambda c: c.execute(query).scalar_one_or_none())

    async def delete(self, session_id: str) -> None:
        statement = sa.delete(t.reports).where(t.reports.c.session_id == session_id)
        await self._database.write(lambda c: c.execute(statement))


class SqlOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, now: int, limit: int) -> Sequence[OutboxItem]:
        o = t.outbox.c
        query = (
            sa.select(o.key, o.kind, o.subject)
            .where(sa.text("NOT done"), o.not_before <= now)
            .order_by(o.not_before)
            .limit(limit)
        )
        return await self._database.read(lambda c: [OutboxItem(*row) for row in c.execute(query).all()])

    async def done(self, key: str) -> None:
        await self._database.write(
            lambda c: c.execute(sa.update(t.outbox).where(t.outbox.c.key == key).values(done=True))
        )

    async def postpone(self, key: str, until: int) -> None:
        await self._database.write(
            lambda c: c.execute(sa.update(t.outbox).where(t.outbox.c.key == key).values(not_before=until))
        )


class SqlLeases:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, name: str, holder: str, now: int, ttl_ms: int) -> int | None:
        def work(c: sa.Connection) -> int | None:
            row = c.execute(sa.select(t.leases).where(t.leases.c.name == name)).one_or_none()
            if row is None:
                c.execute(sa.insert(t.leases).values(name=name, holder=holder, token=1, expires_at=now + ttl_ms))
                return 1
            if row.expires_at > now and row.holder != holder:
                return None
            token: int = row.token + 1
            c.execute(
                sa.update(t.leases)
                .where(t.leases.c.name == name)
                .values(holder=holder, token=token, expires_at=now + ttl_ms)
            )
            return token

        return await self._database.write(work)

    async def release(self, name: str, token: int) -> None:
        l_ = t.leases.c
        statement = sa.update(t.leases).where(l_.name == name, l_.token == token).values(expires_at=0)
        await self._database.write(lambda c: c.execute(statement))


class SqlHeartbeats:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, process_id: str, now: int) -> None:
        statement = insert(t.processes).values(process_id=process_id, beat_at=now)
        statement = statement.on_conflict_do_update(index_elements=["process_id"], set_={"beat_at": now})
        await self._database.write(lambda c: c.execute(statement))

    async def last_beat(self) -> int:
        query = sa.select(sa.func.max(t.processes.c.beat_at))
        return await self._database.read(lambda c: c.execute(query).scalar()) or 0


class SqlAudit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, at: int, actor: str, action: str, subject: str, details: dict[str, Any]) -> None:
        statement = sa.insert(t.audit).values(
            at=at, actor=actor, action=action, subject=subject, details=msgspec.json.encode(details)
        )
        await self._database.write(lambda c: c.execute(statement))

    async def page(self, subject: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
        query = sa.select(t.audit)
        if subject is not None:
            query = query.where(t.audit.c.subject == subject)
        if before is not None:
            query = query.where(t.audit.c.id < before)
        query = query.order_by(t.audit.c.id.desc()).limit(limit)
        return await self._database.read(
            lambda c: [{**row._mapping, "details": msgspec.json.decode(row.details)} for row in c.execute(query).all()]
        )
