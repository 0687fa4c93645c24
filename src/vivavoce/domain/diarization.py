"""What telling speakers apart says: who spoke, how surely, what became clearer later. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

import msgspec
from numpy.typing import NDArray

from vivavoce.domain.speech import Samples, Word

Embedding = NDArray[Any]
"""A voice as a float32 vector of length 1; two of one person point the same way."""

UNKNOWN_SPEAKER: Final = "speaker_unknown"
"""The speaker of everything where speakers are not told apart."""

TrackingState = Literal["on", "off"]


class SpeakerTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of speech by one speaker, in seconds of session time.

    `confidence` is the probability (0–1) that it was this speaker. `overlapped` says that somebody else spoke at the
    same time; both then have a turn.
    """

    speaker: str
    start_s: float
    end_s: float
    confidence: float
    overlapped: bool = False


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of an utterance with the speaker it is taken to be by.

    An utterance in which one person follows another without a pause has several, in order (`part` 0, 1, 2 …); their
    texts together are the utterance's text. `confidence` is 0–1, None where speakers are not told apart. `others` were
    heard at the same time. `pinned`: a person said who it was.
    """

    utterance: str
    part: int
    speaker: str
    confidence: float | None
    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = ()
    others: tuple[str, ...] = ()
    pinned: bool = False

    @property
    def overlapped(self) -> bool:
        """Whether somebody else spoke at the same time."""
        return bool(self.others)


class Reassignment(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier attribution that is seen differently now: `before` → `speaker`."""

    utterance: str
    part: int
    before: str
    speaker: str
    confidence: float


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier attribution turns out to hold two speakers' words: from the character `at` of its text and `at_s` of
    session time on it is a part of its own, `rest`, by `speaker`. What is before stays `part`."""

    utterance: str
    part: int
    rest: int
    at: int
    at_s: float
    speaker: str
    confidence: float


Revision = Reassignment | Division
"""What an earlier attribution has become. A list of them is taken in its order."""


class MergeSpeakers(msgspec.Struct, frozen=True, kw_only=True, tag="merge"):
    """A person says that `speaker` is the same as `into`."""

    speaker: str
    into: str


class SplitSpeaker(msgspec.Struct, frozen=True, kw_only=True, tag="split"):
    """A person says that these utterances, all given to one speaker, are by somebody else who has no label yet."""

    utterances: tuple[str, ...]


class AssignUtterance(msgspec.Struct, frozen=True, kw_only=True, tag="assign"):
    """A person says who an utterance is by (all its parts, or one)."""

    utterance: str
    speaker: str
    part: int | None = None


Correction = MergeSpeakers | SplitSpeaker | AssignUtterance


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What an enrolled voice is worth: seconds of speech in it, and how well its parts agree (cosine, 0–1)."""

    speaker: str
    speech_s: float
    agreement: float


class SpeakerEmbedder(Protocol):
    """Turns speech into embeddings. Synchronous; called from one thread at a time."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int:
        """The length of an embedding."""
        ...

    def embed(self, windows: Sequence[Samples]) -> Embedding:
        """One embedding a window, [windows, size], each of length 1. A window lasts 0.3 s to 60 s.

        Raises `invalid_payload` for a shorter or longer one.
        """
        ...


class SpeechActivity(Protocol):
    """Says for each instant of up to 10 s which of a few local speakers speak. Synchronous, one thread at a time."""

    @property
    def name(self) -> str: ...

    @property
    def frame_s(self) -> float:
        """Seconds from one row of the answer to the next."""
        ...

    def activity(self, samples: Samples) -> NDArray[Any]:
        """Probabilities [frames, local speakers] that each speaks. Local speakers are numbered anew at every call."""
        ...
