"""What a viewer of a panel gets for an event, and the session as a viewer may see it. Pure.

What somebody may not see is taken out here and nowhere else: candidates and observers never see notes and scores,
and where scores are sealed an interviewer sees those of a candidate after handing in an own scorecard.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import msgspec

from vivavoce.domain.access import Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE
from vivavoce.domain.session.private import (
    Adjudicated,
    CandidateEvaluated,
    EvaluationRevealed,
    NoteTaken,
    PrivateRecorded,
    PrivateState,
    ScorecardSubmitted,
)
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel import session_time
from vivavoce.evaluation.panel_transcript import in_order, statistics
from vivavoce.protocols.dialogue.confirmation import flag_view
from vivavoce.protocols.panel import messages as m
from vivavoce.protocols.times import iso, iso_or_none
from vivavoce.voice.speech import PartialSpeech


def project(recorded: e.Recorded, state: SessionState, viewer: Viewer) -> m.ServerMessage | None:
    """The one message of this event, or None when it is not for this viewer. `state` is the session at or after it."""
    data = recorded.data
    place: dict[str, Any] = {"seq": recorded.seq, "event_id": recorded.event_id}
    own = recorded.client_id if recorded.actor == viewer.user_id else None
    if isinstance(data, p.UtteranceHeard):
        return _utterance(data, state, own, place)
    if isinstance(data, p.UtterancesReassigned):
        return m.UtterancesReassigned(
            changes=[_reassigned(change, state) for change in data.changes],
            reason=data.reason,
            by=data.by if viewer.is_staff else "",
            client_id=own,
            **place,
        )
    if isinstance(data, p.UtteranceDivided):
        return _divided(data, state, place)
    if isinstance(data, p.SpeakerFound):
        return m.SpeakerUpdated(
            speaker_id=data.speaker_id,
            label=data.label,
            name=data.name,
            role=data.role,
            participant_id=data.user_id,
            withdrew=_withdrew(state, data.speaker_id),
            by=data.by if viewer.is_staff else "",
            client_id=own,
            **place,
        )
    if isinstance(data, p.SpeakerChanged):
        return m.SpeakerUpdated(
            speaker_id=data.speaker_id,
            label=data.label,
            name=data.name,
            role=data.role,
            participant_id=data.user_id,
            withdrew=_withdrew(state, data.speaker_id),
            by=data.by if viewer.is_staff else "",
            client_id=own,
            **place,
        )
    if isinstance(data, p.CandidateWithdrew):
        return _withdrawal(data, state, place)
    if isinstance(data, p.SpeakersMerged):
        by = data.by if viewer.is_staff else ""
        return m.SpeakersMerged(speaker_id=data.speaker_id, into=data.into, by=by, client_id=own, **place)
    return None


def private(
    recorded: PrivateRecorded, state: SessionState, private_state: PrivateState, viewer: Viewer
) -> m.ServerMessage | None:
    """The message of a private event, or None when it is not for this viewer."""
    if not viewer.is_staff:
        return None
    data = recorded.data
    if isinstance(data, NoteTaken):
        return note(recorded, data, viewer)
    place: dict[str, Any] = {
        "seq": getattr(data, "after", 0),
        "private_seq": recorded.seq,
        "event_id": recorded.event_id,
    }
    if isinstance(data, CandidateEvaluated):
        if _withdrew(state, data.subject):
            return None
        open_to = sees_scores(state, private_state, viewer, data.subject)
        return m.EvaluationUpdated(evaluation=evaluation(data, state, sealed=not open_to), **place)
    if isinstance(data, ScorecardSubmitted):
        own = data.scorecard
        return m.ScorecardsUpdated(what="submitted", speaker_id=own.subject, by=own.author_id, **place)
    if isinstance(data, EvaluationRevealed):
        if data.to != viewer.user_id:
            return None
        return m.ScorecardsUpdated(what="revealed", speaker_id=data.scorecard.subject, by="", **place)
    if isinstance(data, Adjudicated):
        return m.ScorecardsUpdated(what="adjudicated", speaker_id=data.subject, by=data.by, **place)
    return None


def note(recorded: PrivateRecorded, data: NoteTaken, viewer: Viewer) -> m.NoteSaved:
    return m.NoteSaved(
        speaker=data.speaker,
        note=data.note,
        timestamp=data.timestamp if data.timestamp is not None else iso(recorded.at),
        speaker_id=data.speaker_id,
        author_id=data.author_id,
        author=data.author_name,
        at_s=data.at_s,
        seq=data.after,
        private_seq=recorded.seq,
        event_id=recorded.event_id,
        client_id=recorded.client_id if recorded.actor == viewer.user_id else None,
        redacted=data.redacted,
    )


def sees_scores(state: SessionState, private_state: PrivateState, viewer: Viewer, subject: str) -> bool:
    """Whether a viewer sees the AI's scores of a candidate (SPEC.md 6.2)."""
    return viewer.is_staff and (state.visibility == "live" or private_state.has_judged(viewer.user_id, subject))


