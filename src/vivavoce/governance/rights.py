"""Export and erasure of a session. The text goes, the sequence stays: every event keeps its place, id, time and actor,
so whoever resumes or audits later finds no gap, only that something was taken out."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import msgspec

from vivavoce.domain.errors import conflict, not_found
from vivavoce.domain.ids import private_stream, session_stream
from vivavoce.domain.session import events as e
from vivavoce.domain.session import private
from vivavoce.domain.session.state import SessionState
from vivavoce.ports import Audit, Clock, EventLog, Reports, StoredEvent, stored_events

_PAGE: Final = 1000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of an erasure. `digest` is sha256 over the ids of the events whose words were taken out, in order."""

    session_id: str
    erased_at: int
    by: str
    events: int
    digest: str


class Sessions(Protocol):
    async def state(self, session_id: str) -> SessionState: ...

    async def reload(self, session_id: str) -> None:
        """Read a running session from the log again, and write its line in the index anew."""
        ...


class Rights:
    """`forget_pages` makes the store overwrite what it replaced, on disk too; `erase_elsewhere` takes out what
    stands beside the log: names on invitations, recordings."""

    def __init__(
        self,
        sessions: Sessions,
        log: EventLog,
        reports: Reports,
        audit: Audit,
        clock: Clock,
        forget_pages: Callable[[], Awaitable[None]],
        erase_elsewhere: Callable[[SessionState], Awaitable[None]],
    ) -> None:
        self._sessions = sessions
        self._log = log
        self._reports = reports
        self._audit = audit
        self._clock = clock
        self._forget_pages = forget_pages
        self._erase_elsewhere = erase_elsewhere

    async def export(self, session_id: str, by: str) -> dict[str, Any]:
        """Everything that is kept of a session, as plain data. Raises not_found."""
        await self._sessions.state(session_id)
        report = await self._reports.get(session_id)
        events = [_shown(entry) for entry in await self._all(session_stream(session_id))]
        exported = {
            "session_id": session_id,
            "events": events,
            "private_events": [_shown(entry) for entry in await self._all(private_stream(session_id))],
            "report": msgspec.json.decode(report) if report is not None else None,
        }
        await self._note(by, "session_exported", session_id, {"events": len(events)})
        return exported

    async def erase(self, session_id: str, by: str) -> Receipt:
        """Take out every personal word of a session that is over. Raises not_found, or conflict while it goes on."""
        state = await self._sessions.state(session_id)
        if not state.over:
            raise conflict("end the session before it is erased", reason="session_not_over")
        digest = hashlib.sha256()
        erased = 0
        for stream, redacted in (
            (session_stream(session_id), _redacted),
            (private_stream(session_id), _redacted_private),
        ):
            entries = await self._all(stream)
            if not entries:
                continue
            await self._log.rewrite(stream, [(entry.seq, redacted(entry)) for entry in entries])
            for entry in entries:
                digest.update(entry.event_id.encode())
            erased += len(entries)
        if not erased:
            raise not_found("there is no such session", reason="session_not_found")
        await self._reports.delete(session_id)
        await self._erase_elsewhere(state)
        await self._sessions.reload(session_id)
        await self._forget_pages()
        now = self._clock.now_ms()
        receipt = Receipt(session_id=session_id, erased_at=now, by=by, events=erased, digest=digest.hexdigest())
        await self._note(by, "session_erased", session_id, {"events": erased, "digest": receipt.digest})
        return receipt

    async def _all(self, stream: str) -> list[StoredEvent]:
        entries: list[StoredEvent] = []
        while page := stored_events(await self._log.read(stream, entries[-1].seq if entries else 0, _PAGE)):
            entries += page
        return entries

    async def _note(self, by: str, action: str, session_id: str, details: dict[str, Any]) -> None:
        await self._audit.record(self._clock.now_ms(), by, action, session_stream(session_id), details)


def _shown(entry: StoredEvent) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "event_id": entry.event_id,
        "at": entry.at,
        "actor": entry.actor,
        "data": msgspec.json.decode(entry.payload),
    }


def _redacted(entry: StoredEvent) -> bytes:
    return e.encode(e.redact(e.decode(entry.payload)))


def _redacted_private(entry: StoredEvent) -> bytes:
    return msgspec.json.encode(private.redact(private.decode(entry.payload)))
