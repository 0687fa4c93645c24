"""Marks of one response, and what follows from them: who marks next, and what the response is worth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from vivavoce.domain.exam.questions import ExamSettings, Question, on_step

#: `first` and `second` are blind marks of people; `check` a person's mark of what the AI was sure of; `moderated`,
#: `override` and `appeal` decide; `seed` measures the marker and changes nothing.
MarkKind = Literal["ai", "first", "second", "check", "moderated", "override", "appeal", "seed"]
DECIDING: Final[frozenset[MarkKind]] = frozenset({"moderated", "override", "appeal"})
#: What people gave without having seen another mark.
BLIND: Final[frozenset[MarkKind]] = frozenset({"first", "second", "check"})
AiStatus = Literal["graded", "needs_person"]

#: Where a response stands. `to_mark`, `to_check`, `to_second` and `to_moderate` wait for a person.
#: `erased`: its student was forgotten before it was marked.
ResponseStatus = Literal["ungraded", "to_mark", "to_check", "to_second", "to_moderate", "marked", "erased"]
WAITING: Final[frozenset[ResponseStatus]] = frozenset({"to_mark", "to_check", "to_second", "to_moderate"})


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Words of the response, at the code points [`start`, `end`) of its text, that carry a grade."""

    quote: str = ""
    start: int = 0
    end: int = 0
    point_id: str = ""


class Stamp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What graded, so that it can be run again (SPEC.md 6.8)."""

    engine: str = ""
    version: str = ""
    model: str = ""
    prompt_version: str = ""
    scheme_version: str = ""
    marks: int = 0
    fit: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mark: by the AI (`rater` is `ai`) or by a person. `points` is None where the AI could not judge;
    `question_version` is that of the question it was judged by; `reason` why a person changed a grade, or why the AI
    left it to a person."""

    kind: MarkKind = "ai"
    rater: str = "ai"
    points: float | None = None
    points_by: dict[str, float] = {}
    comment: str = ""
    reason: str = ""
    ai_status: AiStatus = "graded"
    confidence: float | None = None
    evidence: tuple[Span, ...] = ()
    rationale: str = ""
    feedback: str = ""
    stamp: Stamp | None = None
    question_version: int = 1
    batch_id: str = ""
    at: int = 0


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response with what a decision about it needs; `marks` in the order in which they were given. `seed_points`: it
    is a seed item and this is its agreed mark. `erased`: its student's words were taken out."""

    response_id: str
    submission_id: str
    student_id: str
    question_id: str
    status: ResponseStatus = "ungraded"
    points: float | None = None
    seed_points: float | None = None
    erased: bool = False
    marks: tuple[Mark, ...] = ()

    @property
    def is_gone(self) -> bool:
        """Whether its student was forgotten, or is being: nobody marks it any more."""
        return self.erased or self.status == "erased"

    def marked_by(self, rater: str) -> bool:
        return any(mark.rater == rater and mark.kind in BLIND for mark in self.marks)


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a response has come to: `before` is the status it had; `human_points` and `ai_points` are the two sides of
    a double-marked response (None where a side is missing)."""

    response_id: str = ""
    before: ResponseStatus = "ungraded"
    status: ResponseStatus = "ungraded"
    points: float | None = None
    ai_points: float | None = None
    human_points: float | None = None
    confidence: float | None = None


def sampled(response_id: str, purpose: str, share: float) -> bool:
    """Whether a response falls into a share, by its id alone: the same answer everywhere and every time."""
    digest = hashlib.blake2b(f"{purpose}:{response_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32


def settled(response: Response, question: Question, settings: ExamSettings) -> Outcome:
    """What follows from the marks of a response."""
    marks = response.marks
    ai = _last(m for m in marks if m.kind == "ai" and m.question_version == question.version)
    deciding = _last(m for m in marks if m.kind in DECIDING)
    blind = _latest_by_rater(m for m in marks if m.kind in BLIND)
    sure = ai is not None and ai.ai_status == "graded" and ai.points is not None
    status, points = _standing(response, question, settings, ai if sure else None, deciding, blind)
    if status == "ungraded" and ai is not None:
        status = "to_mark"
    return Outcome(
        response_id=response.response_id,
        before=response.status,
        status=status,
        points=None if points is None else on_step(question, points),
        ai_points=ai.points if ai is not None else None,
        human_points=blind[0].points if blind else None,
        confidence=ai.confidence if ai is not None else None,
    )


def _standing(
    response: Response,
    question: Question,
    settings: ExamSettings,
    ai: Mark | None,
    deciding: Mark | None,
    blind: list[Mark],
) -> tuple[ResponseStatus, float | None]:
    if deciding is not None:
        return "marked", deciding.points
    if not blind:
        if ai is None:
            return "ungraded", None
        if not question.is_exact and sampled(response.response_id, "check", settings.check_share):
            return "to_check", ai.points
        return "marked", ai.points
    first = blind[0]
    if len(blind) == 1:
        if first.kind == "check" and ai is not None:
            return _agreed(question, settings, first, ai)
        if sampled(response.response_id, "second", settings.second_share):
            return "to_second", first.points
        return "marked", first.points
    return _agreed(question, settings, first, blind[1])


def _agreed(question: Question, settings: ExamSettings, one: Mark, other: Mark) -> tuple[ResponseStatus, float | None]:
    """Two marks that are near enough make an agreed mark; others go to a moderator."""
    assert one.points is not None and other.points is not None
    if abs(one.points - other.points) > settings.disagreement * question.points + 1e-9:
        return "to_moderate", None
    if other.kind == "ai":
        return "marked", one.points
    return "marked", on_step(question, (one.points + other.points) / 2)


def _latest_by_rater(marks: Iterable[Mark]) -> list[Mark]:
    """The newest mark of each person, in the order in which the persons came."""
    found: dict[str, Mark] = {}
    for mark in marks:
        found[mark.rater] = mark
    return list(found.values())


def _last(marks: Iterable[Mark]) -> Mark | None:
    found = None
    for mark in marks:
        found = mark
    return found


def task_id_of(response_id: str, kind: str, rater: str = "") -> str:
    """The id of the work of marking a response: it tells a marker nothing, not even that it is a seed item."""
    digest = hashlib.blake2b(f"{response_id}\0{kind}\0{rater}".encode(), digest_size=12).hexdigest()
    return f"task_{digest}"
