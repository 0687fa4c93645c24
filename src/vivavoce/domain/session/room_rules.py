"""The rules of rooms: which facts a command makes (`DECIDERS`), and what a fact changes (`HANDLERS`). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError, conflict, forbidden, invalid, not_found, too_large
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.domain.session.base import Context
from vivavoce.domain.session.state import Recording, SessionState

Decision = list[e.AnySessionEvent]

_KIND_LIMIT: Final = 32
_ID_LIMIT: Final = 200
_REASON_LIMIT: Final = 1_000
_OPEN_HELP_LIMIT: Final = 20


# --- rights and states ---------------------------------------------------------------------------------------------


def may(s: SessionState, role: Role, right: r.Right) -> bool:
    """Whether a role has a right. A guest who tries a room alone may also do what its candidate would do."""
    if role in r.RIGHTS[right]:
        return True
    return right in ("answer", "speak") and role == "interviewer" and s.by_guest and not s.has_candidate()


def require(s: SessionState, role: Role, right: r.Right) -> None:
    """Raise forbidden unless the role has the right."""
    if not may(s, role, right):
        raise forbidden(f"the role {role} has no right to do this here", reason="role_forbids")


def must_take_voice(s: SessionState, user_id: str, ctx: Context) -> None:
    """Raise VivavoceError unless this person may speak into the room now."""
    member = s.members.get(user_id)
    if member is None or member.removed:
        raise forbidden("only members of this room speak in it", reason="role_forbids")
    require(s, member.role, "speak")
    _must_go_on(s)
    must_have_consent(s, user_id, member.role, ctx)


def must_have_consent(s: SessionState, user_id: str, role: Role, ctx: Context) -> None:
    """Raise conflict where consent is asked of candidates and this one has not given it."""
    if ctx.policy.require_consent and role == "candidate" and "interview" not in s.consents.get(user_id, ()):
        raise conflict("the candidate has not consented to the interview yet", reason="consent_required")


def must_have_room(s: SessionState, ctx: Context) -> None:
    """Raise conflict when no more people fit in."""
    limit = ctx.policy.room_participants
    if s.kind == "room" and len(s.present) >= limit:
        raise conflict(f"a room has at most {limit} participants", reason="room_full", limit=limit)


def _must_be_a_room(s: SessionState) -> None:
    if s.kind != "room":
        raise conflict("this interview is not led by people in a room", reason="not_a_room")


def _must_be_open(s: SessionState) -> None:
    if s.over:
        raise conflict("the interview is over", reason="session_over")


def _must_go_on(s: SessionState) -> None:
    """Neither over nor paused."""
    _must_be_open(s)
    if s.status == "paused":
        raise conflict("the interview is paused", reason="room_paused")


def _must_be_live(s: SessionState) -> None:
    _must_go_on(s)
    if s.status != "live":
        raise conflict("the interview has not started yet", reason="room_not_started")


def _check_text(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        raise too_large(f"{field} has at most {limit} characters", limit, field=field)
    if not text.strip():
        raise invalid(f"{field} is empty", field=field, reason="empty_text")


def _check_id(value: r.Id, field: str) -> None:
    if not 0 < len(r.key_of(value)) <= _ID_LIMIT:
        raise invalid(f"{field} is 1 to {_ID_LIMIT} characters", field=field)


# --- commands ------------------------------------------------------------------------------------------------------


def _configure(s: SessionState, cmd: r.ConfigureRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_a_room(s)
    if s.status not in ("scheduled", "waiting"):
        raise conflict("the interview has begun already", reason="room_started")
    if (cmd.questions, cmd.scheduled_for) == (s.room.questions, s.room.scheduled_for):
        return []
    return [r.RoomConfigured(questions=cmd.questions, scheduled_for=cmd.scheduled_for)]


def _start(s: SessionState, cmd: r.StartRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_a_room(s)
    _must_be_open(s)
    if s.status not in ("scheduled", "waiting"):
        raise conflict("the interview has begun already", reason="room_started")
    return [r.RoomStarted(by=cmd.by)]


def _pause(s: SessionState, cmd: r.PauseRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_a_room(s)
    _must_be_live(s)
    return [r.RoomPaused(by=cmd.by, at_s=s.elapsed_s(ctx.now))]


def _resume(s: SessionState, cmd: r.ResumeRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_open(s)
    if s.status != "paused":
        raise conflict("the interview is not paused", reason="room_not_paused")
    return [r.RoomResumed(by=cmd.by, at_s=s.elapsed_s(ctx.now))]


def _start_question(s: SessionState, cmd: r.StartQuestion, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_a_room(s)
    _check_id(cmd.question_id, "question_id")
    planned = s.room.questions.question(r.key_of(cmd.question_id)) if s.room.questions is not None else None
    text = cmd.question_text or (planned.text if planned is not None else "")
    _check_text(text, "question_text", ctx.policy.text_limit)
    _must_go_on(s)
    events: Decision = [] if s.status == "live" else [r.RoomStarted(by=cmd.by)]
    events.append(
        r.QuestionStarted(
            by=cmd.by,
            question_id=cmd.question_id,
            question_text=text,
            time_limit_s=planned.time_limit_s if planned is not None else None,
            competency=planned.competency if planned is not None else "",
            number=len(s.room.asked) + 1,
            at_s=s.elapsed_s(ctx.now),
        )
    )
    return events


def _answer(s: SessionState, cmd: r.SubmitAnswer, ctx: Context) -> Decision:
    require(s, cmd.role, "answer")
    _must_be_a_room(s)
    _check_text(cmd.answer_text, "answer_text", ctx.policy.text_limit)
    _must_be_live(s)
    must_have_consent(s, cmd.by, cmd.role, ctx)
    asked = s.room.asked_question(cmd.question_id)
    if asked is None:
        raise conflict("this question has not been asked", reason="question_not_asked")
    at_s = s.elapsed_s(ctx.now)
    return [
        r.AnswerSubmitted(
            user_id=cmd.by,
            question_id=cmd.question_id,
            answer_text=cmd.answer_text,
            response_time_s=round(max(0.0, at_s - asked.at_s), 3),
            claimed_response_time=cmd.claimed_response_time,
            version=s.room.versions.get((cmd.by, r.key_of(cmd.question_id)), 0) + 1,
            at_s=at_s,
        )
    ]


def _end(s: SessionState, cmd: r.EndRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    _must_be_open(s)
    return [e.SessionEnded(reason="interviewer", by=cmd.by, at_s=s.elapsed_s(ctx.now))]


def _stop(s: SessionState, cmd: r.StopRoom, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    if len(cmd.reason) > _REASON_LIMIT:
        raise too_large(f"reason has at most {_REASON_LIMIT} characters", _REASON_LIMIT, field="reason")
    _must_be_open(s)
    return [r.RoomStopped(by=cmd.by, reason=cmd.reason, at_s=s.elapsed_s(ctx.now))]


def _message(s: SessionState, cmd: r.SendMessage, ctx: Context) -> Decision:
    require(s, cmd.role, "chat")
    _check_text(cmd.text, "message", ctx.policy.text_limit)
    _check_kind(cmd.kind, "type")
    _must_be_open(s)
    return [r.MessageSent(user_id=cmd.by, text=cmd.text, kind=cmd.kind)]


def _record(s: SessionState, cmd: r.SwitchRecording, ctx: Context) -> Decision:
    require(s, cmd.role, "answer")
    _must_be_a_room(s)
    if cmd.is_recording:
        _must_go_on(s)
        must_have_consent(s, cmd.by, cmd.role, ctx)
    else:
        _must_be_open(s)
    if cmd.is_recording == (cmd.by in s.room.recording):
        return []
    return [r.RecordingSwitched(user_id=cmd.by, is_recording=cmd.is_recording)]


def _ask_for_help(s: SessionState, cmd: r.RequestHelp, ctx: Context) -> Decision:
    require(s, cmd.role, "answer")
    _check_kind(cmd.help_type, "help_type")
    if cmd.question_id is not None:
        _check_id(cmd.question_id, "question_id")
    if len(cmd.note) > _REASON_LIMIT:
        raise too_large(f"message has at most {_REASON_LIMIT} characters", _REASON_LIMIT, field="message")
    _must_be_open(s)
    if sum(request.user_id == cmd.by for request in s.room.help.values()) >= _OPEN_HELP_LIMIT:
        raise VivavoceError("rate_limited", "too many requests for help are open", reason="too_many_waiting")
    return [r.HelpRequested(user_id=cmd.by, help_type=cmd.help_type, question_id=cmd.question_id, note=cmd.note)]


def _resolve_help(s: SessionState, cmd: r.ResolveHelp, ctx: Context) -> Decision:
    require(s, cmd.role, "lead")
    if len(cmd.note) > _REASON_LIMIT:
        raise too_large(f"message has at most {_REASON_LIMIT} characters", _REASON_LIMIT, field="message")
    _must_be_open(s)
    if cmd.help_id is None and len(s.room.help) > 1:
        raise invalid("several requests are open; say which one by its help_id", field="help_id")
    help_id = cmd.help_id or next(iter(s.room.help), "")
    request = s.room.help.get(help_id)
    if request is None:
        raise not_found("no such request for help is open", reason="help_not_found")
    return [
        r.HelpResolved(help_id=help_id, user_id=request.user_id, help_type=request.help_type, by=cmd.by, note=cmd.note)
    ]


def _announce(s: SessionState, cmd: r.Announce, ctx: Context) -> Decision:
    require(s, cmd.role, "announce")
    _check_text(cmd.message, "message", ctx.policy.text_limit)
    return [r.AnnouncementMade(by=cmd.by, message=cmd.message, level=cmd.level)]


def _emit(s: SessionState, cmd: r.EmitCustom, ctx: Context) -> Decision:
    _must_be_open(s)
    return [r.CustomEventEmitted(by=cmd.by, name=cmd.name, data=cmd.data, to_staff=cmd.to_staff)]


def _check_kind(kind: str, field: str) -> None:
    if not 0 < len(kind) <= _KIND_LIMIT or not kind.isprintable():
        raise invalid(f"{field} is 1 to {_KIND_LIMIT} printable characters", field=field)


def captions(s: SessionState, recording: Recording, parts: list[c.SpokenPart], ctx: Context) -> Decision:
    """What was heard next in somebody's recording."""
    now_s = s.elapsed_s(ctx.now)
    current = s.room.current
    return [
        r.SpeechCaptioned(
            user_id=recording.user_id,
            text=part.text,
            spoken=part.spoken,
            question_id=current.question_id if current is not None else None,
            at_s=round(min(now_s, recording.at_s + part.spoken.start_s), 3),
            end_s=round(min(now_s, recording.at_s + part.spoken.end_s), 3),
        )
        for part in parts
    ]


