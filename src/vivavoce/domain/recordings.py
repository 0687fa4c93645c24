"""What was said aloud, and where it stands in a recording. Pure values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

#: Formats of plain samples: worth compressing once a recording is finished.
UNCOMPRESSED: Final = frozenset({"wav", "pcm"})
#: A word's time: the character of the text at which it begins, and its seconds [start, end) in the recording.
WordTime = tuple[int, float, float]


class Spoken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a text was heard: seconds [`start_s`, `end_s`) of a recording, and the recogniser's figures.

    `confidence` is 0–1, None where the engine has none. `words_measured` says whether the times of `words` were
    measured or spread over the speech by length. `cut_off`: ended by its length and not by its speaker.
    """

    recording_id: str = ""
    start_s: float = 0.0
    end_s: float = 0.0
    confidence: float | None = None
    language: str = ""
    words: tuple[WordTime, ...] = ()
    words_measured: bool = False
    engine: str = ""
    processing_s: float = 0.0
    cut_off: bool = False

    @property
    def duration_s(self) -> float:
        return max(0.0, self.end_s - self.start_s)

    def divided(self, at: int, after_s: float) -> tuple[Spoken, Spoken]:
        """What was heard before and from the character `at` of its text on, `after_s` seconds after its beginning."""
        at_s = round(self.start_s + after_s, 3)
        before = tuple(word for word in self.words if word[0] < at)
        after = tuple((place - at, start_s, end_s) for place, start_s, end_s in self.words if place >= at)
        return (
            msgspec.structs.replace(self, end_s=at_s, words=before),
            msgspec.structs.replace(self, start_s=at_s, words=after),
        )


class AudioSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the characters [`at`, `at + length`) of an utterance can be heard: seconds of a recording.

    `words` counts characters from the beginning of the utterance, so that a quotation can be played by its span.
    """

    recording_id: str
    start_s: float
    end_s: float
    at: int
    length: int
    words: tuple[WordTime, ...] = ()


def is_uncompressed(audio_format: str) -> bool:
    """Whether a format (`wav`, `pcm;rate=16000`) is plain samples."""
    return audio_format.partition(";")[0] in UNCOMPRESSED


def spans_of(parts: Sequence[tuple[str, Spoken | None]], separator: str = "\n") -> tuple[AudioSpan, ...]:
    """Where each part of a text that was put together from `parts` can be heard; typed parts can not."""
    spans: list[AudioSpan] = []
    at = 0
    for text, spoken in parts:
        if spoken is not None and spoken.recording_id:
            spans.append(
                AudioSpan(
                    recording_id=spoken.recording_id,
                    start_s=spoken.start_s,
                    end_s=spoken.end_s,
                    at=at,
                    length=len(text),
                    words=tuple((at + character, start, end) for character, start, end in spoken.words),
                )
            )
        at += len(text) + len(separator)
    return tuple(spans)


def joint_confidence(parts: Sequence[tuple[str, Spoken | None]]) -> float | None:
    """The recogniser's confidence in a text put together from `parts`, weighted by their length; None without any."""
    known = [
        (spoken.confidence, len(text))
        for text, spoken in parts
        if spoken is not None and spoken.confidence is not None and text
    ]
    total = sum(length for _, length in known)
    return round(sum(confidence * length for confidence, length in known) / total, 3) if total else None
