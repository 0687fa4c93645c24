"""The grader without a model and without marks: which of the expected points does an answer say?"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Final

import msgspec

from vivavoce.domain.answer_key import ExpectedPoint
from vivavoce.engines.evaluator import sentences
from vivavoce.engines.grader import wording
from vivavoce.engines.grader.contract import Answer, AnswerSpan, Grade, GradeRequest, GraderStamp, MarkScheme
from vivavoce.engines.grader.grades import beside_the_point, blank, nothing_answered, settled, to_person
from vivavoce.engines.grader.reading import Reading, Sentence, negates, read, terms

NAME: Final = "rubric"
VERSION: Final = "1.0.0"
_SLICE: Final = 20
#: The share of a point's terms from which it counts as said in full, and below which not at all.
_FULL: Final = 0.5
_NOTHING: Final = 0.15
#: Words alone never make this grader surer.
_SUREST: Final = 0.75
_UNWRITTEN: Final = 0.45
_NAME_LENGTH: Final = 60


class _Point(msgspec.Struct, frozen=True):
    point: ExpectedPoint
    ways: tuple[frozenset[str], ...]
    negates: bool


class _Found(msgspec.Struct, frozen=True):
    """How far a point is said (0 to 1), by which sentences, and whether its opposite is."""

    share: float
    by: tuple[Sentence, ...]
    denied: bool


class RubricGrader:
    """Looks for each expected point (or, where there is no rubric, each sentence of the model answer) by its terms."""

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
        grades: list[Grade] = []
        for begin in range(0, len(request.answers), _SLICE):
            grades += self.judge(request, request.answers[begin : begin + _SLICE])
            await asyncio.sleep(0)
        return tuple(grades)

    def judge(self, request: GradeRequest, answers: tuple[Answer, ...] | None = None) -> list[Grade]:
        """The grades of `answers` (all of the request's), for callers that have no event loop."""
        scheme = request.scheme
        stamp = GraderStamp(engine=NAME, version=VERSION, scheme_version=scheme.version)
        points = points_of(scheme)
        return [_graded(answer, request, points, stamp) for answer in (request.answers if answers is None else answers)]


@lru_cache(maxsize=256)
def points_of(scheme: MarkScheme) -> tuple[_Point, ...]:
    """The points that an answer is expected to make: the rubric's, or the model answer's sentences at equal worth."""
    asked = terms(scheme.text)
    if scheme.expected:
        return tuple(
            _Point(
                point,
                _ways((point.text, *point.alternatives), asked),
                negates(point.text, scheme.language),
            )
            for point in scheme.expected
        )
    if not scheme.model_answers:
        return ()
    first, *others = scheme.model_answers
    spans = [first[span.start : span.end] for span in sentences.split(first, scheme.language)]
    worth = scheme.max_points / max(1, len(spans))
    return tuple(
        _Point(
            ExpectedPoint(point_id=f"m{index + 1}", text=text, points=worth),
            _ways((text, *(others if len(spans) == 1 else ())), asked),
            negates(text, scheme.language),
        )
        for index, text in enumerate(spans)
    )


def _ways(texts: tuple[str, ...], asked: frozenset[str]) -> tuple[frozenset[str], ...]:
    """The terms of each way of saying a point. What the question says already shows nothing, unless it is all."""
    ways = []
    for text in texts:
        own = terms(text)
        ways.append(own - asked or own)
    return tuple(way for way in ways if way)


def _graded(answer: Answer, request: GradeRequest, points: tuple[_Point, ...], stamp: GraderStamp) -> Grade:
    if nothing_answered(answer):
        return blank(answer, request, stamp)
    if not points:
        return to_person(answer, request, stamp, "no_key")
    language = request.scheme.language
    reading = read(answer.text, language)
    if not reading.sentences:
        return beside_the_point(answer, request, stamp, set_aside=reading.set_aside > 0)
    found = [_found(point, reading) for point in points]
    earned = {
        point.point.point_id: round(0.0 if item.denied else item.share * point.point.points, 4)
        for point, item in zip(points, found, strict=True)
    }
    total = sum(point.point.points for point in points)
    share = sum(earned.values()) / total if total > 0 else 0.0
    covered = [point for point, item in zip(points, found, strict=True) if item.share > 0 and not item.denied]
    missing = [point for point, item in zip(points, found, strict=True) if item.share == 0]
    denied = [point for point, item in zip(points, found, strict=True) if item.denied]
    rationale = [
        wording.say("points_covered", language, covered=len(covered), total=len(points), names=_names(covered))
        if covered
        else wording.say("points_none", language)
    ]
    if denied:
        rationale.append(wording.say("contradicted", language, names=_names(denied)))
    if reading.set_aside:
        rationale.append(wording.say("set_aside", language))
    evidence = [
        AnswerSpan(quote=sentence.text, start=sentence.start, end=sentence.end, point_id=point.point.point_id)
        for point, item in zip(points, found, strict=True)
        for sentence in item.by
    ]
    return settled(
        answer,
        request,
        stamp,
        points=share * request.scheme.max_points,
        confidence=_confidence(found, bool(request.scheme.expected)),
        evidence=evidence,
        rationale=" ".join(rationale),
        feedback=wording.say("points_missing", language, names=_names([*missing, *denied]))
        if missing or denied
        else wording.say("points_complete", language),
        points_by=earned if request.scheme.expected else None,
    )


def _found(point: _Point, reading: Reading) -> _Found:
    """A point may be said in one sentence or over two that follow each other."""
    best = 0.0
    by: tuple[Sentence, ...] = ()
    for way in point.ways:
        for index, sentence in enumerate(reading.sentences):
            alone = len(way & sentence.terms) / len(way)
            if alone > best + 1e-9:
                best, by = alone, (sentence,)
            if index + 1 < len(reading.sentences):
                following = reading.sentences[index + 1]
                both = len(way & (sentence.terms | following.terms)) / len(way)
                if both > max(best, alone) + 0.15:
                    best, by = both, (sentence, following)
    if best < _NOTHING:
        return _Found(0.0, (), False)
    share = min(1.0, (best - _NOTHING) / (_FULL - _NOTHING))
    denied = share >= 0.5 and len(by) == 1 and by[0].negates != point.negates
    return _Found(share, by, denied)


def _confidence(found: list[_Found], has_rubric: bool) -> float:
    """Surest where each point is plainly there. What was not found may have been said in other words, so it is half a
    doubt; halves and denials are a whole one. Without a written rubric a person always looks."""
    doubt = sum(1.0 if item.denied else 0.5 if item.share == 0 else 1.0 - item.share for item in found) / len(found)
    return (_SUREST if has_rubric else _UNWRITTEN) * (1.0 - 0.7 * doubt)


def _names(points: list[_Point]) -> str:
    return "; ".join(_short(item.point.text) for item in points)


def _short(text: str) -> str:
    return text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"
