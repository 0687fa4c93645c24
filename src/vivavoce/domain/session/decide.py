"""`decide(state, command, context)`: which facts a command makes, or why it is refused. Pure: never changes `state`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from vivavoce.domain.access import STAFF
from vivavoce.domain.errors import VivavoceError, conflict, forbidden, invalid, not_found, too_large
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import confirmation_rules, panel_people, panel_rules, room_rules
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.base import Context
from vivavoce.domain.session.room_rules import Decision
from vivavoce.domain.session.state import Recording, SessionState

__all__ = ["Context", "Decision", "decide"]


def decide(state: SessionState, command: c.AnyCommand, context: Context) -> Decision:
    """The events of `command`, in order; an empty list when there is nothing to do.

    Raises VivavoceError when the command does not fit the state, the limits or the rights.
    """
    if not state.exists and not isinstance(command, c.CreateSession):
        raise not_found("there is no such session", reason="session_not_found")
    return _DECIDERS[type(command)](state, command, context)


def _create(s: SessionState, cmd: c.CreateSession, ctx: Context) -> Decision:
    if s.exists:
        raise conflict("a session with this id exists", reason="session_exists")
    created = e.SessionCreated(
        session_id=cmd.session_id,
        kind=cmd.kind,
        title=cmd.title,
        config=cmd.config,
        visibility=cmd.visibility,
        created_by=ctx.actor,
        by_guest=cmd.by_guest,
        numbered=cmd.numbered,
    )
    member = e.MemberAdded(user_id=ctx.actor, role=cmd.creator_role, name=cmd.creator_name)
    return [created, member] if cmd.rubric is None else [created, member, p.RubricPinned(rubric=cmd.rubric)]


def _configure(s: SessionState, cmd: c.ConfigureSession, ctx: Context) -> Decision:
    title = cmd.title if cmd.title != s.title else None
    if s.status not in ("scheduled", "waiting") or (cmd.config == s.config and title is None):
        return []
    return [e.SessionConfigured(config=cmd.config, title=title)]


def _add_member(s: SessionState, cmd: c.AddMember, ctx: Context) -> Decision:
    known = s.members.get(cmd.user_id)
    if known is not None:
        if known.removed and not cmd.restore:
            raise forbidden("the membership of this person was taken away", reason="membership_removed")
        if not known.removed and known.role == cmd.role:
            return []
    added = e.MemberAdded(user_id=cmd.user_id, role=cmd.role, name=cmd.name, invitation_id=cmd.invitation_id)
    return [added, *panel_people.joined(s, cmd)] if s.kind == "panel" else [added]


def _remove_member(s: SessionState, cmd: c.RemoveMember, ctx: Context) -> Decision:
    known = s.members.get(cmd.user_id)
    if known is None or known.removed:
        return []
    if cmd.user_id == s.created_by:
        raise conflict("the creator of a session stays its member", reason="creator_stays")
    return [e.MemberRemoved(user_id=cmd.user_id)]


def _consent(s: SessionState, cmd: c.RecordConsent, ctx: Context) -> Decision:
    if not cmd.purposes:
        raise invalid("name at least one purpose", field="purposes")
    given = set(s.consents.get(cmd.user_id, ()))
    changed = set(cmd.purposes) - given if cmd.agreed else set(cmd.purposes) & given
    if not changed:
        return []
    return [e.ConsentRecorded(user_id=cmd.user_id, purposes=tuple(sorted(cmd.purposes)), agreed=cmd.agreed)]


def _connected(s: SessionState, cmd: c.NoteConnected, ctx: Context) -> Decision:
    if s.over or cmd.user_id in s.present:
        return []
    room_rules.must_have_room(s, ctx)
    present = len(s.present) + 1
    return [e.ParticipantConnected(user_id=cmd.user_id, role=cmd.role, present=present, shown_as=cmd.shown_as)]


def _disconnected(s: SessionState, cmd: c.NoteDisconnected, ctx: Context) -> Decision:
    role = s.present.get(cmd.user_id)
    if role is None:
        return []
    present = len(s.present) - 1
    return [e.ParticipantDisconnected(user_id=cmd.user_id, role=role, since=cmd.since, present=present)]


def _begin(s: SessionState, cmd: c.BeginInterview, ctx: Context) -> Decision:
    _must_be_a_dialogue(s)
    _must_be_open(s)
    if s.status != "scheduled":
        return []
    return [e.InterviewBegan(plan=cmd.plan, opened_by_interviewer=True)]


def _input(s: SessionState, cmd: c.SubmitInput, ctx: Context) -> Decision:
    _must_be_a_dialogue(s)
    if len(cmd.text) > ctx.policy.text_limit:
        raise too_large(f"a text has at most {ctx.policy.text_limit} characters", ctx.policy.text_limit, field="text")
    if not cmd.text.strip():
        raise invalid("the text is empty", field="text", reason="empty_text")
    _must_be_allowed_to_speak(s, cmd.user_id, ctx)
    if len(s.inputs) - s.first_pending >= ctx.policy.max_pending_inputs:
        raise VivavoceError("rate_limited", "too many inputs are waiting for a reply", reason="too_many_waiting")
    events: Decision = []
    if s.status == "scheduled":
        events.append(e.InterviewBegan(plan=cmd.plan))
    events.append(
        e.InputSubmitted(
            user_id=cmd.user_id,
            text=cmd.text,
            context=cmd.context,
            source=cmd.source,
            interrupts=cmd.interrupts,
            at_s=s.elapsed_s(ctx.now),
        )
    )
    return events


def _audio(s: SessionState, cmd: c.StoreAudio, ctx: Context) -> Decision:
    known = s.recordings.get(cmd.recording_id)
    closes = known is not None and cmd.complete and cmd.size == 0
    if not closes:
        _must_be_allowed_to_speak(s, cmd.user_id, ctx)
    if known is None:
        if cmd.offset:
            raise not_found("there is no such recording", reason="recording_not_found")
        if len(s.unheard) >= ctx.policy.max_pending_recordings:
            raise conflict("too many recordings are waiting to be heard", reason="too_many_waiting")
    elif known.user_id != cmd.user_id:
        raise forbidden("this recording is somebody else's", reason="recording_not_found")
    elif known.complete:
        raise conflict("this recording is complete", reason="recording_complete")
    elif cmd.offset != known.size:
        raise conflict("the recording goes on elsewhere", reason="recording_moved", received_bytes=known.size)
    if s.audio_bytes + cmd.size > ctx.policy.audio_bytes:
        limit = ctx.policy.audio_bytes
        raise VivavoceError(
            "too_large",
            f"an interview stores at most {limit} bytes of audio",
            reason="audio_full",
            info={"limit": limit},
        )
    first = known is None
    # What comes with the beginning of a stream was said before it came.
    began_s = max(0.0, s.elapsed_s(ctx.now) - (cmd.received_ms / 1000 if cmd.streamed else 0.0))
    return [
        *(panel_rules.begun(s) if s.kind == "panel" else ()),
        e.AudioStored(
            user_id=cmd.user_id,
            recording_id=cmd.recording_id,
            offset=cmd.offset,
            size=cmd.size,
            received_ms=cmd.received_ms,
            complete=cmd.complete,
            audio_format=cmd.audio_format if first else "",
            sample_rate=cmd.sample_rate if first else 0,
            streamed=cmd.streamed and first,
            in_one=cmd.in_one and first,
            language=cmd.language if first else "",
            context=cmd.context if first else "",
            interrupts=cmd.interrupts and first,
            at_s=round(began_s, 3) if first else 0.0,
        ),
    ]


def _speech(s: SessionState, cmd: c.RecordSpeech, ctx: Context) -> Decision:
    recording = s.recordings.get(cmd.recording_id)
    if recording is None or recording.heard:
        return []
    events: Decision = []
    if not s.over:
        events += _heard(s, recording, cmd, ctx)
    if cmd.finished:
        events.append(e.RecordingHeard(recording_id=recording.recording_id, duration_s=cmd.duration_s))
    return events


def _heard(s: SessionState, recording: Recording, cmd: c.RecordSpeech, ctx: Context) -> Decision:
    parts = [part for part in cmd.parts if part.spoken.end_s > recording.heard_s and part.text.strip()]
    missed = [gap for gap in cmd.missed if gap.end_s > recording.heard_s or gap.end_s == 0]
    if parts and not _may_be_recorded(s, recording.user_id, ctx):
        parts, missed = [], [c.Missed("consent_required", parts[0].spoken.start_s, parts[-1].spoken.end_s)]
    if s.kind == "room":
        return [*room_rules.captions(s, recording, parts, ctx), *_misses(recording, missed)]
    if s.kind == "panel":
        return [*panel_rules.utterances(s, recording, parts, ctx), *_misses(recording, missed)]
    events: Decision = []
    if parts and s.status == "scheduled":
        events.append(e.InterviewBegan(plan=cmd.plan))
    now_s = s.elapsed_s(ctx.now)
    # Of what was sent whole only its arrival is known: it was said before that.
    began_s = recording.at_s if recording.streamed else max(0.0, recording.at_s - cmd.duration_s)
    for index, part in enumerate(parts):
        events.append(
            e.InputSubmitted(
                user_id=recording.user_id,
                text=part.text,
                context=recording.context,
                source="voice",
                interrupts=recording.interrupts or index > 0,
                at_s=round(min(now_s, began_s + part.spoken.start_s), 3),
                end_s=round(min(now_s, began_s + part.spoken.end_s), 3),
                spoken=part.spoken,
            )
        )
    return [*events, *_misses(recording, missed)]


def _misses(recording: Recording, missed: Sequence[c.Missed]) -> Decision:
    return [
        e.SpeechMissed(
            user_id=recording.user_id,
            recording_id=recording.recording_id,
            reason=gap.reason,
            details=gap.details,
            language=gap.language,
            start_s=gap.start_s,
            end_s=gap.end_s,
        )
        for gap in missed
    ]


def _file_recording(s: SessionState, cmd: c.FileRecording, ctx: Context) -> Decision:
    recording = s.recordings.get(cmd.recording_id)
    if recording is None or recording.filed:
        return []
    return [e.RecordingFiled(recording_id=cmd.recording_id, audio_format=cmd.audio_format, size=cmd.size)]


def _reply(s: SessionState, cmd: c.RecordReply, ctx: Context) -> Decision:
    if not s.reply_due or cmd.input_seqs != tuple(entry.seq for entry in s.pending()):
        raise conflict("this reply is no longer the one that is due", reason="reply_superseded")
    if cmd.fence < s.fence:
        raise conflict("somebody else has taken over the replies", reason="reply_superseded")
    events: Decision = []
    if cmd.switched_from:
        events.append(
            e.EngineSwitched(
                input_seq=max(cmd.input_seqs, default=0),
                from_engine=cmd.switched_from,
                to_engine=cmd.engine,
                reason=cmd.switch_reason,
            )
        )
    events.append(
        e.ReplyProduced(
            fence=cmd.fence,
            input_seqs=cmd.input_seqs,
            text=cmd.text,
            move=cmd.move,
            engine=cmd.engine,
            engine_version=cmd.engine_version,
            model=cmd.model,
            processing_s=cmd.processing_s,
            answer_quality=cmd.answer_quality,
            at_s=s.elapsed_s(ctx.now),
        )
    )
    return events


def _patience(s: SessionState, cmd: c.RequestPatience, ctx: Context) -> Decision:
    _must_be_open(s)
    if not 0 < cmd.seconds <= ctx.policy.max_patience_s:
        raise invalid(f"seconds is more than 0 and at most {ctx.policy.max_patience_s:g}", field="seconds")
    until = ctx.now + int(cmd.seconds * 1000)
    return [e.PatienceRequested(user_id=cmd.user_id, seconds=cmd.seconds, until=until)]


def _end(s: SessionState, cmd: c.EndSession, ctx: Context) -> Decision:
    if s.over:
        return []
    speaks = s.kind == "dialogue" and s.speaks(cmd.by, cmd.role)
    if cmd.role not in STAFF and not speaks:
        raise forbidden("this role cannot end the interview")
    return [_ending(s, "candidate" if speaks else "interviewer", cmd.by, ctx)]


def _ending(s: SessionState, reason: e.EndReason, by: str, ctx: Context) -> e.SessionEnded:
    at_s, confirm_by = s.elapsed_s(ctx.now), confirmation_rules.confirm_by(s, ctx)
    return e.SessionEnded(reason=reason, by=by, at_s=at_s, confirm_by=confirm_by)


def _withdraw(s: SessionState, cmd: c.Withdraw, ctx: Context) -> Decision:
    if s.over:
        if s.end_reason == "withdrawn":
            return []
        raise conflict("the interview is over", reason="session_over")
    if s.kind == "panel":
        return panel_people.withdrawal(s, cmd.by)
    return [e.SessionEnded(reason="withdrawn", by=cmd.by, at_s=s.elapsed_s(ctx.now))]


_TIMER_ENDS: Final[dict[c.TimerKind, e.EndReason]] = {"idle": "abandoned", "time_up": "time", "closing": "completed"}


def _timer(s: SessionState, cmd: c.FireTimer, ctx: Context) -> Decision:
    for kind, due, seq in s.deadlines(ctx.policy):
        if kind == cmd.kind and seq == cmd.seq and due <= ctx.now:
            if kind == "confirmation":
                return [cf.ConfirmationLapsed()]
            return [_ending(s, _TIMER_ENDS[kind], ctx.actor, ctx)]
    return []


def _report(s: SessionState, cmd: c.RecordReport, ctx: Context) -> Decision:
    if s.report == "ready" or (s.report == "failed" and cmd.failed):
        return []
    return [e.ReportStored(failed=cmd.failed)]


def _must_be_a_dialogue(s: SessionState) -> None:
    if s.kind != "dialogue":
        raise conflict("nobody replies here: this interview is led by people", reason="not_a_dialogue")


def _must_be_allowed_to_speak(s: SessionState, user_id: str, ctx: Context) -> None:
    if s.kind == "room":
        room_rules.must_take_voice(s, user_id, ctx)
        return
    if s.kind == "panel":
        panel_rules.must_take_voice(s, user_id, ctx)
        return
    member = s.members.get(user_id)
    if member is None or member.removed or not s.speaks(user_id, member.role):
        raise forbidden("only the candidate answers in this interview", reason="only_candidate_speaks")
    _must_be_open(s)
    if ctx.policy.require_consent and member.role == "candidate":
        _must_have_consent(s, user_id)


def _may_be_recorded(s: SessionState, user_id: str, ctx: Context) -> bool:
    """Whether words that were recorded with consent may still be used."""
    if s.kind == "panel":
        allowed = not ctx.policy.require_consent or panel_rules.may_record(s, user_id)
        return allowed and not panel_people.has_withdrawn(s, user_id)
    member = s.members.get(user_id)
    asked = ctx.policy.require_consent and member is not None and member.role == "candidate"
    return not asked or "interview" in s.consents.get(user_id, ())


def _must_be_open(s: SessionState) -> None:
    if s.over:
        raise conflict("the interview is over", reason="session_over")


def _must_have_consent(s: SessionState, user_id: str) -> None:
    if "interview" not in s.consents.get(user_id, ()):
        raise conflict("the candidate has not consented to the interview yet", reason="consent_required")


_DECIDERS: Final[dict[type, Callable[[SessionState, Any, Context], Decision]]] = {
    c.CreateSession: _create,
    c.ConfigureSession: _configure,
    c.AddMember: _add_member,
    c.RemoveMember: _remove_member,
    c.RecordConsent: _consent,
    c.NoteConnected: _connected,
    c.NoteDisconnected: _disconnected,
    c.BeginInterview: _begin,
    c.SubmitInput: _input,
    c.StoreAudio: _audio,
    c.RecordSpeech: _speech,
    c.FileRecording: _file_recording,
    c.RecordReply: _reply,
    c.RequestPatience: _patience,
    c.EndSession: _end,
    c.Withdraw: _withdraw,
    c.FireTimer: _timer,
    c.RecordReport: _report,
    **room_rules.DECIDERS,
    **confirmation_rules.DECIDERS,
    **panel_rules.DECIDERS,
}
