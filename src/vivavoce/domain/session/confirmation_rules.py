"""Flagging and confirming: who may, until when, and what it changes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vivavoce.domain.errors import VivavoceError, conflict, forbidden, not_found, too_large
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import events as e
from vivavoce.domain.session.base import Context
from vivavoce.domain.session.panel import PanelUtterance
from vivavoce.domain.session.room_rules import Decision
from vivavoce.domain.session.state import Input, SessionState


def confirm_by(s: SessionState, ctx: Context) -> int:
    """Until when (epoch ms) the scores of an interview that ends now wait for the candidate; 0: they do not."""
    if not ctx.policy.confirmation_ms or not s.began_at or not candidates_heard(s):
        return 0
    return ctx.now + ctx.policy.confirmation_ms


def candidates_heard(s: SessionState) -> list[str]:
    """The candidates who said something aloud, in the order they did."""
    if s.kind != "dialogue":
        return []
    heard = dict.fromkeys(entry.user_id for entry in s.inputs if entry.spoken is not None)
    return [user_id for user_id in heard if (member := s.members.get(user_id)) and member.role == "candidate"]


def _flag(s: SessionState, cmd: cf.FlagUtterance, ctx: Context) -> Decision:
    entry: Input | PanelUtterance | None
    if s.kind == "panel":
        entry = s.panel.utterance(cmd.utterance_id)
    else:
        entry = next((each for each in s.inputs if each.event_id == cmd.utterance_id), None)
    if entry is None or entry.spoken is None:
        raise not_found("there is no such spoken utterance", reason="utterance_not_found")
    if _speaker_of(s, entry) != cmd.user_id:
        raise forbidden("this is somebody else's utterance", reason="not_own_utterance")
    if s.over and cmd.user_id not in s.unconfirmed:
        raise _closed()
    if len(cmd.correction) > ctx.policy.text_limit:
        limit = ctx.policy.text_limit
        raise too_large(f"a correction has at most {limit} characters", limit, field="correction")
    wanted = cf.Flag(cmd.correction.strip()) if cmd.flagged else None
    if wanted == entry.flag:
        return []
    correction = wanted.correction if wanted is not None else ""
    return [cf.UtteranceFlagged(user_id=cmd.user_id, input_seq=entry.seq, correction=correction, flagged=cmd.flagged)]


def _speaker_of(s: SessionState, entry: Input | PanelUtterance) -> str:
    """The participant who said it; empty where nobody has said which participant a voice is."""
    if not isinstance(entry, PanelUtterance):
        return entry.user_id
    speaker = s.panel.speakers.get(entry.speaker_id)
    return speaker.user_id if speaker is not None else ""


def _confirm(s: SessionState, cmd: cf.ConfirmTranscript, ctx: Context) -> Decision:
    if cmd.user_id not in candidates_heard(s):
        raise forbidden("nothing of this person was heard", reason="nothing_to_confirm")
    if not s.over:
        raise conflict("the interview is still going on", reason="session_not_over")
    if cmd.user_id in s.unconfirmed:
        return [cf.TranscriptConfirmed(user_id=cmd.user_id)]
    if s.confirmation == "confirmed":
        return []
    raise _closed()


def _closed() -> VivavoceError:
    return conflict("the transcript was confirmed, or the time for it is over", reason="transcript_closed")


def _flagged(s: SessionState, r: e.Recorded, d: cf.UtteranceFlagged) -> None:
    flag = cf.Flag(d.correction) if d.flagged else None
    entry = _input_of(s, d.input_seq)
    if entry is not None:
        entry.flag = flag
    for utterance in s.panel.utterances:
        if utterance.seq == d.input_seq:
            utterance.flag = flag
            s.panel.revised[utterance.speaker_id] = r.seq


def _input_of(s: SessionState, seq: int) -> Input | None:
    return next((entry for entry in s.inputs if entry.seq == seq), None)


def _confirmed(s: SessionState, r: e.Recorded, d: cf.TranscriptConfirmed) -> None:
    if d.user_id in s.unconfirmed:
        s.unconfirmed.remove(d.user_id)


def _lapsed(s: SessionState, r: e.Recorded, d: cf.ConfirmationLapsed) -> None:
    s.unconfirmed.clear()
    s.confirmation_lapsed = True


DECIDERS: Final[dict[type, Callable[[SessionState, Any, Context], Decision]]] = {
    cf.FlagUtterance: _flag,
    cf.ConfirmTranscript: _confirm,
}
HANDLERS: Final[dict[type, Callable[[SessionState, e.Recorded, Any], None]]] = {
    cf.UtteranceFlagged: _flagged,
    cf.TranscriptConfirmed: _confirmed,
    cf.ConfirmationLapsed: _lapsed,
}
