"""What integrators and HTTP ask of rooms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from vivavoce.domain.errors import not_found
from vivavoce.domain.ids import SYSTEM, check_client_id, check_session_id
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState
from vivavoce.ports import Clock
from vivavoce.protocols.rooms import messages as m
from vivavoce.protocols.rooms.projector import status
from vivavoce.rooms.analysis import AnswerAnalyst
from vivavoce.rooms.plugins import checked_data, checked_name
from vivavoce.session.hub import Sessions


class Rooms:
    """Who may ask is decided before: by an HTTP route, or by running in the server's process."""

    def __init__(self, sessions: Sessions, analyst: AnswerAnalyst, clock: Clock, taken: Collection[str]) -> None:
        """`taken` are the names of the rooms' own events."""
        self._sessions = sessions
        self._analyst = analyst
        self._clock = clock
        self._taken = taken

    async def emit(
        self,
        interview_id: r.Id,
        event: str,
        data: Mapping[str, Any],
        *,
        by: str = SYSTEM,
        to_staff: bool = False,
        client_id: str | None = None,
    ) -> m.Acknowledged:
        """Store an event of one's own; the room gets it under its name. Raises VivavoceError."""
        command = r.EmitCustom(
            by=by, name=checked_name(event, self._taken), data=checked_data(dict(data)), to_staff=to_staff
        )
        session = await self._sessions.open(check_session_id(r.key_of(interview_id)))
        receipt = await session.submit(command, by, check_client_id(client_id))
        event_id = receipt.events[-1].event_id if receipt.events else None
        return m.Acknowledged(seq=receipt.last_seq, event_id=event_id, client_id=client_id)

    async def analyze(
        self,
        answer_text: str | None,
        question_id: r.Id | None,
        user_id: r.Id | None,
        *,
        interview_id: r.Id | None = None,
    ) -> m.AnswerAnalysis:
        """How an answer stands to its question; without a text, the newest answer in that interview. Raises
        VivavoceError."""
        if interview_id is not None:
            state = await self._sessions.state(check_session_id(r.key_of(interview_id)))
        else:
            found = self._room_with(question_id, user_id)
            if found is None:
                if answer_text is None:
                    raise not_found("there is no answer to this question yet", reason="answer_not_found")
                return await self._analyst.analyse(answer_text, question_id, user_id)
            state = found
        return await self._analyst.of_room(state, answer_text, question_id, user_id)

    async def status(self, interview_id: r.Id) -> m.InterviewStatusResponse:
        """Raises not_found."""
        state = await self._sessions.state(check_session_id(r.key_of(interview_id)))
        return status(state, interview_id, self._clock.now_ms())

    def _room_with(self, question_id: r.Id | None, user_id: r.Id | None) -> SessionState | None:
        """The one running room in which this question was asked and this person is; None for none, or several."""
        if question_id is None or user_id is None:
            return None
        key = r.key_of(user_id)
        found = [
            state
            for state in self._sessions.running()
            if state.room.asked_question(question_id) is not None
            and (key in state.members or key in map(r.key_of, state.room.shown_as.values()))
        ]
        return found[0] if len(found) == 1 else None