DECIDERS: Final[dict[type, Callable[[SessionState, Any, Context], Decision]]] = {
    r.ConfigureRoom: _configure,
    r.StartRoom: _start,
    r.PauseRoom: _pause,
    r.ResumeRoom: _resume,
    r.StartQuestion: _start_question,
    r.SubmitAnswer: _answer,
    r.EndRoom: _end,
    r.StopRoom: _stop,
    r.SendMessage: _message,
    r.SwitchRecording: _record,
    r.RequestHelp: _ask_for_help,
    r.ResolveHelp: _resolve_help,
    r.Announce: _announce,
    r.EmitCustom: _emit,
}


# --- events --------------------------------------------------------------------------------------------------------


def note_connected(s: SessionState, d: e.ParticipantConnected) -> None:
    """Somebody came in: a room that was scheduled waits for its beginning."""
    if s.kind == "room" and s.status == "scheduled":
        s.status = "waiting"
    if d.shown_as is not None and d.user_id not in s.room.shown_as:
        s.room.shown_as[d.user_id] = d.shown_as


def end(s: SessionState) -> None:
    """What is open in a room ends with it."""
    s.room.recording.clear()
    s.room.help.clear()


def _configured(s: SessionState, entry: e.Recorded, d: r.RoomConfigured) -> None:
    s.room.questions = d.questions
    s.room.scheduled_for = d.scheduled_for


