"""A running stream of grading (an exam or a batch): decide, store, publish, one wish after the other.

Unlike a session, wishes are not decided ahead of the disk: the rows of responses that a decision reads are those of
everything before it. Whoever follows gets events after they are stored, in order, each once.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError
from vivavoce.ports import Append, Clock, EventLog, NewEvent, OutboxItem, SequenceConflictError, StoreUnavailableError

S = TypeVar("S")
E = TypeVar("E", bound=msgspec.Struct)
R = TypeVar("R")

PAGE: Final = 500
_ATTEMPTS: Final = 3
_encode: Final = msgspec.json.Encoder().encode


class Receipt(msgspec.Struct, frozen=True):
    """What a wish led to: its events with their places. `duplicate`: they were there already."""

    events: tuple[Any, ...]
    last_seq: int
    duplicate: bool = False


class Follower(Protocol):
    """Somebody who is shown a stream, on the event loop."""

    def show(self, events: Sequence[Any]) -> None: ...


Decide = Callable[[S], "Sequence[E] | Awaitable[Sequence[E]]"]


class Running(ABC, Generic[S, E, R]):
    """`S` is the state, `E` its events, `R` an event with its place. `published` is the newest seq followers know."""

    def __init__(self, stream: str, log: EventLog, clock: Clock) -> None:
        self.stream = stream
        self.clock = clock
        self.followers: set[Follower] = set()
        self.published = 0
        self.epoch = ""
        self.last_used = clock.monotonic()
        self._log = log
        self._turn = asyncio.Lock()
        self._stale = True
        self.state: S = self._empty()

    # --- what a kind of stream says of itself -------------------------------------------------------------------

    @abstractmethod
    def _empty(self) -> S: ...

    @abstractmethod
    async def _load(self) -> S:
        """The state as it is on disk."""

    @abstractmethod
    def _evolve(self, state: S, recorded: R) -> None: ...

    @abstractmethod
    def _rows(self, state: S, events: Sequence[R]) -> list[msgspec.Struct]:
        """What follows from new events, which are in `state` already."""

    @abstractmethod
    def _recorded(self, seq: int, event_id: str, at: int, actor: str, client_id: str | None, data: E) -> R: ...

    @abstractmethod
    def _decoded(self, page: bytes) -> list[R]: ...

    def _settle(self, events: Sequence[R]) -> None:
        """Called after each commit, before anybody is shown its events."""
        del events

    @abstractmethod
    def _committed(self, events: Sequence[R]) -> None:
        """Called after each commit, on the event loop; must not block."""

    # --- use ----------------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Read the state if it is not there. Raises VivavoceError unavailable."""
        if self._stale:
            async with self._turn:
                if self._stale:
                    await self._reload()

    async def submit(
        self,
        decide: Decide[S, E],
        actor: str,
        *,
        client_id: str | None = None,
        rows: Callable[[Sequence[R]], Sequence[msgspec.Struct]] | None = None,
        outbox: Callable[[S], Sequence[OutboxItem]] | None = None,
    ) -> Receipt:
        """Decide on the present state, store what follows, publish it. `rows` are further rows to be written with the
        events, `outbox` work that they ask for. The same `client_id` of the same actor happens once.

        Raises what `decide` raises, and unavailable.
        """
        async with self._turn:
            self.last_used = self.clock.monotonic()
            try:
                return await self._submit(decide, actor, client_id, rows, outbox)
            except StoreUnavailableError as error:
                self._stale = True
                raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nothing is decided or stored meanwhile."""
        async with self._turn:
            yield

    async def history(self, after: int, limit: int = PAGE) -> list[R]:
        """Events with seq > `after`, as stored."""
        try:
            return self._decoded(await self._log.read(self.stream, after, limit))
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error

    @property
    def idle(self) -> bool:
        return not self.followers and not self._turn.locked()

    async def _submit(
        self,
        decide: Decide[S, E],
        actor: str,
        client_id: str | None,
        rows: Callable[[Sequence[R]], Sequence[msgspec.Struct]] | None,
        outbox: Callable[[S], Sequence[OutboxItem]] | None,
    ) -> Receipt:
        if client_id is not None:
            known = await self._log.find(self.stream, actor, client_id)
            if known is not None:
                page = await self._log.read(self.stream, known.first - 1, known.last - known.first + 1)
                return Receipt(tuple(self._decoded(page)), known.last, duplicate=True)
        for attempt in range(_ATTEMPTS):
            if self._stale:
                await self._reload()
            decided = decide(self.state)
            events = await decided if isinstance(decided, Awaitable) else decided
            if not events:
                return Receipt((), self.published)
            try:
                return await self._keep(list(events), actor, client_id, rows, outbox)
            except SequenceConflictError as conflict:
                self._stale = True
                if attempt + 1 == _ATTEMPTS:
                    raise StoreUnavailableError(str(conflict)) from conflict
        raise AssertionError("the last attempt returns or raises")

    async def _keep(
        self,
        events: list[E],
        actor: str,
        client_id: str | None,
        rows: Callable[[Sequence[R]], Sequence[msgspec.Struct]] | None,
        outbox: Callable[[S], Sequence[OutboxItem]] | None,
    ) -> Receipt:
        now = self.clock.now_ms()
        expected = self.published
        new = tuple(NewEvent(str(uuid_utils.uuid7()), type(event).__name__, now, _encode(event)) for event in events)
        recorded = [
            self._recorded(
                expected + place,
                new[place - 1].event_id,
                now,
                actor,
                client_id if place == len(events) else None,
                event,
            )
            for place, event in enumerate(events, 1)
        ]
        self._stale = True  # until it is stored: the state is ahead of the disk
        for entry in recorded:
            self._evolve(self.state, entry)
        written = [*self._rows(self.state, recorded), *(rows(recorded) if rows is not None else ())]
        await self._log.append(
            Append(
                stream=self.stream,
                expected=expected,
                actor=actor,
                events=new,
                client_id=client_id,
                rows=tuple(written),
                outbox=tuple(outbox(self.state)) if outbox is not None else (),
            )
        )
        self._stale = False
        self.published = expected + len(events)
        self._settle(recorded)
        for follower in tuple(self.followers):
            follower.show(recorded)
        self._committed(recorded)
        return Receipt(tuple(recorded), self.published)

    async def _reload(self) -> None:
        try:
            position = await self._log.position(self.stream)
            self.state = await self._load()
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error
        self.epoch, self.published = position.epoch, position.head
        self._stale = False
