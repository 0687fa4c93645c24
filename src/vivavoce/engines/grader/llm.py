"""The grader with a model: any OpenAI-compatible endpoint, held to a schema, its quotations verified."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from vivavoce.domain.answer_key import is_blank
from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.grader.contract import Answer, AnswerSpan, Grade, GradeRequest, GraderStamp, HumanMark, MarkScheme
from vivavoce.engines.grader.grades import beside_the_point, blank, nothing_answered, settled, to_person, unavailable
from vivavoce.engines.grader.prompt import (
    PROMPT_VERSION,
    Marking,
    examples_of,
    fence_of,
    schema,
    shown,
    system_prompt,
    user_prompt,
)
from vivavoce.engines.structured_model import LlmOptions, StructuredModel, UnusableAnswer, Usage

NAME: Final = "llm"
VERSION: Final = "1.0.0"
_RATIONALE_LIMIT: Final = 600
_FEEDBACK_LIMIT: Final = 240
_QUOTES: Final = 4
#: A model is never believed to be surer than this.
_SUREST: Final = 0.95
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class LlmGrader:
    """Asks a model about each answer by itself, so that no answer can speak for or against another.

    While the endpoint is away, slow or talks nonsense, answers are `pending` with the reason `unavailable`.
    """

    def __init__(self, options: LlmOptions, *, concurrent: int = 4) -> None:
        self._model = StructuredModel(options, concurrent=concurrent)
        self._concurrent = concurrent

    @property
    def usage(self) -> Usage:
        return self._model.usage

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    @property
    def model(self) -> str:
        return self._model.name

    def can_grade(self, scheme: MarkScheme) -> bool:
        return scheme.key is None

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._model.aclose()

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]:
        examples = examples_of(request.marks)
        stamp = GraderStamp(
            engine=NAME,
            version=VERSION,
            model=self.model,
            prompt_version=PROMPT_VERSION,
            scheme_version=request.scheme.version,
            marks=len(examples),
        )
        grades: list[Grade] = []
        asked = True
        for begin in range(0, len(request.answers), self._concurrent):
            wave = request.answers[begin : begin + self._concurrent]
            found = await asyncio.gather(
                *(self._graded(answer, request, examples, stamp, may_ask=asked) for answer in wave)
            )
            grades += found
            # An endpoint that answered none of a wave is not asked about the rest.
            asked = asked and not all(grade.reason == "unavailable" for grade in found)
        return tuple(grades)

    async def _graded(
        self,
        answer: Answer,
        request: GradeRequest,
        examples: Sequence[HumanMark],
        stamp: GraderStamp,
        *,
        may_ask: bool,
    ) -> Grade:
        if nothing_answered(answer):
            return blank(answer, request, stamp)
        scheme = request.scheme
        if not (scheme.text.strip() or scheme.model_answers or scheme.expected):
            return to_person(answer, request, stamp, "no_key")
        text = shown(answer.text, scheme.language)
        if is_blank(text):
            return beside_the_point(answer, request, stamp, set_aside=not is_blank(answer.text))
        if not may_ask:
            return unavailable(answer, request, stamp)
        fence = fence_of(answer, examples)
        try:
            marking = await self._model.ask(
                system_prompt(scheme, fence),
                user_prompt(scheme, text, examples, fence),
                lambda reply: _marking(reply, scheme),
                schema=schema(),
                schema_name="marking",
            )
        except VivavoceError:
            return unavailable(answer, request, stamp)
        return _believed(answer, request, stamp, marking, text)


def _marking(reply: bytes, scheme: MarkScheme) -> Marking:
    """The model's reply, if it is a marking by this scheme. Raises UnusableAnswer, or msgspec's errors."""
    marking = msgspec.json.decode(reply, type=Marking)
    worth = {point.point_id: point.points for point in scheme.expected}
    given = [item.point_id for item in marking.points_by]
    if worth:
        wrong = [point_id for point_id in worth if given.count(point_id) != 1]
        wrong += [point_id for point_id in given if point_id not in worth]
        if wrong:
            raise UnusableAnswer(f"points_by needs exactly one entry for each point; look at {', '.join(wrong)}")
        above = [item.point_id for item in marking.points_by if item.points > worth[item.point_id] + 1e-9]
        if above:
            raise UnusableAnswer(f"more points than a point is worth: {', '.join(above)}")
    elif marking.points > scheme.max_points + 1e-9:
        raise UnusableAnswer(f"points are at most {scheme.max_points:g}")
    return marking


def _believed(answer: Answer, request: GradeRequest, stamp: GraderStamp, marking: Marking, text: str) -> Grade:
    """What of a marking the answer bears out. Points that no true quotation carries are not given."""
    scheme = request.scheme
    quoted = marking.evidence[:_QUOTES]
    evidence = [span for item in quoted if (span := _span(item.quote, item.point_id, answer, scheme, text)) is not None]
    points_by = {item.point_id: item.points for item in marking.points_by} if scheme.expected else {}
    total = sum(point.points for point in scheme.expected)
    points = scheme.max_points * sum(points_by.values()) / total if total > 0 else marking.points
    if points > 0 and not evidence:
        return to_person(answer, request, stamp, "no_evidence")
    # Quotations that did not hold make the rest less sure.
    held = len(evidence) / len(quoted) if quoted else 1.0
    return settled(
        answer,
        request,
        stamp,
        points=points,
        confidence=min(marking.confidence, _SUREST) * held,
        evidence=evidence,
        rationale=_clean(marking.rationale, _RATIONALE_LIMIT),
        feedback=_clean(marking.feedback, _FEEDBACK_LIMIT),
        points_by=points_by,
    )


def _span(quote: str, point_id: str, answer: Answer, scheme: MarkScheme, text: str) -> AnswerSpan | None:
    """Where a quotation stands in the answer, the first time; None where it does not, or was not shown."""
    quote = quote.strip()
    start = answer.text.find(quote) if quote and quote in text else -1
    if start < 0:
        return None
    known = any(point.point_id == point_id for point in scheme.expected)
    return AnswerSpan(quote=quote, start=start, end=start + len(quote), point_id=point_id if known else "")


def _clean(text: str, limit: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]
