"""Waiting for the interviewer's reply to an input, for clients without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vivavoce.domain.session import events as e
from vivavoce.session.running import RunningSession


class _Waiter:
    """Follows a session until something says that no reply is owed to an input any more."""

    def __init__(self, session: RunningSession, input_seq: int) -> None:
        self._session = session
        self._input_seq = input_seq
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def events(self, events: Sequence[e.Recorded]) -> None:
        if not self.done.done() and any(self._settles(event.data) for event in events):
            self.done.set_result(None)

    def ephemeral(self, message: object) -> None:
        """Parts of a reply are for sockets."""

    def _settles(self, data: e.AnySessionEvent) -> bool:
        if isinstance(data, e.ReplyProduced):
            return self._input_seq in data.input_seqs
        return isinstance(data, e.SessionEnded)


async def reply_to(session: RunningSession, input_seq: int, timeout_s: float) -> int | None:
    """The seq of the reply to an input, waiting for it up to `timeout_s`; None when there is none yet, or the session
    ended without one."""
    waiter = _Waiter(session, input_seq)
    session.followers.add(waiter)
    try:
        answered_by = await _answered_by(session, input_seq)
        if answered_by is None and not session.state.over:
            await asyncio.wait({waiter.done}, timeout=timeout_s)
            answered_by = await _answered_by(session, input_seq)
        return answered_by
    finally:
        session.followers.discard(waiter)


async def _answered_by(session: RunningSession, input_seq: int) -> int | None:
    state = await session.settled()
    found = next((entry for entry in reversed(state.inputs) if entry.seq == input_seq), None)
    return found.answered_by or None if found is not None else None
