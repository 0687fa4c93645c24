"""What a recogniser heard, as what a session stores. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.recordings import Spoken, WordTime
from vivavoce.domain.session.commands import Missed, SpokenPart
from vivavoce.domain.session.events import Unheard
from vivavoce.domain.session.state import Recording

if TYPE_CHECKING:
    from vivavoce.speech.events import Final

#: Kept of what went wrong; the rest is in the server's log.
_DETAILS = 300
_TOLD: dict[str, Unheard] = {
    "unsupported_media": "unsupported_media",
    "invalid_payload": "invalid_payload",
    "too_large": "too_large",
}


def part_of(recording_id: str, finals: Sequence[Final], text: str, processing_s: float) -> SpokenPart:
    """One input from `finals`, whose words stand in `text` in their order."""
    known = [(final.confidence, len(final.text)) for final in finals if final.confidence is not None and final.text]
    total = sum(length for _, length in known)
    longest = max(finals, key=lambda final: len(final.text))
    spoken = Spoken(
        recording_id=recording_id,
        start_s=round(finals[0].start_s, 3),
        end_s=round(finals[-1].end_s, 3),
        confidence=round(sum(value * length for value, length in known) / total, 3) if total else None,
        language=longest.language,
        words=word_times(text, finals),
        words_measured=all(final.word_times == "measured" for final in finals),
        engine=longest.engine,
        processing_s=round(processing_s, 3),
        cut_off=finals[-1].cut_off,
    )
    return SpokenPart(text, spoken)


def word_times(text: str, finals: Sequence[Final]) -> tuple[WordTime, ...]:
    """Where each word begins in `text`, and when it was said. A word that is not found in its place is left out."""
    found: list[WordTime] = []
    at = 0
    for final in finals:
        for word in final.words:
            place = text.find(word.text.strip(), at)
            if place >= 0 and word.text.strip():
                found.append((place, round(word.start_s, 2), round(word.end_s, 2)))
                at = place + len(word.text.strip())
    return tuple(found)


def parts_of(
    recording_id: str, finals: Sequence[Final], limit: int, processing_s: float
) -> tuple[tuple[SpokenPart, ...], tuple[Missed, ...]]:
    """A recording that is heard as a whole: one input, more only where the text is longer than an input may be.

    What gave no words is told only where nothing did.
    """
    from vivavoce.speech.joining import join_text

    groups: list[tuple[list[Final], str]] = []
    for final in finals:
        if not final.text:
            continue
        joined = join_text(groups[-1][1], final.text) if groups else ""
        if groups and len(joined) <= limit:
            groups[-1] = ([*groups[-1][0], final], joined)
        else:
            groups.append(([final], final.text[:limit]))
    parts = tuple(part_of(recording_id, group, text, processing_s) for group, text in groups)
    gaps = () if parts else tuple(missed_in(final) for final in finals if final.notice)
    return parts, gaps[:1]


def missed_in(final: Final) -> Missed:
    """An utterance that gave no words."""
    reason: Unheard = final.notice or "no_speech"
    return Missed(reason, final.start_s, final.end_s, final.language)


def missed_for(error: VivavoceError) -> Missed:
    """A recording that could not be heard at all."""
    return Missed(_TOLD.get(error.code, "not_recognised"), details=error.details[:_DETAILS])


def language_for(recording: Recording, interview: str) -> str | None:
    """The language to expect: what the sender said, otherwise the interview's; None: detect it."""
    if recording.language == "auto":
        return None
    return recording.language or interview
