"""What a viewer of a dialogue gets for an event, and the session as a viewer may see it. Pure.

What a candidate may not see is taken out here and nowhere else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vivavoce.domain.access import STAFF, Viewer
from vivavoce.domain.recordings import Spoken, joint_confidence
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Input, Policy, SessionState
from vivavoce.ports import SessionRow
from vivavoce.protocols.dialogue.confirmation import flag_view
from vivavoce.protocols.dialogue.messages import (
    AiResponse,
    Progress,
    ServerMessage,
    SessionEndedMessage,
    Transcription,
    TranscriptionInfo,
)
from vivavoce.protocols.times import iso, iso_or_none
from vivavoce.session.rows import session_row

#: Deadlines are no part of a view.
_ANY_POLICY: Final = Policy()


def report_url(session_id: str) -> str:
    return f"/api/v1/sessions/{session_id}/report"


def turn_id(session_id: str, turn: int) -> str:
    """The id of the `turn`-th reply, from 1."""
    return f"{session_id}:{turn}"


def project(recorded: e.Recorded, state: SessionState) -> ServerMessage | None:
    """The one message of this event, or None when it is not for the dialogue's viewers.

    `state` is the session at or after the event: an input is looked up in it by its seq, never changed.
    """
    data = recorded.data
    if isinstance(data, e.ReplyProduced):
        return _ai_response(recorded, data, state)
    if isinstance(data, e.InputSubmitted):
        return _transcription(recorded, data, state) if data.source == "voice" else None
    if isinstance(data, e.SessionEnded):
        return SessionEndedMessage(
            report_url=report_url(state.session_id), reason=data.reason, seq=recorded.seq, event_id=recorded.event_id
        )
    return None


def _transcription(recorded: e.Recorded, data: e.InputSubmitted, state: SessionState) -> Transcription:
    spoken = data.spoken or Spoken()
    recording = state.recordings.get(spoken.recording_id)
    return Transcription(
        transcription=data.text,
        confidence=spoken.confidence,
        processing_time=spoken.processing_s,
        language=spoken.language,
        duration=round(spoken.duration_s, 3),
        recording_id=spoken.recording_id,
        start_s=spoken.start_s,
        end_s=spoken.end_s,
        user_id=data.user_id,
        client_id=recording.client_id if recording is not None else None,
        seq=recorded.seq,
        event_id=recorded.event_id,
        redacted=data.redacted,
    )


def _heard(inputs: Sequence[Input]) -> TranscriptionInfo:
    """How the inputs of a turn were heard; nothing, where they were typed."""
    spoken = [entry.spoken for entry in inputs if entry.spoken is not None]
    if not spoken:
        return TranscriptionInfo()
    return TranscriptionInfo(
        confidence=joint_confidence([(entry.text, entry.spoken) for entry in inputs]),
        duration=round(sum(each.duration_s for each in spoken), 3),
        language=spoken[-1].language,
    )


def _ai_response(recorded: e.Recorded, data: e.ReplyProduced, state: SessionState) -> AiResponse:
    number = bisect_left(state.turns, recorded.seq, key=lambda turn: turn.reply_seq) + 1
    places = (bisect_left(state.inputs, seq, key=lambda entry: entry.seq) for seq in data.input_seqs)
    inputs = [state.inputs[place] for place in places]
    return AiResponse(
        user_input="\n".join(entry.text for entry in inputs),
        ai_response=data.text,
        response_type=data.move.response_type,
        strategy_used=data.move.strategy,
        focus_area=data.move.focus_area,
        confidence=data.move.confidence,
        processing_time=data.processing_s,
        transcription_info=_heard(inputs),
        seq=recorded.seq,
        event_id=recorded.event_id,
        input_seq=max(data.input_seqs, default=0),
        client_id=inputs[-1].client_id if inputs else None,
        turn_id=turn_id(state.session_id, number),
        at_s=round(data.at_s, 3),
        redacted=data.redacted,
    )


def changes_progress(recorded: e.Recorded) -> bool:
    """Whether an event changes what `progress` says."""
    return isinstance(
        recorded.data,
        e.ParticipantConnected
        | e.ParticipantDisconnected
        | e.InterviewBegan
        | e.InputSubmitted
        | e.ReplyProduced
        | e.PatienceRequested
        | e.ConsentRecorded
        | e.SessionEnded
        | e.ReportStored,
    )


def progress(state: SessionState, now: int) -> Progress:
    last = state.turns[-1].move if state.turns else None
    return Progress(
        status=state.status,
        answered=state.answered,
        focus_area=last.focus_area if last else "",
        elapsed_s=round(state.elapsed_s(now), 1),
        remaining_s=round(state.remaining_s(now), 1),
        patience_until=iso_or_none(state.patience_until if state.patience_until > now else 0),
        connected=state.candidate_here,
        report=state.report,
        last_seq=state.head,
    )


def messages(state: SessionState, viewer: Viewer) -> list[dict[str, Any]]:
    """The conversation, oldest first. Why something was asked is for staff; where visibility is sealed it comes with
    the unsealed report, for it says what the interviewer thought of an answer."""
    replies = {turn.reply_seq: number for number, turn in enumerate(state.turns, 1)}
    said: list[tuple[int, dict[str, Any]]] = [
        (
            entry.seq,
            {
                "role": "candidate",
                "text": entry.text,
                "at": iso(entry.at),
                "at_s": round(entry.at_s, 3),
                "seq": entry.seq,
                "utterance_id": entry.event_id,
                "client_id": entry.client_id,
                "answered": bool(entry.answered_by),
                "source": entry.source,
                **_voice(entry),
            },
        )
        for entry in state.inputs
    ]
    for turn, event_id, at in zip(state.turns, state.reply_event_ids, state.replied_at, strict=True):
        item: dict[str, Any] = {
            "role": "interviewer",
            "text": turn.reply_text,
            "at": iso(at),
            "at_s": round(turn.reply_at_s, 3),
            "seq": turn.reply_seq,
            "utterance_id": event_id,
            "turn_id": turn_id(state.session_id, replies[turn.reply_seq]),
            "strategy": turn.move.strategy,
            "focus_area": turn.move.focus_area,
            "response_type": turn.move.response_type,
        }
        if viewer.is_staff and state.visibility == "live":
            item["reason"] = turn.move.reason
        said.append((turn.reply_seq, item))
    return [item for _, item in sorted(said, key=lambda pair: pair[0])]


def _voice(entry: Input) -> dict[str, Any]:
    """How an input was heard and where it can be heard again; nothing of a typed one."""
    spoken = entry.spoken
    if spoken is None:
        return {}
    return {
        "confidence": spoken.confidence,
        "flag": flag_view(entry.flag),
        "audio": {"recording_id": spoken.recording_id, "start_s": spoken.start_s, "end_s": spoken.end_s},
    }


def listed_view(row: SessionRow, *, my_role: str, last_seq: int, epoch: str, now: int) -> dict[str, Any]:
    """A session as lists show it: what its line in the index knows. What only the session itself knows is empty."""
    running = max(0, now - row.clock_running_since) if row.clock_running_since else 0
    elapsed_ms = row.clock_ms + running
    staff = my_role in STAFF
    return {
        "session_id": row.session_id,
        "kind": row.kind,
        "title": row.title,
        "status": row.status,
        "language": row.language,
        "role": row.role,
        "interview_style": row.interview_style,
        "competencies": row.competencies.split(",") if staff and row.competencies else [],
        "duration_minutes": row.duration_minutes,
        "job_description": "",
        "resume": "",
        "candidate_name": row.candidate_name,
        "evaluation_visibility": row.visibility,
        "created_by": row.created_by if staff else "",
        "created_at": iso(row.created_at),
        "started_at": iso_or_none(row.began_at),
        "ended_at": iso_or_none(row.ended_at),
        "end_reason": row.end_reason or None,
        "elapsed_s": round(elapsed_ms / 1000, 1),
        "remaining_s": round(max(0, row.duration_minutes * 60_000 - elapsed_ms) / 1000, 1),
        "answered": row.answered,
        "last_seq": last_seq,
        "epoch": epoch,
        "report": row.report,
        "report_url": report_url(row.session_id),
        "my_role": my_role,
        "consent": None,
        "connected": row.connected,
    }


def session_view(state: SessionState, viewer: Viewer, epoch: str, now: int) -> dict[str, Any]:
    """A session as HTTP and snapshots show it; the context of the plan (CV, job description) is for staff."""
    row = session_row(state, _ANY_POLICY)
    view = listed_view(row, my_role=viewer.role, last_seq=state.head, epoch=epoch, now=now)
    if viewer.is_staff:
        view |= {"job_description": state.config.job_description, "resume": state.config.resume}
    if viewer.user_id in state.consents:
        view["consent"] = dict.fromkeys(state.consents[viewer.user_id], True)
    return view


def history_item(recorded: e.Recorded, viewer: Viewer) -> dict[str, Any] | None:
    """An event as `history` shows it, or None when this viewer may not see it."""
    data = recorded.data
    if not viewer.is_staff:
        if isinstance(data, e.EngineSwitched | e.ReportStored | e.MemberRemoved | e.MemberAdded | e.SessionConfigured):
            return None
        if isinstance(data, e.SessionCreated | e.InterviewBegan):
            data = e.redact(data) if isinstance(data, e.SessionCreated) else e.InterviewBegan()
    built = _builtins(data)
    kind = built.pop("type")
    if isinstance(data, e.ReplyProduced):
        built.pop("answer_quality", None)  # a judgement: it is in the report, sealed where that is so
        if viewer.is_staff:
            built["move"].pop("reason", None)  # as the answer's quality
        else:
            built["move"] = {"strategy": data.move.strategy, "focus_area": data.move.focus_area}
    return {
        "event_id": recorded.event_id,
        "seq": recorded.seq,
        "type": kind,
        "actor": recorded.actor if viewer.is_staff or recorded.actor == viewer.user_id else "",
        "at": iso(recorded.at),
        "client_id": recorded.client_id if recorded.actor == viewer.user_id else None,
        "data": built,
    }


def _builtins(data: e.AnySessionEvent) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(data)
    return built