def partial(heard: PartialSpeech, state: SessionState) -> m.PartialMessage:
    """What has been understood so far, with whose voice it sounds like where that is known."""
    recording = state.recordings.get(heard.recording_id)
    began_s = recording.at_s if recording is not None else 0.0
    own = recording is not None and recording.context == OWN_MICROPHONE
    voice = state.panel.own_id(heard.user_id) if own else heard.speaker_id
    speaker_id = state.panel.final_id(voice) if voice else None
    known = state.panel.speakers.get(speaker_id) if speaker_id is not None else None
    return m.PartialMessage(
        text=heard.text,
        language=heard.language,
        user_id=heard.user_id,
        recording_id=heard.recording_id,
        speaker=known.shown if known is not None else None,
        speaker_id=speaker_id,
        start=round(began_s + heard.start_s, 3),
        end=round(began_s + heard.end_s, 3),
        audio_start=heard.start_s,
        audio_end=heard.end_s,
    )


def shown(state: SessionState, speaker_id: str) -> str:
    """What a speaker is called now."""
    speaker = state.panel.speakers.get(state.panel.final_id(speaker_id))
    return speaker.shown if speaker is not None else speaker_id


# --- parts of answers ----------------------------------------------------------------------------------------------


def _utterance(
    data: p.UtteranceHeard, state: SessionState, client_id: str | None, place: dict[str, Any]
) -> m.UtteranceMessage:
    known = state.panel.utterance(data.utterance_id)
    speaker_id = state.panel.final_id(data.speaker_id)
    speaker = state.panel.speakers.get(speaker_id)
    spoken = data.spoken
    return m.UtteranceMessage(
        utterance_id=data.utterance_id,
        speaker=shown(state, speaker_id),
        speaker_id=speaker_id,
        role=speaker.role if speaker is not None else "unknown",
        text=data.text,
        start=data.at_s,
        end=data.end_s,
        confidence=spoken.confidence if spoken is not None else None,
        attribution=data.attribution,
        uncertain=known is not None and not known.sure,
        overlapped=data.overlapped,
        recording_id=spoken.recording_id if spoken is not None else "",
        audio_start=spoken.start_s if spoken is not None else 0.0,
        audio_end=spoken.end_s if spoken is not None else 0.0,
        client_id=client_id,
        redacted=data.redacted,
        **place,
    )


def _divided(data: p.UtteranceDivided, state: SessionState, place: dict[str, Any]) -> m.UtteranceDivided | None:
    whole, rest = state.panel.utterance(data.utterance_id), state.panel.utterance(data.rest_id)
    if whole is None or rest is None:
        return None
    return m.UtteranceDivided(utterance=transcript_item(whole, state), rest=transcript_item(rest, state), **place)


def _withdrawal(data: p.CandidateWithdrew, state: SessionState, place: dict[str, Any]) -> m.SpeakerUpdated | None:
    speaker = state.panel.speakers.get(state.panel.final_id(data.speaker_id))
    if speaker is None:
        return None
    return m.SpeakerUpdated(
        speaker_id=speaker.speaker_id,
        label=speaker.label,
        name=speaker.name,
        role=speaker.role,
        participant_id=speaker.user_id,
        withdrew=True,
        by="",
        **place,
    )


