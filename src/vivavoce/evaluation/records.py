"""Reading and writing the private stream of a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import uuid_utils

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import private_stream
from vivavoce.domain.session.private import AnyPrivateEvent, PrivateState, decode, fold
from vivavoce.ports import Append, Clock, EventLog, NewEvent, SequenceConflictError, stored_events

_ATTEMPTS: Final = 5
_EVENTS: Final = 10_000


class PrivateRecords:
    def __init__(self, log: EventLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    async def state(self, session_id: str) -> PrivateState:
        stored = stored_events(await self._log.read(private_stream(session_id), 0, _EVENTS))
        return fold((entry.seq, decode(entry.payload)) for entry in stored)

    async def change(
        self, session_id: str, actor: str, decide: Callable[[PrivateState], Sequence[AnyPrivateEvent]]
    ) -> PrivateState:
        """Decide on the newest state and append; when somebody else was quicker, decide again."""
        for _ in range(_ATTEMPTS):
            state = await self.state(session_id)
            events = decide(state)
            if not events:
                return state
            now = self._clock.now_ms()
            new = tuple(
                NewEvent(str(uuid_utils.uuid7()), type(event).__name__, now, msgspec.json.encode(event))
                for event in events
            )
            try:
                await self._log.append(
                    Append(stream=private_stream(session_id), expected=state.head, actor=actor, events=new)
                )
            except SequenceConflictError:
                continue
            return await self.state(session_id)
        raise VivavoceError("unavailable", "too many people write at once", reason="store_unavailable")
