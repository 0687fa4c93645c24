"""The event log on SQLite, and what is written in the same transaction (index, memberships, outbox)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from vivavoce.adapters.sql.database import Database
from vivavoce.domain.log_page import EMPTY_PAGE
from vivavoce.ports import Append, Appended, Position, SequenceConflictError, SessionRow

#: How rows beside the events are written, by kind and in this order: a statement and what fills it.
Statements = Mapping[type[msgspec.Struct], tuple[str, Callable[[Any], tuple[object, ...]]]]

_STREAMS_REMEMBERED: Final = 50_000
_SALT_BYTES: Final = 16

_INSERT_EVENT: Final = (
    "INSERT INTO events (stream, seq, first, event_id, type, at, actor, client_id, payload, salt, commitment)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_TAKE_BACK: Final = "DELETE FROM events WHERE stream = ? AND seq = ? AND event_id = ?"
_ROW_FIELDS: Final = SessionRow.__struct_fields__
_UPSERT_SESSION: Final = (
    f"INSERT INTO sessions ({', '.join(_ROW_FIELDS)}) VALUES ({', '.join('?' * len(_ROW_FIELDS))})"  # noqa: S608
    f" ON CONFLICT (session_id) DO UPDATE SET {', '.join(f'{f} = excluded.{f}' for f in _ROW_FIELDS[1:])}"
)
_UPSERT_MEMBERSHIP: Final = (
    "INSERT INTO memberships (session_id, user_id, role, active) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (user_id, session_id) DO UPDATE SET role = excluded.role, active = excluded.active"
)
_INSERT_OUTBOX: Final = "INSERT OR IGNORE INTO outbox (key, kind, subject, not_before, done) VALUES (?, ?, ?, 0, 0)"
#: A page's columns as JSON: SQLite puts them together in one step, without Python's lock. There are no gaps, so a range
#: of positions is a page; walked along the index, its rows come in order.
_READ: Final = (
    "SELECT min(seq), CAST(group_concat(event_id, '\",\"') AS BLOB), CAST(group_concat(at) AS BLOB),"
    " CAST(json_group_array(actor) AS BLOB), CAST(json_group_array(client_id) AS BLOB),"
    " CAST(group_concat(payload) AS BLOB) FROM events INDEXED BY idx_events_stream_seq"
    " WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND seq > ?2 AND seq <= ?2 + ?3"
)
_FIND: Final = (
    "SELECT e.first, e.seq FROM events e JOIN streams s ON s.id = e.stream"
    " WHERE s.name = ? AND e.actor = ? AND e.client_id = ?"
)


class _Stream:
    """What the writer remembers of a stream; it is the only writer, so this is the truth."""

    __slots__ = ("head", "id")

    def __init__(self, stream_id: int, head: int) -> None:
        self.id = stream_id
        self.head = head


class SqlEventLog:
    """EventLog on the one writer of a Database."""

    def __init__(self, database: Database, statements: Statements | None = None) -> None:
        """`statements` say how the rows of an append are written: SQL and values by kind of row."""
        self._database = database
        self._writer = _Appender(statements or {})
        database.add_task(self._writer)
        self._epoch = ""

    def append(self, request: Append) -> asyncio.Future[Appended]:
        return self._database.hand_in(self._writer, request)

    async def read(self, stream: str, after: int, limit: int) -> bytes:
        return await self._database.read_raw(lambda c: _page(c.execute(_READ, (stream, after, limit)).fetchone()))

    async def find(self, stream: str, actor: str, client_id: str) -> Appended | None:
        row = await self._database.read_raw(lambda c: c.execute(_FIND, (stream, actor, client_id)).fetchone())
        return None if row is None else Appended(row[0], row[1], duplicate=True)

    async def position(self, stream: str) -> Position:
        return await self._database.read_raw(lambda c: Position(*_position(c, stream)))

    async def rewrite(self, stream: str, payloads: Sequence[tuple[int, bytes]]) -> None:
        rows = [(payload, stream, seq) for seq, payload in payloads]
        await self._database.write(
            lambda c: c.connection.cursor().executemany(
                "UPDATE events SET payload = ?, salt = NULL"
                " WHERE stream = (SELECT id FROM streams WHERE name = ?) AND seq = ?",
                rows,
            )
        )


def _page(columns: tuple[Any, ...]) -> bytes:
    """The columns as one JSON text: joined here they are copied once, by SQLite's `||` once for each part."""
    first, event_ids, ats, actors, client_ids, payloads = columns
    if first is None:
        return EMPTY_PAGE
    parts = (b"[%d" % first, b',["', event_ids, b'"],[', ats, b"],", actors, b",", client_ids, b",[", payloads, b"]]")
    return b"".join(parts)


def _position(cursor: sqlite3.Cursor, stream: str) -> tuple[str, int]:
    epoch = cursor.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
    head = cursor.execute(
        "SELECT max(seq) FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?)", (stream,)
    ).fetchone()[0]
    return epoch, head or 0