def _reassigned(change: p.Attributed, state: SessionState) -> m.ReassignedUtterance:
    known = state.panel.utterance(change.utterance_id)
    speaker_id = state.panel.final_id(change.speaker_id)
    return m.ReassignedUtterance(
        utterance_id=change.utterance_id,
        speaker=shown(state, speaker_id),
        speaker_id=speaker_id,
        attribution=change.confidence,
        uncertain=known is not None and not known.sure,
    )


def transcript_item(utterance: p.PanelUtterance, state: SessionState) -> dict[str, Any]:
    """An utterance in lists."""
    speaker = state.panel.speakers.get(utterance.speaker_id)
    spoken = utterance.spoken
    return {
        "utterance_id": utterance.utterance_id,
        "timestamp": iso(utterance.at),
        "speaker": shown(state, utterance.speaker_id),
        "speaker_id": utterance.speaker_id,
        "role": speaker.role if speaker is not None else "unknown",
        "text": utterance.text,
        "start": utterance.start_s,
        "end": utterance.end_s,
        "confidence": spoken.confidence if spoken is not None else None,
        "attribution": utterance.attribution,
        "uncertain": not utterance.sure,
        "overlapped": utterance.overlapped,
        "recording_id": spoken.recording_id if spoken is not None else "",
        "audio_start": spoken.start_s if spoken is not None else 0.0,
        "audio_end": spoken.end_s if spoken is not None else 0.0,
        "flag": flag_view(utterance.flag),
        "seq": utterance.seq,
    }


def transcripts(state: SessionState) -> list[dict[str, Any]]:
    """Everything that was said, by the time it began."""
    return [transcript_item(utterance, state) for utterance in in_order(state)]


def speaker_item(speaker: p.Speaker) -> dict[str, Any]:
    return {
        "speaker_id": speaker.speaker_id,
        "label": speaker.label,
        "name": speaker.name,
        "speaker": speaker.shown,
        "role": speaker.role,
        "participant_id": speaker.user_id,
        "withdrew": speaker.withdrew,
    }


def evaluation(data: CandidateEvaluated, state: SessionState, *, sealed: bool) -> dict[str, Any]:
    """An evaluation in document B's words: one score, one line of feedback, keywords; and everything behind them."""
    card = data.scorecard
    scored = [criterion for criterion in card.criteria if criterion.score is not None]
    weakest = min(scored, key=lambda criterion: criterion.score or 0.0, default=None)
    advice = weakest or (card.criteria[0] if card.criteria else None)
    keywords = list(dict.fromkeys(word for criterion in scored for word in criterion.keywords))
    return {
        "speaker": shown(state, data.subject),
        "speaker_id": data.subject,
        "at_s": data.at_s,
        "final": data.final,
        "sealed": sealed,
        "score": None if sealed else card.overall,
        "feedback": None if sealed or advice is None else advice.feedback,
        "keywords": [] if sealed else keywords,
        "criteria": [
            {
                "criterion_id": criterion.criterion_id,
                "name": criterion.name,
                "verdict": None if sealed else criterion.verdict,
                "score": None if sealed else criterion.score,
                "level": None if sealed else criterion.level,
                "anchor": None if sealed else criterion.anchor,
                "confidence": None if sealed else criterion.confidence,
                "rationale": None if sealed else criterion.rationale,
                "feedback": None if sealed else criterion.feedback,
                "keywords": [] if sealed else list(criterion.keywords),
                "evidence": [] if sealed else msgspec.to_builtins(criterion.evidence),
            }
            for criterion in card.criteria
        ],
        "produced_by": msgspec.to_builtins(card.produced_by),
    }


