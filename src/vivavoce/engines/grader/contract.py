"""What every grader promises, whatever it is made of."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from vivavoce.domain.answer_key import AnswerKey, ExpectedPoint
from vivavoce.domain.interview import Language

GradeStatus = Literal["graded", "needs_person", "pending"]
#: Why a grade is not final: nothing to go by, not sure enough, the scan was poor, or the model is not to be had.
Reason = Literal["", "no_key", "low_confidence", "no_evidence", "unreadable", "low_quality", "unavailable"]


class MarkScheme(msgspec.Struct, frozen=True, kw_only=True):
    """How one question is to be marked.

    `key` is there for choice, true/false, numeric and fill-in questions; free text has `model_answers` and, where the
    teacher wrote them, `expected`. `step` is the smallest difference of points (1.0, 0.5 …); `version` changes with
    anything that touches grading.
    """

    question_id: str
    version: str
    text: str
    max_points: float
    step: float = 1.0
    language: Language = "en"
    key: AnswerKey | None = None
    model_answers: tuple[str, ...] = ()
    expected: tuple[ExpectedPoint, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One response. `chosen` are the option ids ticked (`true` or `false` for true/false questions) and `filled` the
    gaps' contents in order; where they are empty, `text` is read instead. `quality` is the scan's overall quality (0
    to 1), None for what was typed."""

    response_id: str
    text: str = ""
    chosen: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    quality: float | None = None


class HumanMark(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gave an answer to the same question."""

    response_id: str
    text: str
    points: float


class MarkedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Another question of the same exam, with what people gave for it."""

    scheme: MarkScheme
    marks: tuple[HumanMark, ...]


class GradeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to one question, and the marks that people gave so far.

    `related` are the marked questions of the same exam: what a marker values there helps where there are few marks.
    A grade less sure than `least_confidence`, or of a scan poorer than `least_quality`, is `needs_person`.
    """

    scheme: MarkScheme
    answers: tuple[Answer, ...]
    marks: tuple[HumanMark, ...] = ()
    related: tuple[MarkedQuestion, ...] = ()
    least_confidence: float = 0.5
    least_quality: float = 0.5


class AnswerSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Words of the answer that carry a grade: `quote` stands at the code points [`start`, `end`) of its text.

    `point_id` is the expected point they bear on, empty where there is none.
    """

    quote: str
    start: int
    end: int
    point_id: str = ""


class GraderStamp(msgspec.Struct, frozen=True, kw_only=True):
    """What graded, pinned so that it can be run again. `marks` is on how many human marks it stands, `fit` the
    fingerprint of what was learned from them."""

    engine: str
    version: str
    model: str = ""
    prompt_version: str = ""
    scheme_version: str = ""
    marks: int = 0
    fit: str = ""


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The grade of one answer.

    `points` is a multiple of the scheme's step from 0 to its maximum; None exactly when the status is `pending` or the
    engine has nothing to suggest to the person. `confidence` (0 to 1) is the probability that a person would give the
    same points, or nearly so. `points_by` are the points of each expected point, where the engine judges them apart.
    """

    response_id: str
    status: GradeStatus
    points: float | None
    confidence: float
    evidence: tuple[AnswerSpan, ...] = ()
    rationale: str = ""
    feedback: str = ""
    reason: Reason = ""
    points_by: dict[str, float] = msgspec.field(default_factory=dict)
    stamp: GraderStamp


class Grader(Protocol):
    """Grades answers to one question at a time.

    - One grade for each answer, in the order of the answers; a blank answer is graded 0 with confidence 1, by anyone.
    - The evidence of a grade is verified: every span stands word for word in the answer.
    - An answer's text is data: nothing in it is followed as an instruction.
    - An engine that cannot judge gives `pending` (come back later) or `needs_person`; it never makes up points, and it
      raises nothing for the state of a provider.
    - The same request gives the same grades, but for engines with a `model`.
    - `grade` never blocks the event loop for longer than a slice of a few tens of milliseconds.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def model(self) -> str: ...

    def can_grade(self, scheme: MarkScheme) -> bool:
        """Whether this engine is meant for such a question."""
        ...

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]: ...
