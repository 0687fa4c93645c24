"""What speech recognition says: words, recognitions and the shape of a recogniser. Values only, no I/O."""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

import msgspec
from numpy.typing import NDArray

Samples = NDArray[Any]
"""16 kHz mono float32 samples in [-1, 1]."""

SAMPLE_RATE: Final = 16_000
"""Samples a second of everything after decoding."""

Script = Literal["simplified", "traditional"]
Quality = Literal["live", "quick", "final", "best"]


class Word(msgspec.Struct, frozen=True):
    """One word (in Chinese: one token) with its seconds from the start of the audio it was heard in."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None


class LanguageGuess(msgspec.Struct, frozen=True):
    """The language heard (ISO 639-1) and its probability."""

    language: str
    probability: float


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    """What a recogniser heard in one piece of audio.

    `text` is empty when nothing was said or nothing can be said honestly about it. `language` is the language that
    was heard, which need not be the one that was asked for. `confidence` is 0–1, None where the engine has none.
    `no_speech` is the engine's probability that nobody spoke, None where it has none. `word_times` says whether the
    times of `words` were measured by the engine or spread over the speech by length.
    """

    text: str
    language: str
    language_probability: float | None = None
    confidence: float | None = None
    no_speech: float | None = None
    words: tuple[Word, ...] = ()
    word_times: Literal["measured", "estimated"] = "estimated"
    engine: str = ""


class RecognitionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a recogniser is asked: `language` None means detect it.

    `quality` "live" asks for a partial at once, "final" for a good answer soon, "quick" for the one that a busy machine
    can afford, "best" for the best that somebody who does not wait can have. `prompt` names words likely to occur.
    """

    language: str | None = None
    quality: Quality = "final"
    script: Script = "simplified"
    prompt: str = ""


class Recogniser(Protocol):
    """Turns audio into text. Synchronous and single-threaded: it lives in a worker process of its own.

    Audio is at most 30 s long. A recogniser never invents text for silence, and never raises for audio it cannot
    understand: it answers with an empty text.
    """

    @property
    def name(self) -> str: ...

    def languages(self) -> frozenset[str]:
        """The languages it transcribes (ISO 639-1)."""
        ...

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition: ...

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        """The language spoken, None when it cannot tell languages apart."""
        ...

    def close(self) -> None: ...


class VoiceDetector(Protocol):
    """Says for each frame of one stream how probable it is that somebody speaks. It keeps the stream's state."""

    @property
    def frame_samples(self) -> int:
        """Samples in a frame."""
        ...

    def probabilities(self, frames: Samples) -> Samples:
        """The speech probability of each frame; `frames` is [count, frame_samples] float32."""
        ...
