"""What is judged, how each level is described, and a filled-in rubric with its evidence (SPEC.md 0, 6.1)."""

from __future__ import annotations

from typing import Literal

import msgspec

from vivavoce.domain.interview import Language
from vivavoce.domain.recordings import AudioSpan

Verdict = Literal["scored", "insufficient_evidence"]
Recommendation = Literal["definitely_no", "no", "no_decision", "yes", "strong_yes"]


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """Characters [`at`, `at + length`) of an utterance whose speaker says that they were misheard as `heard`. They are
    the speaker's `correction`; where that is empty, they stand as heard and count for nothing."""

    at: int
    length: int
    heard: str
    correction: str


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of speech (or one typed message). `start`/`end` are seconds of session time.

    `speaker` is a participant's role or a speaker label; `in_answer_to` is the question's text when this answers one,
    `competency` the focus area of that question; `confidence` is the recogniser's, None for typed text. `audio` says
    where it can be heard (empty for typed text); `disputes` what of it its speaker flagged as misheard.
    """

    utterance_id: str
    speaker: str
    text: str
    start: float
    end: float
    confidence: float | None = None
    question_id: str | None = None
    in_answer_to: str = ""
    competency: str = ""
    audio: tuple[AudioSpan, ...] = ()
    disputes: tuple[Dispute, ...] = ()

    @property
    def citable(self) -> str:
        """The text with blanks, character for character, where it was misheard and not corrected."""
        text = self.text
        for dispute in self.disputes:
            if not dispute.correction:
                text = text[: dispute.at] + " " * dispute.length + text[dispute.at + dispute.length :]
        return text


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A behaviourally anchored level, 1 (lowest) to 5."""

    level: int
    anchor: str


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """`keywords` are words that answers bearing on it are likely to hold: they find evidence, they earn nothing."""

    criterion_id: str
    name: str
    description: str
    levels: tuple[Level, ...]
    weight: float = 1.0
    keywords: tuple[str, ...] = ()


class Rubric(msgspec.Struct, frozen=True, kw_only=True):
    rubric_id: str
    version: str
    language: Language
    criteria: tuple[Criterion, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A quotation: `quote` stands word for word at the characters (code points) [`start`, `end`) of the utterance."""

    utterance_id: str
    quote: str
    start: int
    end: int


class CriterionScore(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion judged. `score` (1.0 to 5.0) and `level` are None exactly when the verdict is
    `insufficient_evidence`; a score never stands without evidence."""

    criterion_id: str
    name: str
    verdict: Verdict
    score: float | None
    level: int | None
    anchor: str
    confidence: float
    rationale: str
    feedback: str
    keywords: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class EngineStamp(msgspec.Struct, frozen=True, kw_only=True):
    """What judged, pinned so that the judgement can be run again (SPEC.md 6.8)."""

    engine: str
    version: str
    model: str = ""
    prompt_version: str = ""
    rubric_id: str = ""
    rubric_version: str = ""


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A filled-in rubric. `overall` is the weighted mean of the scored criteria, None when none is scored."""

    subject: str
    language: Language
    criteria: tuple[CriterionScore, ...]
    overall: float | None
    strengths: tuple[str, ...]
    gaps: tuple[str, ...]
    produced_by: EngineStamp


class OwnMark(msgspec.Struct, frozen=True, kw_only=True):
    criterion_id: str
    score: float | None
    comment: str = ""


class OwnScorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A scorecard that a person filled in. `submitted_at` is ISO 8601 UTC; `subject` is a speaker of a panel, empty
    where there is one candidate."""

    scorecard_id: str
    author_id: str
    author_name: str
    criteria: tuple[OwnMark, ...]
    recommendation: Recommendation
    comment: str
    submitted_at: str
    subject: str = ""