def newest_evaluation(state: SessionState, private_state: PrivateState, viewer: Viewer, subject: str) -> dict[str, Any]:
    """The newest evaluation of a speaker, or empty score fields where there is none for this viewer."""
    newest = private_state.newest(subject)
    if newest is None or not viewer.is_staff or _withdrew(state, subject):
        return {"score": None, "feedback": None, "keywords": [], "speaker": shown(state, subject) if subject else None}
    return evaluation(newest, state, sealed=not sees_scores(state, private_state, viewer, subject))


def evaluations(state: SessionState, private_state: PrivateState, viewer: Viewer) -> list[dict[str, Any]]:
    """All evaluations over time, as this viewer may see them."""
    if not viewer.is_staff:
        return []
    found = [
        evaluation(each, state, sealed=not sees_scores(state, private_state, viewer, subject))
        for subject, given in private_state.evaluations.items()
        if not _withdrew(state, subject)
        for each in given
    ]
    return sorted(found, key=lambda item: (item["at_s"], item["speaker_id"]))


def total_evaluations(private_state: PrivateState) -> int:
    return sum(len(given) for given in private_state.evaluations.values())


def speaker_notes(state: SessionState, private_state: PrivateState, viewer: Viewer) -> dict[str, list[dict[str, Any]]]:
    """Notes by what their speakers are called now."""
    if not viewer.is_staff:
        return {}
    notes: dict[str, list[dict[str, Any]]] = {}
    for recorded in private_state.notes:
        data = recorded.data
        if isinstance(data, NoteTaken):
            name = shown(state, data.speaker_id) if data.speaker_id else data.speaker
            notes.setdefault(name, []).append(
                {
                    "note_id": recorded.event_id,
                    "note": data.note,
                    "timestamp": data.timestamp if data.timestamp is not None else iso(recorded.at),
                    "at_s": data.at_s,
                    "speaker_id": data.speaker_id,
                    "author": data.author_name,
                    "author_id": data.author_id,
                }
            )
    return notes


def speaker_stats(state: SessionState) -> dict[str, dict[str, Any]]:
    """Figures by what the speakers are called."""
    speakers = state.panel.speakers
    return {
        shown(state, speaker_id): {
            "speaker_id": speaker_id,
            "role": speakers[speaker_id].role if speaker_id in speakers else "unknown",
            **msgspec.to_builtins(figures),
        }
        for speaker_id, figures in statistics(state).items()
    }


# --- answers -------------------------------------------------------------------------------------------------------


def summary(state: SessionState, private_state: PrivateState, viewer: Viewer, now: int) -> dict[str, Any]:
    """What `evaluation_summary` says."""
    newest = [
        newest_evaluation(state, private_state, viewer, speaker.speaker_id) for speaker in state.panel.candidates()
    ]
    scores = [item["score"] for item in newest if item["score"] is not None]
    return {
        "session_id": state.session_id,
        "duration": round(session_time(state, now), 3),
        "total_transcripts": len(state.panel.utterances),
        "total_evaluations": total_evaluations(private_state),
        "speaker_stats": speaker_stats(state),
        "average_score": round(fmean(scores), 2) if scores else None,
        "candidates": newest,
        "visibility": state.visibility,
        "last_seq": state.head,
    }


def final_result(state: SessionState, private_state: PrivateState, viewer: Viewer) -> dict[str, Any]:
    """The whole of a session that is over, as this viewer may see it."""
    now = state.ended_at
    return {
        **summary(state, private_state, viewer, now),
        "start_time": iso_or_none(state.began_at or state.created_at),
        "end_time": iso_or_none(state.ended_at),
        "transcripts": transcripts(state),
        "evaluations": evaluations(state, private_state, viewer),
        "speaker_notes": speaker_notes(state, private_state, viewer),
        "speakers": [speaker_item(speaker) for speaker in state.panel.present()],
        "report_url": f"/api/v1/sessions/{state.session_id}/report",
        "end_reason": state.end_reason,
    }


def status_view(state: SessionState, private_state: PrivateState, now: int) -> dict[str, Any]:
    """What the status route says of a session that goes on."""
    return {
        "session_id": state.session_id,
        "is_active": not state.over,
        "start_time": iso_or_none(state.began_at or state.created_at),
        "duration": round(session_time(state, now), 3),
        "total_transcripts": len(state.panel.utterances),
        "total_evaluations": total_evaluations(private_state),
        "speakers": [speaker.shown for speaker in state.panel.present()],
    }


