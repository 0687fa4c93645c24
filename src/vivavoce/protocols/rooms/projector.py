"""What an event of a room is told by, and how a room looks: for each kind of viewer. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from vivavoce.domain.access import STAFF, Role
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState
from vivavoce.protocols.rooms import messages as m

#: Viewers who see the same: those who lead, those who answer, those who watch.
Audience = Literal["staff", "candidate", "observer"]
AUDIENCES: Final[tuple[Audience, ...]] = ("staff", "candidate", "observer")
#: A sentence of the catalogue in a language: `say("ko", "rooms.ended")`.
Say = Callable[[str, str], str]
Message = tuple[str, msgspec.Struct | dict[str, Any]]

#: The name under which the AI interviewer of a dialogue speaks in a room.
AI_INTERVIEWER: Final = "ai_interviewer"
_SHOWN_CAPTIONS: Final = 200


def audience_of(role: Role) -> Audience:
    if role in STAFF:
        return "staff"
    return "candidate" if role == "candidate" else "observer"


def project(recorded: e.Recorded, state: SessionState, audience: Audience, say: Say) -> Message | None:
    """The name and the payload of the one message that this event gives this audience, or None.

    `state` is that of the session at or after the event; only names and ids are looked up in it.
    """
    make = _MESSAGES.get(type(recorded.data))
    return None if make is None else make(recorded, recorded.data, state, audience, say)


def _told(recorded: e.Recorded) -> dict[str, Any]:
    told: dict[str, Any] = {"seq": recorded.seq, "event_id": recorded.event_id, "client_id": recorded.client_id}
    if recorded.data.redacted:
        told["redacted"] = True
    return told


def _s(epoch_ms: int) -> float:
    return epoch_ms / 1000


# --- events --------------------------------------------------------------------------------------------------------


def _joined(rec: e.Recorded, d: e.ParticipantConnected, s: SessionState, *_: Any) -> Message:
    member = s.members.get(d.user_id)
    return "participant_joined", m.ParticipantJoined(
        user_id=s.room.shown(d.user_id),
        interview_id=s.shown_id,
        participants_count=d.present,
        name=member.name if member is not None else "",
        role=d.role,
        **_told(rec),
    )


def _left(rec: e.Recorded, d: e.ParticipantDisconnected, s: SessionState, *_: Any) -> Message:
    return "participant_left", m.ParticipantLeft(
        user_id=s.room.shown(d.user_id), interview_id=s.shown_id, participants_count=d.present, **_told(rec)
    )


_TURNED: Final[dict[type, str]] = {
    r.RoomStarted: "interview_started",
    r.RoomPaused: "interview_paused",
    r.RoomResumed: "interview_resumed",
}


def _turned(rec: e.Recorded, d: r.RoomStarted | r.RoomPaused | r.RoomResumed, s: SessionState, *_: Any) -> Message:
    return _TURNED[type(d)], m.InterviewTurned(
        interview_id=s.shown_id, by=s.room.shown(d.by), timestamp=_s(rec.at), **_told(rec)
    )


def _question(rec: e.Recorded, d: r.QuestionStarted, s: SessionState, *_: Any) -> Message:
    return "question_started", m.QuestionStarted(
        interview_id=s.shown_id,
        question_id=d.question_id,
        question_text=d.question_text,
        start_time=_s(rec.at),
        time_limit_s=d.time_limit_s,
        number=d.number,
        at_s=d.at_s,
        **_told(rec),
    )


def _answer(rec: e.Recorded, d: r.AnswerSubmitted, s: SessionState, audience: Audience, *_: Any) -> Message:
    return "answer_submitted", m.AnswerSubmitted(
        interview_id=s.shown_id,
        question_id=d.question_id,
        user_id=s.room.shown(d.user_id),
        response_time=d.response_time_s,
        timestamp=_s(rec.at),
        version=d.version,
        answer_text=d.answer_text if audience == "staff" else msgspec.UNSET,
        client_response_time=d.claimed_response_time if audience == "staff" else msgspec.UNSET,
        **_told(rec),
    )


def _ended(rec: e.Recorded, d: e.SessionEnded, s: SessionState, _: Audience, say: Say) -> Message:
    return "interview_ended", m.InterviewEnded(
        interview_id=s.shown_id,
        ended_by=s.room.shown(d.by),
        timestamp=_s(rec.at),
        message=say(s.config.language, f"rooms.ended_{d.reason}"),
        reason=d.reason,
        **_told(rec),
    )


def _stopped(rec: e.Recorded, d: r.RoomStopped, s: SessionState, *_: Any) -> Message:
    return "interview_emergency_stopped", m.InterviewEmergencyStopped(
        interview_id=s.shown_id,
        stopped_by=s.room.shown(d.by),
        reason=d.reason,
        timestamp=_s(rec.at),
        **_told(rec),
    )


def _new_message(rec: e.Recorded, s: SessionState, user_id: r.Id, text: str, kind: str) -> Message:
    return "new_message", m.NewMessage(
        interview_id=s.shown_id,
        user_id=user_id,
        message=text,
        type=kind,
        timestamp=_s(rec.at),
        message_id=rec.event_id,
        **_told(rec),
    )


def _sent(rec: e.Recorded, d: r.MessageSent, s: SessionState, *_: Any) -> Message:
    return _new_message(rec, s, s.room.shown(d.user_id), d.text, d.kind)


def _input(rec: e.Recorded, d: e.InputSubmitted, s: SessionState, *_: Any) -> Message:
    """What a candidate says to the AI interviewer."""
    if d.spoken is not None:
        return _transcribed(rec, s, d.user_id, d.text, d.spoken.confidence, None)
    return _new_message(rec, s, s.room.shown(d.user_id), d.text, "input")


def _reply(rec: e.Recorded, d: e.ReplyProduced, s: SessionState, *_: Any) -> Message:
    return _new_message(rec, s, AI_INTERVIEWER, d.text, "reply")


def _recording(rec: e.Recorded, d: r.RecordingSwitched, s: SessionState, *_: Any) -> Message:
    return "recording_status", m.RecordingStatus(
        interview_id=s.shown_id,
        user_id=s.room.shown(d.user_id),
        is_recording=d.is_recording,
        timestamp=_s(rec.at),
        **_told(rec),
    )


def _caption(rec: e.Recorded, d: r.SpeechCaptioned, s: SessionState, *_: Any) -> Message:
    return _transcribed(rec, s, d.user_id, d.text, d.spoken.confidence, d.question_id)


def _transcribed(
    rec: e.Recorded, s: SessionState, user_id: str, text: str, confidence: float | None, question_id: r.Id | None
) -> Message:
    return "live_transcription", m.LiveTranscription(
        interview_id=s.shown_id,
        user_id=s.room.shown(user_id),
        text=text,
        is_final=True,
        timestamp=_s(rec.at),
        question_id=question_id,
        confidence=confidence,
        seq=rec.seq,
        event_id=rec.event_id,
        redacted=True if rec.data.redacted else msgspec.UNSET,
    )


def _help(rec: e.Recorded, d: r.HelpRequested, s: SessionState, *_: Any) -> Message:
    return "help_requested", m.HelpRequested(
        interview_id=s.shown_id,
        user_id=s.room.shown(d.user_id),
        help_type=d.help_type,
        question_id=d.question_id,
        timestamp=_s(rec.at),
        help_id=rec.event_id,
        message=d.note,
        **_told(rec),
    )


def _helped(rec: e.Recorded, d: r.HelpResolved, s: SessionState, *_: Any) -> Message:
    return "help_resolved", m.HelpResolved(
        interview_id=s.shown_id,
        user_id=s.room.shown(d.user_id),
        help_type=d.help_type,
        resolved_by=s.room.shown(d.by),
        timestamp=_s(rec.at),
        help_id=d.help_id,
        message=d.note,
        **_told(rec),
    )


def _announced(rec: e.Recorded, d: r.AnnouncementMade, s: SessionState, *_: Any) -> Message:
    return "system_message", m.SystemMessageTold(
        message=d.message, level=d.level, timestamp=_s(rec.at), interview_id=s.shown_id, **_told(rec)
    )


def _custom(rec: e.Recorded, d: r.CustomEventEmitted, s: SessionState, audience: Audience, *_: Any) -> Message | None:
    """An event of a plug-in or an integrator: what it says, and where it stands."""
    if d.to_staff and audience != "staff":
        return None
    return d.name, {"interview_id": s.shown_id, **d.data, **_told(rec)}


_MESSAGES: Final[dict[type, Callable[..., Message | None]]] = {
    e.ParticipantConnected: _joined,
    e.ParticipantDisconnected: _left,
    r.RoomStarted: _turned,
    r.RoomPaused: _turned,
    r.RoomResumed: _turned,
    r.QuestionStarted: _question,
    r.AnswerSubmitted: _answer,
    e.SessionEnded: _ended,
    r.RoomStopped: _stopped,
    r.MessageSent: _sent,
    e.InputSubmitted: _input,
    e.ReplyProduced: _reply,
    r.RecordingSwitched: _recording,
    r.SpeechCaptioned: _caption,
    r.HelpRequested: _help,
    r.HelpResolved: _helped,
    r.AnnouncementMade: _announced,
    r.CustomEventEmitted: _custom,
}

#: Events that change what `participants_updated` and `interview_progress` say.
CHANGES_PARTICIPANTS: Final = (e.ParticipantConnected, e.ParticipantDisconnected, e.MemberAdded, e.MemberRemoved)
CHANGES_PROGRESS: Final = (
    r.RoomConfigured,
    r.RoomStarted,
    r.RoomPaused,
    r.RoomResumed,
    r.QuestionStarted,
    r.AnswerSubmitted,
    r.RoomStopped,
    e.InterviewBegan,
    e.SessionEnded,
)


# --- the room as it is ----------------------------------------------------------------------------------------------


def current_question(state: SessionState) -> m.CurrentQuestion | None:
    current = state.room.current
    return None if current is None else _asked(current)


def _asked(asked: r.AskedQuestion) -> m.CurrentQuestion:
    return m.CurrentQuestion(
        question_id=asked.question_id,
        question_text=asked.text,
        start_time=_s(asked.at),
        time_limit_s=asked.time_limit_s,
        at_s=asked.at_s,
    )


def status(state: SessionState, interview_id: r.Id, now: int) -> m.InterviewStatusResponse:
    return m.InterviewStatusResponse(
        interview_id=interview_id,
        status=state.status,
        participants_count=len(state.present),
        current_question=current_question(state),
        uptime=round(state.elapsed_s(now), 3),
    )


def participants(state: SessionState, is_online: Callable[[str], bool]) -> m.ParticipantsUpdated:
    people = tuple(
        m.Participant(
            user_id=state.room.shown(user_id),
            name=state.members[user_id].name if user_id in state.members else "",
            role=role,
            status="online" if is_online(user_id) else "away",
        )
        for user_id, role in state.present.items()
    )
    return m.ParticipantsUpdated(interview_id=state.shown_id, participants=people, participants_count=len(people))


def progress(state: SessionState, now: int) -> m.InterviewProgress:
    return m.InterviewProgress(
        interview_id=state.shown_id,
        current_question=current_question(state),
        answered=state.room.answered,
        total=state.room.total,
        elapsed=round(state.elapsed_s(now), 3),
        status=state.status,
    )


def snapshot(
    state: SessionState, viewer_id: str, audience: Audience, is_online: Callable[[str], bool], now: int
) -> dict[str, Any]:
    """The room as a viewer may see it: those who lead see all answers, a candidate the own ones."""
    room = state.room
    leads = audience == "staff"
    return {
        "interview_id": state.shown_id,
        "kind": state.kind,
        "title": state.title,
        "status": state.status,
        "elapsed": round(state.elapsed_s(now), 3),
        "participants": msgspec.to_builtins(participants(state, is_online).participants),
        "current_question": msgspec.to_builtins(current_question(state)),
        "questions": [msgspec.to_builtins(_asked(asked)) for asked in room.asked],
        "answered": room.answered,
        "total": room.total,
        "answers": [
            {
                "seq": answer.seq,
                "question_id": answer.question_id,
                "user_id": room.shown(answer.user_id),
                "response_time": answer.response_time_s,
                "timestamp": _s(answer.at),
                "version": answer.version,
                **({"answer_text": answer.text} if leads or answer.user_id == viewer_id else {}),
            }
            for answer in room.answers
        ],
        "messages": [
            {
                "seq": message.seq,
                "message_id": message.event_id,
                "user_id": room.shown(message.user_id),
                "message": message.text,
                "type": message.kind,
                "timestamp": _s(message.at),
                "client_id": message.client_id,
            }
            for message in room.messages
        ],
        "captions": [
            {
                "seq": caption.seq,
                "user_id": room.shown(caption.user_id),
                "text": caption.text,
                "question_id": caption.question_id,
                "timestamp": _s(caption.at),
            }
            for caption in room.captions[-_SHOWN_CAPTIONS:]
        ],
        "help": [
            {
                "help_id": request.help_id,
                "seq": request.seq,
                "user_id": room.shown(request.user_id),
                "help_type": request.help_type,
                "question_id": request.question_id,
                "message": request.note,
                "timestamp": _s(request.at),
            }
            for request in room.help.values()
        ],
        "recording": [room.shown(user_id) for user_id in room.recording],
        "ended_by": room.shown(state.ended_by) if state.ended_by else "",
        "reason": room.stop_reason if state.status == "stopped" else (state.end_reason or ""),
        "ended_at": _s(state.ended_at) if state.ended_at else None,
    }
