"""What a speaker is told about speech that gave no words. Pure."""

from __future__ import annotations

from typing import Any, Final

from vivavoce.domain.errors import ErrorCode, VivavoceError
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import SessionState

_TOLD: Final[dict[e.Unheard, tuple[ErrorCode, str]]] = {
    "no_speech": ("invalid_payload", "no_speech"),
    "other_language": ("invalid_payload", "other_language"),
    "not_recognised": ("unavailable", "recogniser_failed"),
    "unsupported_media": ("unsupported_media", "unsupported_audio"),
    "invalid_payload": ("invalid_payload", "empty_audio"),
    "too_large": ("too_large", "audio_too_long"),
    "consent_required": ("conflict", "consent_required"),
}
_DETAILS: Final[dict[e.Unheard, str]] = {
    "no_speech": "no speech was found in the audio",
    "other_language": "the speech is in another language than the interview",
    "not_recognised": "the recogniser failed on this audio",
    "consent_required": "consent was taken back",
}
#: Languages that have a sentence of their own.
_NAMED: Final = frozenset({"en", "ko", "zh"})


def error_of(recorded: e.Recorded, data: e.SpeechMissed, state: SessionState) -> VivavoceError:
    """The message of the event: an error whose `info` has `seq` and `event_id`, and says which audio it is about."""
    code, reason = _TOLD[data.reason]
    recording = state.recordings.get(data.recording_id)
    info: dict[str, Any] = {
        "seq": recorded.seq,
        "event_id": recorded.event_id,
        "recording_id": data.recording_id,
        "client_id": recording.client_id if recording is not None else None,
        "start_s": data.start_s,
        "end_s": data.end_s,
    }
    if data.reason == "other_language":
        info |= {"language": data.language, "expected": state.config.language}
        if data.language in _NAMED:
            reason = f"other_language_{data.language}"
    return VivavoceError(code, data.details or _DETAILS.get(data.reason, ""), reason=reason, info=info)
