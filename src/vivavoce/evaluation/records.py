"""Reading, writing and following the private stream of a session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import private_stream
from vivavoce.domain.session.private import AnyPrivateEvent, PrivateRecorded, PrivateState, decode, evolve
from vivavoce.ports import (
    Append,
    Clock,
    EventLog,
    NewEvent,
    SequenceConflictError,
    StoredEvent,
    StoreUnavailableError,
    stored_events,
)

_ATTEMPTS: Final = 5
_PAGE: Final = 1_000
_REMEMBERED: Final = 64
Follower = Callable[[Sequence[PrivateRecorded], PrivateState], None]


class PrivateRecords:
    """The newest state of the sessions asked for last is kept, so that a change reads only what is new."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._known: OrderedDict[str, PrivateState] = OrderedDict()
        self._followers: dict[str, set[Follower]] = {}

    async def state(self, session_id: str) -> PrivateState:
        """The newest state; not to be written to. Raises VivavoceError unavailable."""
        state = self._known.get(session_id)
        if state is None:
            state = self._known[session_id] = PrivateState()
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(session_id)
        while True:
            after = state.head
            page = await self.events(session_id, after)
            # Somebody else may have read the same page meanwhile.
            news = [recorded for recorded in page if recorded.seq > state.head]
            for recorded in news:
                evolve(state, recorded)
            if news:
                for follower in tuple(self._followers.get(session_id, ())):
                    follower(news, state)
            if len(page) < _PAGE:
                return state

    async def events(self, session_id: str, after: int) -> list[PrivateRecorded]:
        """A page of the stream after this seq, in order."""
        try:
            stored = stored_events(await self._log.read(private_stream(session_id), after, _PAGE))
        except StoreUnavailableError as error:
            raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error
        return [_recorded(entry) for entry in stored]

    async def change(
        self,
        session_id: str,
        actor: str,
        decide: Callable[[PrivateState], Sequence[AnyPrivateEvent]],
        *,
        client_id: str | None = None,
    ) -> list[PrivateRecorded]:
        """Decide on the newest state and append; when somebody else was quicker, decide again. The events, once they
        are on disk; of a command that was sent before, the first one's. Raises VivavoceError."""
        stream = private_stream(session_id)
        for _ in range(_ATTEMPTS):
            state = await self.state(session_id)
            known = await self._log.find(stream, actor, client_id) if client_id is not None else None
            if known is not None:
                first = await self.events(session_id, known.first - 1)
                return [recorded for recorded in first if recorded.seq <= known.last]
            events = decide(state)
            if not events:
                return []
            now = self._clock.now_ms()
            new = tuple(
                NewEvent(str(uuid_utils.uuid7()), type(event).__name__, now, msgspec.json.encode(event))
                for event in events
            )
            request = Append(stream=stream, expected=state.head, actor=actor, events=new, client_id=client_id)
            try:
                place = await self._log.append(request)
            except SequenceConflictError:
                continue
            except StoreUnavailableError as error:
                raise VivavoceError("unavailable", str(error), reason="store_unavailable") from error
            await self.state(session_id)
            last = len(events) - 1
            return [
                PrivateRecorded(
                    place.first + index, one.event_id, now, actor, client_id if index == last else None, event
                )
                for index, (one, event) in enumerate(zip(new, events, strict=True))
            ]
        raise VivavoceError("unavailable", "too many people write at once", reason="store_unavailable")

    def follow(self, session_id: str, follower: Follower) -> Callable[[], None]:
        """Be told of events as they come, in order; ends by calling what is returned. Read `state` just before: what
        comes after its head is told, and perhaps again what came earlier."""
        self._followers.setdefault(session_id, set()).add(follower)

        def leave() -> None:
            followers = self._followers.get(session_id)
            if followers is not None:
                followers.discard(follower)
                if not followers:
                    del self._followers[session_id]

        return leave

    def forget(self, session_id: str) -> None:
        """Keep nothing of a session in memory: its words were erased."""
        self._known.pop(session_id, None)


def _recorded(entry: StoredEvent) -> PrivateRecorded:
    return PrivateRecorded(entry.seq, entry.event_id, entry.at, entry.actor, entry.client_id, decode(entry.payload))
