"""What a candidate is shown of how they were heard, to listen to, flag and confirm. Pure."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session.confirmation import Flag
from vivavoce.domain.session.panel import PanelUtterance
from vivavoce.domain.session.state import Input, SessionState
from vivavoce.protocols.times import iso_or_none


def confirmation_view(state: SessionState, user_id: str) -> dict[str, Any]:
    """How it stands with the transcript, and what this person said aloud."""
    return {
        "language": state.config.language,
        "spoken": [
            *(_spoken(state, entry) for entry in state.inputs if entry.user_id == user_id and entry.spoken),
            *(_of_panel(one, one.spoken) for one in state.panel.utterances if one.spoken and _by(state, one, user_id)),
        ],
        "confirmation": {"status": state.confirmation, "confirm_by": iso_or_none(state.confirm_by)},
    }


def flag_view(flag: Flag | None) -> dict[str, str] | None:
    return None if flag is None else {"correction": flag.correction}


def _by(state: SessionState, utterance: PanelUtterance, user_id: str) -> bool:
    speaker = state.panel.speakers.get(utterance.speaker_id)
    return speaker is not None and speaker.user_id == user_id


def _of_panel(utterance: PanelUtterance, spoken: Spoken) -> dict[str, Any]:
    return {
        "utterance_id": utterance.utterance_id,
        "text": utterance.text,
        "in_answer_to": "",
        "confidence": spoken.confidence,
        "audio": {"recording_id": spoken.recording_id, "start_s": spoken.start_s, "end_s": spoken.end_s},
        "flag": flag_view(utterance.flag),
    }


def _spoken(state: SessionState, entry: Input) -> dict[str, Any]:
    assert entry.spoken is not None
    asked = bisect_left(state.turns, entry.seq, key=lambda turn: turn.reply_seq)
    return {
        "utterance_id": entry.event_id,
        "text": entry.text,
        "in_answer_to": state.turns[asked - 1].reply_text if asked else "",
        "confidence": entry.spoken.confidence,
        "audio": {
            "recording_id": entry.spoken.recording_id,
            "start_s": entry.spoken.start_s,
            "end_s": entry.spoken.end_s,
        },
        "flag": flag_view(entry.flag),
    }
