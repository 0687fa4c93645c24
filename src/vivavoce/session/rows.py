"""What a session's events change beside the log: its line in the index, memberships, work for the outbox. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from vivavoce.domain.recordings import is_uncompressed
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.ports import MembershipRow, OutboxItem, SessionRow

_ASKS_FOR_REPORT: Final = (e.SessionEnded, cf.TranscriptConfirmed, cf.ConfirmationLapsed)


def session_row(state: SessionState, policy: Policy) -> SessionRow:
    return SessionRow(
        session_id=state.session_id,
        kind=state.kind,
        title=state.title,
        status=state.status,
        created_by=state.created_by,
        by_guest=state.by_guest,
        created_at=state.created_at,
        role=state.config.role,
        language=state.config.language,
        candidate_name=state.config.candidate_name,
        interview_style=state.config.interview_style,
        competencies=",".join(state.config.competencies),
        duration_minutes=state.config.duration_minutes,
        visibility=state.visibility,
        began_at=state.began_at,
        ended_at=state.ended_at,
        end_reason=state.end_reason or "",
        answered=state.answered,
        clock_ms=state.clock_ms,
        clock_running_since=state.clock_running_since or 0,
        connected=state.candidate_here,
        reply_due=state.work_due,
        next_due=state.next_due(policy),
        report=state.report,
    )


def changed_row(before: SessionRow | None, after: SessionRow) -> SessionRow | None:
    """The row to write, or None. A deadline that only moved to later is left: the sweep finds it early and mends it,
    which is cheaper than a write for each input."""
    if before is None:
        return after
    if 0 < before.next_due <= after.next_due:
        after = msgspec.structs.replace(after, next_due=before.next_due)
    return None if after == before else after


def membership_rows(session_id: str, events: Sequence[e.AnySessionEvent]) -> tuple[MembershipRow, ...]:
    rows: list[MembershipRow] = []
    for event in events:
        if isinstance(event, e.MemberAdded):
            rows.append(MembershipRow(session_id, event.user_id, event.role, active=True))
        elif isinstance(event, e.MemberRemoved):
            rows.append(MembershipRow(session_id, event.user_id, "", active=False))
    return tuple(rows)


def outbox_items(state: SessionState, events: Sequence[e.AnySessionEvent]) -> tuple[OutboxItem, ...]:
    """A session that ended asks for its report, once what was spoken is confirmed; a recording of plain samples to be
    filed. Each once. `state` is after the events."""
    items: list[OutboxItem] = []
    for event in events:
        if isinstance(event, _ASKS_FOR_REPORT) and state.report == "pending" and not state.unconfirmed:
            items.append(OutboxItem(f"report:{state.session_id}", "report", state.session_id))
        elif isinstance(event, e.RecordingHeard):
            recording = state.recordings.get(event.recording_id)
            if recording is not None and recording.size and is_uncompressed(recording.audio_format):
                subject = f"{state.session_id}/{event.recording_id}"
                items.append(OutboxItem(f"recording:{subject}", "recording", subject))
    return tuple(items)