class _Group:
    """What a group of appends comes to: the rows of each table, and each request's outcome."""

    __slots__ = ("events", "memberships", "others", "outbox", "outcomes", "sessions")

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.sessions: dict[str, tuple[object, ...]] = {}
        self.memberships: list[tuple[object, ...]] = []
        self.outbox: list[tuple[object, ...]] = []
        self.others: dict[type[msgspec.Struct], list[tuple[object, ...]]] = {}
        self.outcomes: list[Appended | Exception] = []


class _Appender:
    """Runs in the writer thread only."""

    def __init__(self, statements: Statements) -> None:
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._statements = statements

    def forget(self) -> None:
        self._streams.clear()

    def run(self, cursor: sqlite3.Cursor, requests: list[Append]) -> list[Appended | Exception]:
        """Nearly every client_id is new, so at first none is looked up; where the unique index knows one, all are."""
        group = self._prepare(cursor, requests, look_up=False)
        try:
            cursor.executemany(_INSERT_EVENT, group.events)
        except sqlite3.IntegrityError:
            # By hand, because a savepoint would keep a copy of every page that any group touches.
            cursor.executemany(_TAKE_BACK, [(row[0], row[1], row[3]) for row in group.events])
            for request in requests:
                self._streams.pop(request.stream, None)
            group = self._prepare(cursor, requests, look_up=True)
            cursor.executemany(_INSERT_EVENT, group.events)
        for statement, values in (
            (_UPSERT_SESSION, list(group.sessions.values())),
            (_UPSERT_MEMBERSHIP, group.memberships),
            (_INSERT_OUTBOX, group.outbox),
        ):
            if values:
                cursor.executemany(statement, values)
        if group.others:
            for kind, (statement, _) in self._statements.items():
                if kind in group.others:
                    cursor.executemany(statement, group.others[kind])
        return group.outcomes

    def _prepare(self, cursor: sqlite3.Cursor, requests: list[Append], *, look_up: bool) -> _Group:
        """Decide what each request comes to; writes no event."""
        group = _Group()
        done: dict[tuple[str, str, str], Appended] = {}
        salts = os.urandom(_SALT_BYTES * sum(len(request.events) for request in requests))
        at_salt = 0
        for request in requests:
            stream = self._stream(cursor, request.stream)
            fits = stream.head == request.expected
            key = None
            if request.client_id is not None:
                key = (request.stream, request.actor, request.client_id)
                known = done.get(key)
                if known is None and (look_up or not fits):
                    known = self._find(cursor, *key)
                if known is not None:
                    group.outcomes.append(known)
                    continue
            if not fits:
                group.outcomes.append(SequenceConflictError(request.stream, stream.head))
                continue
            first = stream.head + 1
            last = stream.head + len(request.events)
            for seq, event in enumerate(request.events, first):
                salt = salts[at_salt : at_salt + _SALT_BYTES]
                at_salt += _SALT_BYTES
                group.events.append(
                    (
                        stream.id,
                        seq,
                        first,
                        event.event_id,
                        event.type,
                        event.at,
                        request.actor,
                        request.client_id if seq == last else None,
                        event.payload,
                        salt,
                        hashlib.sha256(salt + event.payload).digest(),
                    )
                )
            stream.head = last
            if request.session_row is not None:
                group.sessions[request.session_row.session_id] = msgspec.structs.astuple(request.session_row)
            group.memberships += [(m.session_id, m.user_id, m.role, m.active) for m in request.memberships]
            group.outbox += [(o.key, o.kind, o.subject) for o in request.outbox]
            for row in request.rows:
                group.others.setdefault(type(row), []).append(self._statements[type(row)][1](row))
            group.outcomes.append(Appended(first, last))
            if key is not None:
                done[key] = Appended(first, last, duplicate=True)
        return group

    def _find(self, cursor: sqlite3.Cursor, stream: str, actor: str, client_id: str) -> Appended | None:
        row = cursor.execute(_FIND, (stream, actor, client_id)).fetchone()
        return None if row is None else Appended(row[0], row[1], duplicate=True)

    def _stream(self, cursor: sqlite3.Cursor, name: str) -> _Stream:
        known = self._streams.get(name)
        if known is not None:
            self._streams.move_to_end(name)
            return known
        cursor.execute("INSERT OR IGNORE INTO streams (name) VALUES (?)", (name,))
        row = cursor.execute(
            "SELECT s.id, (SELECT max(seq) FROM events WHERE stream = s.id) FROM streams s WHERE s.name = ?", (name,)
        ).fetchone()
        stream = self._streams[name] = _Stream(row[0], row[1] or 0)
        if len(self._streams) > _STREAMS_REMEMBERED:
            self._streams.popitem(last=False)
        return stream
