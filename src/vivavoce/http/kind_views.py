"""What HTTP says of rooms and panels besides what it says of every session."""

from __future__ import annotations

from typing import Any

from vivavoce.domain.question_sets import PinnedQuestions
from vivavoce.domain.session.state import SessionState
from vivavoce.protocols.times import iso_or_none


def room_view(state: SessionState) -> dict[str, Any]:
    """When it is to begin, the set its questions came from, how many of them were answered. Nothing of other kinds."""
    if state.kind != "room":
        return {}
    room = state.room
    return {
        "scheduled_at": iso_or_none(room.scheduled_for),
        "question_set": pinned_view(room.questions),
        "questions_answered": room.answered,
        "questions_total": room.total,
    }


def panel_view(state: SessionState) -> dict[str, Any]:
    """What the candidates of a panel are judged by. Nothing of other kinds."""
    rubric = state.rubric
    if state.kind != "panel" or rubric is None:
        return {}
    return {"rubric": {"rubric_id": rubric.rubric_id, "version": rubric.version, "title": rubric.title}}


def pinned_view(pinned: PinnedQuestions | None) -> dict[str, Any] | None:
    """Which set, without its questions: they are for those who lead the interview."""
    if pinned is None:
        return None
    return {
        "question_set_id": pinned.question_set_id,
        "version": pinned.version,
        "title": pinned.title,
        "question_count": len(pinned.questions),
    }
