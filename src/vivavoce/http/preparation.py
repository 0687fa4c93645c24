"""What the creation of a session asks for besides the session itself."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vivavoce.domain.errors import invalid
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session import commands as c
from vivavoce.http.shapes.interviews import InterviewBody

OF_ROOMS: Final = frozenset({"question_set_id", "question_set_version", "scheduled_at"})
_OF_PANELS: Final = frozenset({"rubric_id", "rubric_version", "candidates"})


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with a session right after its creation, what its configuration takes from elsewhere, and what its
    candidates are judged by where it was chosen."""

    commands: tuple[c.AnyCommand, ...] = ()
    config: dict[str, Any] = {}
    rubric: RubricVersion | None = None


def check_kind(body: InterviewBody) -> None:
    """Raise invalid_payload where something is asked for that sessions of this kind do not have."""
    if body.kind != "room" and body.model_fields_set & OF_ROOMS:
        raise invalid("only rooms have prepared questions and a time", field="kind", reason="not_a_room")
    if body.kind != "panel" and body.model_fields_set & _OF_PANELS:
        raise invalid("only panels have a rubric and several candidates", field="kind", reason="not_a_panel")


def members_of(body: InterviewBody) -> tuple[c.AddMember, ...]:
    """The people who belong to the session from its beginning; candidates of a panel with an id are among them."""
    named = {
        one.user_id: c.AddMember(user_id=one.user_id, role="candidate", name=one.name)
        for one in body.candidates
        if one.user_id is not None
    }
    listed = [c.AddMember(user_id=one.user_id, role=one.role, name=one.name) for one in body.participants]
    twice = next((one.user_id for one in listed if one.user_id in named and one.role != "candidate"), None)
    if twice is not None:
        raise invalid("somebody is a candidate and something else", field="candidates", user_id=twice)
    return (*(one for one in listed if one.user_id not in named), *named.values())