def _started(s: SessionState, entry: e.Recorded, d: r.RoomStarted) -> None:
    s.status = "live"
    s.began_at = s.last_activity = s.clock_running_since = entry.at
    s.began_seq = entry.seq


def _paused(s: SessionState, entry: e.Recorded, d: r.RoomPaused) -> None:
    s.status = "paused"
    s.last_activity = entry.at
    s.stop_clock(entry.at)


def _resumed(s: SessionState, entry: e.Recorded, d: r.RoomResumed) -> None:
    s.status = "live"
    s.last_activity = s.clock_running_since = entry.at


def _question_started(s: SessionState, entry: e.Recorded, d: r.QuestionStarted) -> None:
    s.room.asked.append(
        r.AskedQuestion(
            d.question_id, d.question_text, d.time_limit_s, d.competency, entry.at, d.at_s, entry.seq, entry.event_id
        )
    )
    s.last_activity = entry.at


def _answered(s: SessionState, entry: e.Recorded, d: r.AnswerSubmitted) -> None:
    s.room.answers.append(
        r.Answer(
            entry.seq,
            entry.event_id,
            d.user_id,
            d.question_id,
            d.answer_text,
            d.response_time_s,
            d.version,
            entry.at,
            d.at_s,
        )
    )
    s.room.versions[d.user_id, r.key_of(d.question_id)] = d.version
    s.last_activity = entry.at


