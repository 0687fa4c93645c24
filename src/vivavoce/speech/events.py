"""What a stream of speech tells its listener. Times are seconds from the start of the stream."""

from __future__ import annotations

from typing import Literal

import msgspec

from vivavoce.domain.speech import Word

Notice = Literal["", "other_language", "not_recognised"]


class SpeechStarted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody began to speak (what barge-in waits for)."""

    utterance: int
    start_s: float


class Partial(msgspec.Struct, frozen=True, kw_only=True):
    """What has been understood so far of an utterance that goes on; each replaces the one before."""

    utterance: int
    text: str
    start_s: float
    end_s: float
    language: str


class Listened(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever tells speakers apart has heard the sound up to here: whose voice it is may be known better now."""

    until_s: float


class EndpointReached(msgspec.Struct, frozen=True, kw_only=True):
    """The speaker is taken to have finished; the `Final` follows. `waited_s`: silence since the last spoken word."""

    utterance: int
    start_s: float
    end_s: float
    waited_s: float


class Final(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance, as it will stay.

    `text` is empty when nothing was said that could be honestly written down: with `notice` "other_language" the
    speech was in `language` instead of the one expected; "not_recognised" means the recogniser failed twice.
    `confidence` is 0–1 or None. `cut_off` says that the utterance was ended by its length and not by its speaker.
    """

    utterance: int
    text: str
    start_s: float
    end_s: float
    language: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    word_times: Literal["measured", "estimated"] = "estimated"
    notice: Notice = ""
    cut_off: bool = False
    waited_s: float = 0.0
    engine: str = ""


class FalseStart(msgspec.Struct, frozen=True, kw_only=True):
    """What sounded like speech was none: whoever was silenced by `SpeechStarted` may go on."""

    utterance: int
    start_s: float
    end_s: float


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """The stream's end: always last. `truncated` says that the audio broke off inside its container."""

    duration_s: float
    truncated: bool = False


SpeechEvent = SpeechStarted | Partial | Listened | EndpointReached | Final | FalseStart | Closed


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """A whole recording: its utterances in order, and what they say together."""

    text: str
    language: str
    confidence: float | None
    duration_s: float
    utterances: tuple[Final, ...]
    truncated: bool = False
