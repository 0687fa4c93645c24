"""`evolve(state, event)`: what a fact changes. Total (never fails on a recorded event) and in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from vivavoce.domain.interview import Turn
from vivavoce.domain.recordings import joint_confidence, spans_of
from vivavoce.domain.session import confirmation_rules, panel_people, panel_rules, room_rules
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Input, Member, Recording, SessionState


def evolve(state: SessionState, recorded: e.Recorded) -> None:
    """Apply one event to `state`."""
    _HANDLERS[type(recorded.data)](state, recorded, recorded.data)
    state.head = recorded.seq


def fold(recorded: Iterable[e.Recorded], state: SessionState | None = None) -> SessionState:
    """The state after these events, from an empty one or from `state`. The quick way for many."""
    result = state if state is not None else SessionState()
    entry = None
    for entry in recorded:
        data = entry.data
        _HANDLERS[type(data)](result, entry, data)
    if entry is not None:
        result.head = entry.seq
    return result


def _created(s: SessionState, r: e.Recorded, d: e.SessionCreated) -> None:
    s.session_id = d.session_id
    s.kind = d.kind
    s.title = d.title
    s.config = d.config
    s.visibility = d.visibility
    s.created_by = d.created_by
    s.by_guest = d.by_guest
    s.numbered = d.numbered
    s.created_at = s.last_activity = r.at


def _configured(s: SessionState, r: e.Recorded, d: e.SessionConfigured) -> None:
    s.config = d.config
    if d.title is not None:
        s.title = d.title


def _member_added(s: SessionState, r: e.Recorded, d: e.MemberAdded) -> None:
    s.members[d.user_id] = Member(d.user_id, d.role, d.name, d.invitation_id)


def _member_removed(s: SessionState, r: e.Recorded, d: e.MemberRemoved) -> None:
    member = s.members.get(d.user_id)
    if member is not None:
        member.removed = True
    s.present.pop(d.user_id, None)
    _stop_clock_when_alone(s, r.at)


def _consent(s: SessionState, r: e.Recorded, d: e.ConsentRecorded) -> None:
    given = set(s.consents.get(d.user_id, ()))
    given = given | set(d.purposes) if d.agreed else given - set(d.purposes)
    s.consents[d.user_id] = tuple(sorted(given))


def _connected(s: SessionState, r: e.Recorded, d: e.ParticipantConnected) -> None:
    s.present[d.user_id] = d.role
    room_rules.note_connected(s, d)
    if s.speaks(d.user_id, d.role):
        s.last_activity = r.at
        _start_clock(s, r.at)


def _disconnected(s: SessionState, r: e.Recorded, d: e.ParticipantDisconnected) -> None:
    s.present.pop(d.user_id, None)
    _stop_clock_when_alone(s, d.since or r.at)


def _began(s: SessionState, r: e.Recorded, d: e.InterviewBegan) -> None:
    s.status = "live"
    s.plan = d.plan
    s.began_at = s.last_activity = r.at
    s.began_seq = r.seq
    s.opening_due = d.opened_by_interviewer
    _start_clock(s, r.at)


def _input(s: SessionState, r: e.Recorded, d: e.InputSubmitted) -> None:
    client_id = r.client_id
    recording = s.recordings.get(d.spoken.recording_id) if d.spoken is not None else None
    if d.spoken is not None and recording is not None:
        client_id = recording.client_id
        recording.spoken = True
        recording.heard_s = max(recording.heard_s, d.spoken.end_s)
    s.inputs.append(
        Input(
            r.seq,
            r.event_id,
            d.user_id,
            client_id,
            d.text,
            r.at,
            d.at_s,
            d.source,
            d.interrupts,
            d.context,
            0,
            d.end_s,
            d.spoken,
        )
    )
    s.last_activity = r.at
    s.patience_until = s.closing_since = 0
    if s.clock_running_since is None:
        _start_clock(s, r.at)


def _audio(s: SessionState, r: e.Recorded, d: e.AudioStored) -> None:
    recording = s.recordings.get(d.recording_id)
    if recording is None:
        recording = s.recordings[d.recording_id] = Recording(
            recording_id=d.recording_id,
            user_id=d.user_id,
            client_id=r.client_id,
            audio_format=d.audio_format,
            sample_rate=d.sample_rate,
            streamed=d.streamed,
            in_one=d.in_one,
            language=d.language,
            context=d.context,
            interrupts=d.interrupts,
            seq=r.seq,
            at=r.at,
            at_s=d.at_s,
        )
        s.unheard.append(d.recording_id)
    recording.size = d.offset + d.size
    recording.received_ms = max(recording.received_ms, d.received_ms)
    recording.complete = recording.complete or d.complete
    s.audio_bytes += d.size


def _missed(s: SessionState, r: e.Recorded, d: e.SpeechMissed) -> None:
    recording = s.recordings.get(d.recording_id)
    if recording is not None:
        recording.missed = d.reason
        recording.heard_s = max(recording.heard_s, d.end_s)


def _recording_heard(s: SessionState, r: e.Recorded, d: e.RecordingHeard) -> None:
    recording = s.recordings.get(d.recording_id)
    if recording is not None:
        recording.heard = recording.complete = True
        recording.duration_s = d.duration_s
    if d.recording_id in s.unheard:
        s.unheard.remove(d.recording_id)


def _filed(s: SessionState, r: e.Recorded, d: e.RecordingFiled) -> None:
    recording = s.recordings.get(d.recording_id)
    if recording is not None:
        s.audio_bytes += d.size - recording.size
        recording.filed = True
        recording.audio_format, recording.size = d.audio_format, d.size


def _reply(s: SessionState, r: e.Recorded, d: e.ReplyProduced) -> None:
    seq, at = r.seq, r.at
    s.fence = d.fence
    # The inputs it answers are the oldest unanswered ones: `decide` lets no other reply through.
    first = s.first_pending
    last = first + len(d.input_seqs)
    if last - first == 1 and s.inputs[first].spoken is None:
        entry = s.inputs[first]
        entry.answered_by = seq
        turn = Turn(entry.seq, entry.text, entry.at_s, seq, d.text, d.at_s, d.move, entry.end_s)
    else:
        answered = s.inputs[first:last]
        for entry in answered:
            entry.answered_by = seq
        turn = _turn(answered, r, d)
        if not answered:
            s.opening_due = False
    s.first_pending = last
    s.turns.append(turn)
    s.reply_event_ids.append(r.event_id)
    s.replied_at.append(at)
    s.answer_qualities.append(d.answer_quality)
    stamp = (d.engine, d.engine_version, d.model)
    if stamp not in s.engines:
        s.engines.append(stamp)
    s.last_activity = at
    if d.move.closes:
        s.closing_since = at
        s.closing_seq = seq


def _turn(answered: list[Input], r: e.Recorded, d: e.ReplyProduced) -> Turn:
    """The exchange of an opening, of several inputs at once, or of spoken ones."""
    aloud = [(entry.text, entry.spoken) for entry in answered] if any(entry.spoken for entry in answered) else []
    return Turn(
        input_seq=answered[-1].seq if answered else 0,
        input_text="\n".join([entry.text for entry in answered]),
        input_at_s=answered[0].at_s if answered else d.at_s,
        reply_seq=r.seq,
        reply_text=d.text,
        reply_at_s=d.at_s,
        move=d.move,
        input_end_s=max((entry.end_s for entry in answered), default=0.0),
        input_confidence=joint_confidence(aloud),
        input_audio=spans_of(aloud),
    )


def _switched(s: SessionState, r: e.Recorded, d: e.EngineSwitched) -> None:
    s.engine_notes.append(f"{d.from_engine} → {d.to_engine}: {d.reason}")


def _patience(s: SessionState, r: e.Recorded, d: e.PatienceRequested) -> None:
    s.patience_until = d.until
    s.last_activity = r.at


def _ended(s: SessionState, r: e.Recorded, d: e.SessionEnded) -> None:
    s.status = "ended"
    s.ended_at = r.at
    s.end_reason = d.reason
    s.ended_by = d.by
    s.ended_seq = r.seq
    s.confirm_by = d.confirm_by
    s.unconfirmed = confirmation_rules.candidates_heard(s) if d.confirm_by else []
    s.opening_due = False
    s.patience_until = 0
    room_rules.end(s)
    judged = bool(s.began_at) and d.reason != "withdrawn"
    s.report = "pending" if judged else "none"
    s.stop_clock(r.at)


def _report(s: SessionState, r: e.Recorded, d: e.ReportStored) -> None:
    s.report = "failed" if d.failed else "ready"


def _start_clock(s: SessionState, at: int) -> None:
    if s.status == "live" and s.clock_running_since is None:
        s.clock_running_since = at


def _stop_clock_when_alone(s: SessionState, at: int) -> None:
    if s.kind == "dialogue" and not s.candidate_here:
        s.stop_clock(at)


_HANDLERS: Final[dict[type, Callable[[SessionState, e.Recorded, Any], None]]] = {
    e.SessionCreated: _created,
    e.SessionConfigured: _configured,
    e.MemberAdded: _member_added,
    e.MemberRemoved: _member_removed,
    e.ConsentRecorded: _consent,
    e.ParticipantConnected: _connected,
    e.ParticipantDisconnected: _disconnected,
    e.InterviewBegan: _began,
    e.InputSubmitted: _input,
    e.AudioStored: _audio,
    e.SpeechMissed: _missed,
    e.RecordingHeard: _recording_heard,
    e.RecordingFiled: _filed,
    e.ReplyProduced: _reply,
    e.EngineSwitched: _switched,
    e.PatienceRequested: _patience,
    e.SessionEnded: _ended,
    e.ReportStored: _report,
    **room_rules.HANDLERS,
    **confirmation_rules.HANDLERS,
    **panel_rules.HANDLERS,
    **panel_people.HANDLERS,
}
