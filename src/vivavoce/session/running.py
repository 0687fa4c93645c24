"""One running session: commands are decided in order, stored, and only then acknowledged and published.

The state runs ahead of the disk: a command is decided on the state that the commands before it will leave, and its
append is handed in at once, so a busy session shares commits. When an append fails, everything after it fails too
(its expected head is wrong); the state is then read from the log again and what conflicted is decided once more.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import session_stream
from vivavoce.domain.session import events as e
from vivavoce.domain.session.commands import AnyCommand
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.evolve import evolve, fold
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.ports import (
    Append,
    Appended,
    Clock,
    EventLog,
    NewEvent,
    SequenceConflictError,
    SessionRow,
)
from vivavoce.session.rows import changed_row, membership_rows, outbox_items, session_row

_LOG: Final = logging.getLogger(__name__)
#: Events decoded and folded between two looks at the event loop (about 2 ms).
PAGE: Final = 1024
_READ_AHEAD: Final = 8
_COMMANDS_REMEMBERED: Final = 512
_ATTEMPTS: Final = 5
_RELOAD_PAUSE_S: Final = 0.5


class Receipt(msgspec.Struct, frozen=True):
    """A command that is on disk: its events, the last seq among them (or the head, when it changed nothing)."""

    events: tuple[e.Recorded, ...]
    last_seq: int
    epoch: str
    duplicate: bool = False


class Follower(Protocol):
    """Somebody who is told what happens in a session, from the event loop, in order, each event once."""

    def events(self, events: Sequence[e.Recorded]) -> None: ...

    def ephemeral(self, message: object) -> None:
        """Something that is not stored: a part of a reply, a stage. May be dropped."""
        ...


Committed = Callable[["RunningSession", Sequence[e.Recorded]], None]


class _Pending:
    """A command on its way to the disk."""

    __slots__ = ("actor", "attempts", "client_id", "command", "events", "future")

    def __init__(self, command: AnyCommand, actor: str, client_id: str | None, future: asyncio.Future[Receipt]) -> None:
        self.command = command
        self.actor = actor
        self.client_id = client_id
        self.future = future
        self.events: tuple[e.Recorded, ...] = ()
        self.attempts = 0


class RunningSession:
    """Create with `RunningSession.load`. Not thread-safe: lives on the event loop."""

    def __init__(self, session_id: str, log: EventLog, clock: Clock, policy: Policy, committed: Committed) -> None:
        self.session_id = session_id
        self.stream = session_stream(session_id)
        self.state = SessionState()
        self.epoch = ""
        self.published = 0
        """The newest seq that is on disk and was told to everybody."""
        self.last_used = clock.monotonic()
        self.followers: set[Follower] = set()
        self._log = log
        self._clock = clock
        self._policy = policy
        self._committed = committed
        self._row: SessionRow | None = None
        self._commands: OrderedDict[tuple[str, str], tuple[e.Recorded, ...]] = OrderedDict()
        self._in_flight: deque[tuple[_Pending, asyncio.Future[Appended]]] = deque()
        self._settling = False
        self._reloading: asyncio.Task[None] | None = None
        self._held: list[_Pending] = []

    async def load(self) -> None:
        """Read the history. Yields to the loop every PAGE events. Raises StoreUnavailableError."""
        state = SessionState()
        position = await self._log.position(self.stream)
        missed: list[e.Recorded] = []
        async for page in self._pages(position.head):
            fold(page, state)
            if self.published:
                missed += [recorded for recorded in page if recorded.seq > self.published]
        self.state = state
        self.epoch = position.epoch
        self._row = session_row(state, self._policy) if state.exists else None
        if missed:
            self._publish(missed)
        self.published = state.head

    async def _pages(self, head: int) -> AsyncIterator[list[e.Recorded]]:
        """The history in pages. There are no gaps, so where pages begin is known, and some are read ahead while one is
        folded; the loop gets its turn in between."""
        starts = iter(range(0, head + 1, PAGE))
        ahead = deque(self._read(start) for start in itertools.islice(starts, _READ_AHEAD))
        while ahead:
            page = await ahead.popleft()
            ahead.extend(self._read(start) for start in itertools.islice(starts, 1))
            yield e.decode_page(page)
            await asyncio.sleep(0)

    def _read(self, after: int) -> asyncio.Future[bytes]:
        return asyncio.ensure_future(self._log.read(self.stream, after, PAGE))

    @property
    def idle(self) -> bool:
        """Nobody follows it and nothing is under way."""
        return not (self.followers or self._in_flight or self._held or self._reloading)

    def submit(self, command: AnyCommand, actor: str, client_id: str | None = None) -> asyncio.Future[Receipt]:
        """Ask for `command`. The future resolves when its events are on disk, or fails with VivavoceError.

        The same (actor, client_id) a second time changes nothing and gets the first receipt.
        """
        self.last_used = self._clock.monotonic()
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        pending = _Pending(command, actor, client_id, future)
        if self._reloading is not None:
            self._held.append(pending)
        else:
            self._decide(pending)
        return future

    async def settled(self) -> SessionState:
        """The state with nothing under way: what a snapshot may be made of."""
        while self._in_flight or self._reloading is not None:
            if self._reloading is not None:
                await asyncio.wait({self._reloading})
            else:
                await asyncio.wait({self._in_flight[-1][1]})
                await asyncio.sleep(0)
        return self.state

    def tell(self, message: object) -> None:
        """Give every follower something that is not stored."""
        for follower in tuple(self.followers):
            follower.ephemeral(message)

    def refresh_row(self, *, always: bool = False) -> None:
        """Write the session's line in the index again when its deadlines moved; nothing is stored in the log."""
        row = session_row(self.state, self._policy)
        if self._row is not None and (always or row != self._row) and not self._in_flight and self._reloading is None:
            self._row = row
            pending = _Pending(_NOTHING, "system", None, asyncio.get_running_loop().create_future())
            pending.future.add_done_callback(_retrieved)
            self._hand_in(
                pending,
                Append(stream=self.stream, expected=self.state.head, actor="system", events=(), session_row=row),
            )

    # --- the way of a command ---------------------------------------------------------------------------------

    def _decide(self, pending: _Pending) -> None:
        if pending.client_id is not None:
            known = self._commands.get((pending.actor, pending.client_id))
            if known is not None:
                self._answer_again(pending, known)
                return
        now = self._clock.now_ms()
        try:
            decided = decide(self.state, pending.command, Context(now, self._policy, pending.actor))
        except VivavoceError as error:
            if pending.client_id is None or not self.state.exists:
                _fail(pending.future, error)
            else:  # it may be a repetition of one that succeeded when it still fitted
                self._hold_and(self._look_up(pending, error))
            return
        if not decided:
            self._acknowledge_nothing(pending)
            return
        self._append(pending, decided, now)

    def _append(self, pending: _Pending, decided: Sequence[e.AnySessionEvent], now: int) -> None:
        expected = self.state.head
        last = len(decided) - 1
        recorded: list[e.Recorded] = []
        new: list[NewEvent] = []
        for index, data in enumerate(decided):
            event_id = str(uuid_utils.uuid7())
            client_id = pending.client_id if index == last else None
            entry = e.Recorded(expected + 1 + index, event_id, now, pending.actor, client_id, data)
            evolve(self.state, entry)
            recorded.append(entry)
            new.append(NewEvent(event_id, e.type_name(data), now, e.encode(data)))
        pending.events = tuple(recorded)
        row = changed_row(self._row, session_row(self.state, self._policy))
        if row is not None:
            self._row = row
        self._hand_in(
            pending,
            Append(
                stream=self.stream,
                expected=expected,
                actor=pending.actor,
                client_id=pending.client_id,
                events=tuple(new),
                session_row=row,
                memberships=membership_rows(self.session_id, decided),
                outbox=outbox_items(self.state, decided),
            ),
        )

    def _hand_in(self, pending: _Pending, request: Append) -> None:
        future = self._log.append(request)
        self._in_flight.append((pending, future))
        future.add_done_callback(self._appended)

    def _appended(self, _: asyncio.Future[Appended]) -> None:
        """Settle what is done, in the order it was handed in."""
        if self._settling:
            return
        self._settling = True
        try:
            while self._in_flight and self._in_flight[0][1].done():
                pending, future = self._in_flight[0]
                if self._reloading is None and (future.exception() is not None or future.result().duplicate):
                    self._hold_and(self._recover())
                if self._reloading is not None:
                    break
                self._in_flight.popleft()
                self._succeed(pending)
        finally:
            self._settling = False

    def _succeed(self, pending: _Pending) -> None:
        if pending.client_id is not None:
            self._remember(pending.actor, pending.client_id, pending.events)
        if not pending.future.done():  # first of all: the sender hears that it is safe before what follows from it
            last = pending.events[-1].seq if pending.events else self.published
            pending.future.set_result(Receipt(pending.events, last, self.epoch))
        if pending.events:
            self._publish(pending.events)

    def _publish(self, events: Sequence[e.Recorded]) -> None:
        self.published = events[-1].seq
        for follower in tuple(self.followers):
            follower.events(events)
        self._committed(self, events)

    def _acknowledge_nothing(self, pending: _Pending) -> None:
        """A command that changed nothing stands on what is under way: its receipt must not come before."""
        if not self._in_flight:
            pending.future.set_result(Receipt((), self.published, self.epoch))
            return

        def settle(_: Any) -> None:
            if not pending.future.done():
                pending.future.set_result(Receipt((), self.published, self.epoch))

        self._in_flight[-1][0].future.add_done_callback(settle)

    def _answer_again(self, pending: _Pending, events: tuple[e.Recorded, ...]) -> None:
        if not pending.future.done():
            pending.future.set_result(Receipt(events, events[-1].seq, self.epoch, duplicate=True))

    def _remember(self, actor: str, client_id: str, events: tuple[e.Recorded, ...]) -> None:
        self._commands[actor, client_id] = events
        if len(self._commands) > _COMMANDS_REMEMBERED:
            self._commands.popitem(last=False)

    # --- when something went another way ----------------------------------------------------------------------

    def _hold_and(self, work: Any) -> None:
        """Hold new commands while `work` reads the log, then go on with them."""
        self._reloading = asyncio.get_running_loop().create_task(self._held_while(work))

    def _is_held(self) -> bool:
        return self._reloading is not None

    async def _held_while(self, work: Any) -> None:
        try:
            await work
        finally:
            self._reloading = None
            held, self._held = deque(self._held), []
            while held and not self._is_held():
                self._decide(held.popleft())
            self._held = [*held, *self._held]
            self._appended_later()

    def _appended_later(self) -> None:
        if self._in_flight and self._in_flight[0][1].done():
            asyncio.get_running_loop().call_soon(self._appended, self._in_flight[0][1])

    async def _look_up(self, pending: _Pending, error: VivavoceError) -> None:
        """A refused command with a client_id: was it done before?"""
        assert pending.client_id is not None
        try:
            found = await self._log.find(self.stream, pending.actor, pending.client_id)
            if found is None:
                _fail(pending.future, error)
                return
            self._answer_again(pending, await self._events_of(found))
        except Exception as failure:
            _fail(pending.future, _unavailable(failure))

    async def _events_of(self, place: Appended) -> tuple[e.Recorded, ...]:
        return tuple(e.decode_page(await self._log.read(self.stream, place.first - 1, place.last - place.first + 1)))

    async def _recover(self) -> None:
        """The log went another way than the state: read it again; what conflicted is decided anew, in order."""
        again: list[_Pending] = []
        while self._in_flight:
            pending, future = self._in_flight.popleft()
            try:
                result = await future
            except SequenceConflictError as conflict:
                pending.attempts += 1
                if pending.attempts >= _ATTEMPTS:
                    _fail(pending.future, _unavailable(conflict))
                else:
                    again.append(pending)
            except Exception as failure:
                _fail(pending.future, _unavailable(failure))
            else:
                if result.duplicate:
                    self._answer_again(pending, await self._events_of(result))
                else:  # stored before the failure was seen
                    self._succeed(pending)
        self._held = again + self._held
        while True:
            try:
                await self.load()
                return
            except Exception as failure:  # without its history the session can decide nothing: refuse and try again
                _LOG.warning("session %s could not be read again: %s", self.session_id, failure)
                refused, self._held = self._held, []
                for pending in refused:
                    _fail(pending.future, _unavailable(failure))
                await asyncio.sleep(_RELOAD_PAUSE_S)


class _Nothing(msgspec.Struct, frozen=True):
    pass


_NOTHING: Final[Any] = _Nothing()


def _fail(future: asyncio.Future[Receipt], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _unavailable(cause: Exception) -> VivavoceError:
    return VivavoceError("unavailable", f"the store did not answer: {type(cause).__name__}", reason="store_unavailable")


def _retrieved(future: asyncio.Future[Receipt]) -> None:
    if not future.cancelled() and future.exception() is not None:
        _LOG.debug("index row not refreshed: %s", future.exception())
