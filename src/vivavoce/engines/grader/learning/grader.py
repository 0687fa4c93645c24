"""The grader that fits itself, per question, to the marks that people gave."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Final

import msgspec

from vivavoce.domain.answer_key import is_blank
from vivavoce.domain.interview import Language
from vivavoce.engines.grader import wording
from vivavoce.engines.grader.contract import (
    Answer,
    AnswerSpan,
    Grade,
    GradeRequest,
    GraderStamp,
    HumanMark,
    MarkedQuestion,
    MarkScheme,
)
from vivavoce.engines.grader.grades import beside_the_point, blank, nothing_answered, rounded, settled
from vivavoce.engines.grader.reading import Reading, read, terms
from vivavoce.engines.grader.rubric import RubricGrader

if TYPE_CHECKING:
    from vivavoce.engines.grader.learning.learner import Learner, Lesson

NAME: Final = "learning"
VERSION: Final = "1.1.0"
#: With fewer marks than this the rubric engine grades.
FEWEST_MARKS: Final = 8
#: So many marks of other questions are learned from beside the own, at most; the newest first.
_BESIDE: Final = 4_000
_SLICE: Final = 50
_REMEMBERED: Final = 48
_QUOTES: Final = 2


class LearningGrader:
    """Judges an answer as the person who marks judged others. Below FEWEST_MARKS marks the rubric engine speaks.

    What was learned is remembered by the marks it stands on, and learned again when there are others. Learning and
    judging run in a thread of their own.
    """

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._rubric = RubricGrader()
        self._remembered = remembered
        self._learners: OrderedDict[str, Learner] = OrderedDict()
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="learning-grader")

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    @property
    def model(self) -> str:
        return ""

    def can_grade(self, scheme: MarkScheme) -> bool:
        return scheme.key is None

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]:
        return tuple(await asyncio.get_running_loop().run_in_executor(self._thread, self.judge, request))

    def judge(self, request: GradeRequest) -> list[Grade]:
        """The same as `grade`, for callers that have no event loop."""
        marks = [mark for mark in request.marks if not is_blank(mark.text)]
        stamp = GraderStamp(engine=NAME, version=VERSION, scheme_version=request.scheme.version, marks=len(marks))
        if len(marks) < FEWEST_MARKS:
            return [
                msgspec.structs.replace(grade, stamp=msgspec.structs.replace(grade.stamp, marks=len(marks)))
                for grade in self._rubric.judge(request)
            ]
        fingerprint = _fingerprint(request)
        learner = self._learner(fingerprint, request, marks)
        stamp = msgspec.structs.replace(stamp, fit=fingerprint[:16])
        grades: list[Grade] = []
        for begin in range(0, len(request.answers), _SLICE):
            grades += _judged(request, request.answers[begin : begin + _SLICE], learner, stamp)
        return grades

    def _learner(self, fingerprint: str, request: GradeRequest, marks: Sequence[HumanMark]) -> Learner:
        with self._lock:
            learner = self._learners.get(fingerprint)
            if learner is not None:
                self._learners.move_to_end(fingerprint)
                return learner
        # Its libraries take seconds to import, and the server starts without them.
        from vivavoce.engines.grader.learning.learner import Learner

        scheme = request.scheme
        learner = Learner(
            _lesson(scheme, marks),
            _beside(request.related, scheme.language),
            scheme.language,
            levels=round(scheme.max_points / scheme.step) + 1,
        )
        with self._lock:
            self._learners[fingerprint] = learner
            while len(self._learners) > self._remembered:
                self._learners.popitem(last=False)
        return learner


def _lesson(scheme: MarkScheme, marks: Sequence[HumanMark]) -> Lesson:
    from vivavoce.engines.grader.learning.learner import Lesson

    return Lesson(
        question=scheme.text,
        model_answers=_models(scheme),
        texts=tuple(read(mark.text, scheme.language).text for mark in marks),
        shares=tuple(min(1.0, max(0.0, mark.points / scheme.max_points)) for mark in marks),
    )


def _models(scheme: MarkScheme) -> tuple[str, ...]:
    return scheme.model_answers or ("\n".join(point.text for point in scheme.expected),)


@lru_cache(maxsize=256)
def _expected_terms(scheme: MarkScheme) -> frozenset[str]:
    return frozenset().union(*(terms(text) for text in _models(scheme)))


def _beside(related: Sequence[MarkedQuestion], language: Language) -> list[Lesson]:
    """The lessons of other questions in the same language, up to a limit shared fairly among them."""
    fit = []
    for item in related:
        marks = [mark for mark in item.marks if not is_blank(mark.text)]
        if marks and item.scheme.language == language and item.scheme.key is None:
            fit.append((item.scheme, marks))
    each = max(1, _BESIDE // len(fit)) if fit else 0
    return [_lesson(scheme, marks[-each:]) for scheme, marks in fit]


def _fingerprint(request: GradeRequest) -> str:
    digest = hashlib.sha256(VERSION.encode())
    for scheme, marks in ((request.scheme, request.marks), *((item.scheme, item.marks) for item in request.related)):
        digest.update(msgspec.msgpack.encode((scheme, marks)))
    return digest.hexdigest()


def _judged(request: GradeRequest, answers: Sequence[Answer], learner: Learner, stamp: GraderStamp) -> list[Grade]:
    readings = [read(answer.text, request.scheme.language) for answer in answers]
    asked = [
        index for index, answer in enumerate(answers) if not nothing_answered(answer) and readings[index].sentences
    ]
    found = learner.predict([readings[index].text for index in asked]) if asked else None
    rows = {index: row for row, index in enumerate(asked)}
    grades = []
    for index, answer in enumerate(answers):
        if nothing_answered(answer):
            grades.append(blank(answer, request, stamp))
        elif found is None or index not in rows:
            grades.append(beside_the_point(answer, request, stamp, set_aside=readings[index].set_aside > 0))
        else:
            row = rows[index]
            near = [learner.lesson.shares[mark] for mark in found.nearest[row]]
            share, sure = float(found.shares[row]), float(found.confidence[row])
            grades.append(_learned(answer, request, stamp, readings[index], share, sure, near))
    return grades


def _learned(
    answer: Answer,
    request: GradeRequest,
    stamp: GraderStamp,
    reading: Reading,
    share: float,
    sure: float,
    near: Sequence[float],
) -> Grade:
    scheme = request.scheme
    likely = ", ".join(f"{rounded(value * scheme.max_points, scheme):g}" for value in near)
    rationale = wording.say("learned", scheme.language, marks=stamp.marks, likely=likely)
    if reading.set_aside:
        rationale += " " + wording.say("set_aside", scheme.language)
    level = "high" if share >= 0.85 else "middle" if share >= 0.4 else "low"
    return settled(
        answer,
        request,
        stamp,
        points=share * scheme.max_points,
        confidence=sure,
        evidence=_evidence(scheme, reading),
        rationale=rationale,
        feedback=wording.say(f"learned_feedback_{level}", scheme.language),
    )


def _evidence(scheme: MarkScheme, reading: Reading) -> list[AnswerSpan]:
    """The sentences that share most with the model answer; the first one where none shares anything."""
    expected = _expected_terms(scheme)
    ranked = sorted(reading.sentences, key=lambda sentence: -len(sentence.terms & expected))
    kept = [sentence for sentence in ranked[:_QUOTES] if sentence.terms & expected] or ranked[:1]
    return [AnswerSpan(quote=item.text, start=item.start, end=item.end) for item in kept]
