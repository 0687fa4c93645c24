"""All core ports in memory."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from vivavoce.domain.log_page import EMPTY_PAGE, Columns
from vivavoce.ports import (
    Append,
    Appended,
    ListedSession,
    OutboxItem,
    Position,
    SequenceConflictError,
    SessionFilter,
    SessionRow,
    StoredEvent,
)


class MemoryStore:
    """The shared memory behind the ports: what a database file is to the SQL adapters."""

    def __init__(self) -> None:
        self.epoch = uuid.uuid4().hex
        self.streams: dict[str, list[StoredEvent]] = {}
        self.commands: dict[tuple[str, str, str], Appended] = {}
        self.sessions: dict[str, SessionRow] = {}
        self.memberships: dict[tuple[str, str], str] = {}
        self.reports: dict[str, bytes] = {}
        self.outbox: dict[str, tuple[OutboxItem, int, bool]] = {}
        self.leases: dict[str, tuple[str, int, int]] = {}
        self.beats: dict[str, int] = {}
        self.audit: list[dict[str, Any]] = []


class MemoryEventLog:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    def append(self, request: Append) -> asyncio.Future[Appended]:
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        try:
            future.set_result(self._append(request))
        except SequenceConflictError as error:
            future.set_exception(error)
        return future

    def _append(self, request: Append) -> Appended:
        if request.client_id is not None:
            known = self._s.commands.get((request.stream, request.actor, request.client_id))
            if known is not None:
                return known
        stream = self._s.streams.setdefault(request.stream, [])
        if len(stream) != request.expected:
            raise SequenceConflictError(request.stream, len(stream))
        first, last = len(stream) + 1, len(stream) + len(request.events)
        for seq, event in enumerate(request.events, first):
            client_id = request.client_id if seq == last else None
            payload = msgspec.Raw(event.payload)
            stream.append(StoredEvent(seq, event.event_id, event.at, request.actor, client_id, payload))
        if request.client_id is not None:
            self._s.commands[request.stream, request.actor, request.client_id] = Appended(first, last, duplicate=True)
        if request.session_row is not None:
            self._s.sessions[request.session_row.session_id] = request.session_row
        for membership in request.memberships:
            key = (membership.user_id, membership.session_id)
            if membership.active:
                self._s.memberships[key] = membership.role
            else:
                self._s.memberships.pop(key, None)
        for item in request.outbox:
            self._s.outbox.setdefault(item.key, (item, 0, False))
        return Appended(first, last)

    async def read(self, stream: str, after: int, limit: int) -> bytes:
        found = self._s.streams.get(stream, [])[after : after + limit]
        if not found:
            return EMPTY_PAGE
        _, *columns = (list(column) for column in zip(*map(msgspec.structs.astuple, found), strict=True))
        return msgspec.json.encode(Columns[msgspec.Raw](found[0].seq, *columns))

    async def find(self, stream: str, actor: str, client_id: str) -> Appended | None:
        return self._s.commands.get((stream, actor, client_id))

    async def position(self, stream: str) -> Position:
        return Position(self._s.epoch, len(self._s.streams.get(stream, ())))

    async def rewrite(self, stream: str, payloads: Sequence[tuple[int, bytes]]) -> None:
        events = self._s.streams[stream]
        for seq, payload in payloads:
            events[seq - 1] = msgspec.structs.replace(events[seq - 1], payload=msgspec.Raw(payload))


class MemorySessionIndex:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def page(self, wanted: SessionFilter) -> list[ListedSession]:
        def fits(row: SessionRow) -> bool:
            mine = (
                wanted.user_id is None
                or (wanted.user_id, row.session_id) in self._s.memberships
                or (wanted.guest_sessions and row.by_guest)
            )
            text = f"{row.title}\n{row.role}\n{row.candidate_name}".lower()
            return (
                mine
                and wanted.status in (None, row.status)
                and wanted.query.lower() in text
                and (wanted.before is None or (row.created_at, row.session_id) < wanted.before)
            )

        rows = sorted(filter(fits, self._s.sessions.values()), key=lambda r: (r.created_at, r.session_id), reverse=True)
        return [
            ListedSession(
                row,
                len(self._s.streams.get(f"session:{row.session_id}", ())),
                self._s.memberships.get((wanted.user_id or "", row.session_id), ""),
            )
            for row in rows[: wanted.limit]
        ]

    async def due(self, now: int, limit: int) -> list[str]:
        rows = sorted((row for row in self._s.sessions.values() if 0 < row.next_due <= now), key=lambda r: r.next_due)
        return [row.session_id for row in rows[:limit]]

    async def awaiting_reply(self, limit: int) -> list[str]:
        rows = sorted((row for row in self._s.sessions.values() if row.reply_due), key=lambda r: r.created_at)
        return [row.session_id for row in rows[:limit]]


class MemoryReports:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def put(self, session_id: str, document: bytes, at: int) -> None:
        self._s.reports[session_id] = document

    async def get(self, session_id: str) -> bytes | None:
        return self._s.reports.get(session_id)

    async def delete(self, session_id: str) -> None:
        self._s.reports.pop(session_id, None)


class MemoryOutbox:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def waiting(self, now: int, limit: int) -> Sequence[OutboxItem]:
        ready = [item for item, not_before, done in self._s.outbox.values() if not done and not_before <= now]
        return ready[:limit]

    async def done(self, key: str) -> None:
        item, not_before, _ = self._s.outbox[key]
        self._s.outbox[key] = (item, not_before, True)

    async def postpone(self, key: str, until: int) -> None:
        item, _, done = self._s.outbox[key]
        self._s.outbox[key] = (item, until, done)


class MemoryLeases:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def acquire(self, name: str, holder: str, now: int, ttl_ms: int) -> int | None:
        known, token, expires_at = self._s.leases.get(name, ("", 0, 0))
        if expires_at > now and known != holder:
            return None
        self._s.leases[name] = (holder, token + 1, now + ttl_ms)
        return token + 1

    async def release(self, name: str, token: int) -> None:
        holder, current, _ = self._s.leases.get(name, ("", 0, 0))
        if current == token:
            self._s.leases[name] = (holder, current, 0)


class MemoryHeartbeats:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def beat(self, process_id: str, now: int) -> None:
        self._s.beats[process_id] = now

    async def last_beat(self) -> int:
        return max(self._s.beats.values(), default=0)


class MemoryAudit:
    def __init__(self, store: MemoryStore) -> None:
        self._s = store

    async def record(self, at: int, actor: str, action: str, subject: str, details: dict[str, Any]) -> None:
        entry = {"id": len(self._s.audit) + 1, "at": at, "actor": actor, "action": action, "subject": subject}
        self._s.audit.append({**entry, "details": details})

    async def page(self, subject: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
        fitting = [
            entry
            for entry in reversed(self._s.audit)
            if subject in (None, entry["subject"]) and (before is None or entry["id"] < before)
        ]
        return fitting[:limit]