def snapshot(state: SessionState, private_state: PrivateState, viewer: Viewer, now: int) -> dict[str, Any]:
    """The session as this viewer may see it now."""
    return {
        "session_id": state.session_id,
        "status": state.status,
        "language": state.config.language,
        "visibility": state.visibility,
        "my_role": viewer.role,
        "start_time": iso_or_none(state.began_at),
        "end_time": iso_or_none(state.ended_at),
        "duration": round(session_time(state, now), 3),
        "speakers": [speaker_item(speaker) for speaker in state.panel.present()],
        "transcripts": transcripts(state),
        "evaluations": evaluations(state, private_state, viewer),
        "speaker_notes": speaker_notes(state, private_state, viewer),
        "speaker_stats": speaker_stats(state),
        "report": state.report,
    }


def audio_result(
    state: SessionState,
    private_state: PrivateState,
    viewer: Viewer,
    *,
    timestamp: m.Timestamp,
    heard: Sequence[p.PanelUtterance],
    speaking: str | None,
    seq: int,
    client_id: str | None,
) -> m.AudioResult:
    """What came of a chunk that was taken. `speaking` is the id of who goes on speaking at its end: None where nobody
    does, empty where it is not known yet whose voice that is."""
    last = heard[-1] if heard else (state.panel.utterances[-1] if state.panel.utterances else None)
    sure = [one.spoken.confidence for one in heard if one.spoken is not None and one.spoken.confidence is not None]
    candidates = [one for one in heard if _role(state, one.speaker_id) == "candidate"]
    subject = candidates[-1].speaker_id if candidates else ""
    return m.AudioResult(
        timestamp=timestamp,
        transcription={
            "text": " ".join(one.text for one in heard),
            "success": True,
            "confidence": round(fmean(sure), 3) if sure else None,
            "language": heard[-1].spoken.language if heard and heard[-1].spoken is not None else None,
            "utterances": [transcript_item(one, state) for one in heard],
        },
        diarization={
            **(_current(state, speaking, None) if speaking is not None else _spoke_last(state, last)),
            "speakers": [speaker.shown for speaker in state.panel.present()],
            "success": any(one != p.UNKNOWN for one in state.panel.speakers),
        },
        evaluation=newest_evaluation(state, private_state, viewer, subject),
        success=True,
        seq=seq,
        client_id=client_id,
    )


def _spoke_last(state: SessionState, last: p.PanelUtterance | None) -> dict[str, Any]:
    return _current(state, last.speaker_id, last.attribution) if last is not None else _current(state, "", None)


def _current(state: SessionState, speaker_id: str, confidence: float | None) -> dict[str, Any]:
    """Who speaks, or spoke last. A voice that is heard for the first time has an id before it has a name."""
    final_id = state.panel.final_id(speaker_id)
    known = state.panel.speakers.get(final_id)
    return {
        "current_speaker": known.shown if known is not None else None,
        "speaker_id": final_id or None,
        "confidence": confidence,
    }


def failed_result(timestamp: m.Timestamp, error: VivavoceError, sentence: str, client_id: str | None) -> m.AudioResult:
    """What came of a chunk that was not taken."""
    return m.AudioResult(
        timestamp=timestamp,
        transcription={"text": "", "success": False},
        diarization={"current_speaker": None, "speakers": [], "success": False},
        evaluation={"score": None, "feedback": None, "keywords": []},
        success=False,
        client_id=client_id,
        error=sentence,
        code=error.code,
    )


def _withdrew(state: SessionState, speaker_id: str) -> bool:
    speaker = state.panel.speakers.get(state.panel.final_id(speaker_id))
    return speaker is not None and speaker.withdrew


def _role(state: SessionState, speaker_id: str) -> p.SpeakerRole:
    speaker = state.panel.speakers.get(speaker_id)
    return speaker.role if speaker is not None else "unknown"
