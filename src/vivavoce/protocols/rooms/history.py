"""What of a room's events a viewer may read again in its history. Pure."""

from __future__ import annotations

import msgspec

from vivavoce.domain.access import Viewer
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r


def narrowed(recorded: e.Recorded, viewer: Viewer) -> e.Recorded | None:
    """The event as this viewer may see it, None where it is not for them: who does not lead the interview sees neither
    the prepared questions, nor what is judged, nor what others wrote to the interviewers."""
    if viewer.is_staff:
        return recorded
    data = recorded.data
    if isinstance(data, r.RoomConfigured) or (isinstance(data, r.CustomEventEmitted) and data.to_staff):
        return None
    if isinstance(data, e.SessionCreated):
        config = msgspec.structs.replace(data.config, competencies=())
        return msgspec.structs.replace(recorded, data=msgspec.structs.replace(data, config=config))
    if isinstance(data, r.QuestionStarted):
        return msgspec.structs.replace(recorded, data=msgspec.structs.replace(data, competency=""))
    if isinstance(data, r.AnswerSubmitted) and data.user_id != viewer.user_id:
        told = msgspec.structs.replace(data, answer_text="", claimed_response_time=None)
        return msgspec.structs.replace(recorded, data=told)
    return recorded
