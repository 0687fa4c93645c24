"""What the inside needs from the outside. Guarantees are written on the methods; every adapter is held to them by one
contract suite (tests/contracts)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

# --- the event log -------------------------------------------------------------------------------------------------


class NewEvent(msgspec.Struct, frozen=True):
    """A fact to be stored. `payload` is JSON with its type inside, `at` epoch milliseconds, `event_id` a UUID (v7)."""

    event_id: str
    type: str
    at: int
    payload: bytes


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The line of a session in the index: what lists and sweeps need without reading a log. Times are epoch ms."""

    session_id: str
    kind: str
    title: str
    status: str
    created_by: str
    by_guest: bool
    created_at: int
    role: str
    language: str
    candidate_name: str
    reply_due: bool
    next_due: int
    report: str


class MembershipRow(msgspec.Struct, frozen=True):
    session_id: str
    user_id: str
    role: str
    active: bool


class OutboxItem(msgspec.Struct, frozen=True):
    """Work that an event asks for. `key` is unique: the same work is never queued twice."""

    key: str
    kind: str
    subject: str


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One command's events for one stream and, in the same transaction, the rows that follow from them."""

    stream: str
    expected: int
    actor: str
    events: tuple[NewEvent, ...]
    client_id: str | None = None
    session_row: SessionRow | None = None
    memberships: tuple[MembershipRow, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()


class Appended(msgspec.Struct, frozen=True):
    """Where a command's events are: [`first`, `last`]. `duplicate`: they were there already, nothing was written."""

    first: int
    last: int
    duplicate: bool = False


class Position(msgspec.Struct, frozen=True):
    """A place in a history: `head` is the newest seq (0: the stream is empty). A new `epoch` means a new history."""

    epoch: str
    head: int


class StoredEvent(msgspec.Struct, frozen=True):
    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    payload: bytes


class SequenceConflictError(Exception):
    """The stream's head was not `expected`; catch up and decide again."""

    def __init__(self, stream: str, head: int) -> None:
        super().__init__(f"{stream} is at {head}")
        self.head = head


class StoreUnavailableError(Exception):
    """The store could not write or read (disk full, database away). Nothing of the request was stored; try again."""


class EventLog(Protocol):
    """Append-only streams; `seq` counts 1, 2, 3 … in each without gaps."""

    def append(self, request: Append) -> asyncio.Future[Appended]:
        """Store all of `request` or nothing; when the future resolves, it is on disk (survives `kill -9` and power
        loss). Requests for one stream are written in the order they were handed in.

        A (stream, actor, client_id) seen before returns where its events are, whatever `expected` says. Otherwise a
        head other than `expected` raises SequenceConflictError. Concurrent appends are grouped into one commit;
        a conflict in the group fails only its own append. Raises StoreUnavailableError.
        """
        ...

    async def read(self, stream: str, after: int, limit: int) -> list[StoredEvent]:
        """Events with seq > `after`, at most `limit`, in order. An unknown stream is empty."""
        ...

    async def find(self, stream: str, actor: str, client_id: str) -> Appended | None:
        """Where the events of a command are, if it was stored."""
        ...

    async def position(self, stream: str) -> Position:
        """The newest position. The epoch of an unknown stream is that of the store."""
        ...

    async def rewrite(self, stream: str, payloads: Sequence[tuple[int, bytes]]) -> None:
        """Erasure: replace the payloads at these seqs and destroy their salts. Seqs, ids and times stay."""
        ...


# --- what lists and sweeps read ------------------------------------------------------------------------------------


class SessionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions a person may list: `user_id` None is everybody's (admin). `before` is the cursor: the
    (created_at, session_id) of the last row seen."""

    user_id: str | None = None
    guest_sessions: bool = False
    status: str | None = None
    query: str = ""
    before: tuple[int, str] | None = None
    limit: int = 50


class SessionIndex(Protocol):
    """The index of sessions, written only in the transactions of `EventLog.append`."""

    async def page(self, wanted: SessionFilter) -> list[SessionRow]:
        """Newest first."""
        ...

    async def due(self, now: int, limit: int) -> list[str]:
        """Ids of sessions with a deadline at or before `now` (epoch ms)."""
        ...

    async def awaiting_reply(self, limit: int) -> list[str]:
        """Ids of sessions in which an input (or an opening) has no reply yet, oldest first."""
        ...


class Reports(Protocol):
    """Finished reports as JSON documents."""

    async def put(self, session_id: str, document: bytes, at: int) -> None: ...

    async def get(self, session_id: str) -> bytes | None: ...


class Outbox(Protocol):
    """Work asked for by events. An item stays until it is done; the same item may be handed out again after a crash."""

    async def waiting(self, now: int, limit: int) -> Sequence[OutboxItem]: ...

    async def done(self, key: str) -> None: ...

    async def postpone(self, key: str, until: int) -> None:
        """It failed: hand it out again at `until` (epoch ms)."""
        ...


class Leases(Protocol):
    """Who may do a thing now. A lease is held by one `holder` until it expires or is released."""

    async def acquire(self, name: str, holder: str, now: int, ttl_ms: int) -> int | None:
        """A fencing token larger than any given before for this name, or None while somebody else holds it."""
        ...

    async def release(self, name: str, token: int) -> None: ...


class Heartbeats(Protocol):
    """When each server process was last known to live; a clock that was running when it died stops there."""

    async def beat(self, process_id: str, now: int) -> None: ...

    async def last_beat(self) -> int:
        """The newest beat of any process, epoch ms; 0 when there was none."""
        ...


# --- the rest ------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall time, epoch milliseconds UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class Audit(Protocol):
    """The record of accesses and refusals: who, what, which, when; never contents."""

    async def record(self, at: int, actor: str, action: str, subject: str, details: dict[str, Any]) -> None: ...

    async def page(self, subject: str | None, before: int | None, limit: int) -> list[dict[str, Any]]: ...


Unsubscribe = Callable[[], None]
Spawn = Callable[[Awaitable[None]], None]