def _stopped(s: SessionState, entry: e.Recorded, d: r.RoomStopped) -> None:
    s.status = "stopped"
    s.ended_at = entry.at
    s.ended_by = d.by
    s.room.stop_reason = d.reason
    s.stop_clock(entry.at)
    end(s)


def _sent(s: SessionState, entry: e.Recorded, d: r.MessageSent) -> None:
    messages = s.room.messages
    messages.append(r.ChatMessage(entry.seq, entry.event_id, d.user_id, d.text, d.kind, entry.at, entry.client_id))
    if len(messages) > r.MESSAGES_KEPT:
        del messages[0]
    s.last_activity = entry.at


def _switched(s: SessionState, entry: e.Recorded, d: r.RecordingSwitched) -> None:
    if d.user_id in s.room.recording:
        s.room.recording.remove(d.user_id)
    if d.is_recording:
        s.room.recording.append(d.user_id)
    s.last_activity = entry.at


def _help_requested(s: SessionState, entry: e.Recorded, d: r.HelpRequested) -> None:
    s.room.help[entry.event_id] = r.HelpRequest(
        entry.event_id, d.user_id, d.help_type, d.question_id, d.note, entry.seq, entry.at
    )
    s.last_activity = entry.at


def _help_resolved(s: SessionState, entry: e.Recorded, d: r.HelpResolved) -> None:
    s.room.help.pop(d.help_id, None)
    s.last_activity = entry.at


def _captioned(s: SessionState, entry: e.Recorded, d: r.SpeechCaptioned) -> None:
    recording = s.recordings.get(d.spoken.recording_id)
    if recording is not None:
        recording.spoken = True
        recording.heard_s = max(recording.heard_s, d.spoken.end_s)
    s.room.captions.append(
        r.Caption(entry.seq, entry.event_id, d.user_id, d.text, d.question_id, entry.at, d.at_s, d.end_s, d.spoken)
    )
    s.last_activity = entry.at


def _told(s: SessionState, entry: e.Recorded, d: r.AnnouncementMade | r.CustomEventEmitted) -> None:
    s.last_activity = entry.at


HANDLERS: Final[dict[type, Callable[[SessionState, e.Recorded, Any], None]]] = {
    r.RoomConfigured: _configured,
    r.RoomStarted: _started,
    r.RoomPaused: _paused,
    r.RoomResumed: _resumed,
    r.QuestionStarted: _question_started,
    r.AnswerSubmitted: _answered,
    r.RoomStopped: _stopped,
    r.MessageSent: _sent,
    r.RecordingSwitched: _switched,
    r.HelpRequested: _help_requested,
    r.HelpResolved: _help_resolved,
    r.AnnouncementMade: _told,
    r.CustomEventEmitted: _told,
    r.SpeechCaptioned: _captioned,
}
