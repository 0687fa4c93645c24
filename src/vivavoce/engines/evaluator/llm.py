"""The evaluator with a model: any OpenAI-compatible endpoint, held to a schema, its evidence verified."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from vivavoce.domain.evidence import level_of, locked
from vivavoce.domain.scorecard import Criterion, CriterionScore, EngineStamp, Evidence, Scorecard
from vivavoce.engines.evaluator import wording
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.prompt import (
    PROMPT_VERSION,
    JudgedCriterion,
    Judgement,
    schema,
    system_prompt,
    user_prompt,
)
from vivavoce.engines.structured_model import LlmOptions, StructuredModel, UnusableAnswer, Usage

NAME: Final = "llm"
VERSION: Final = "1.0.0"
_RATIONALE_LIMIT: Final = 600
_FEEDBACK_LIMIT: Final = 240
_KEYWORDS: Final = 8
_QUOTES: Final = 3
#: A model is never believed to be surer than this.
_SUREST: Final = 0.95
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class LlmEvaluator:
    """Asks a model, and believes of its answer only what the transcript bears out."""

    def __init__(self, options: LlmOptions, *, concurrent: int = 4) -> None:
        self._model = StructuredModel(options, concurrent=concurrent)

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

    async def aclose(self) -> None:
        """Close the connections to the endpoint."""
        await self._model.aclose()

    async def evaluate(self, request: EvaluationRequest) -> Scorecard:
        if self._nothing_new(request):
            assert request.previous is not None
            return request.previous
        if not any(item.speaker == request.subject and item.text.strip() for item in request.utterances):
            return self._scorecard(request, Judgement(()))
        judgement = await self._model.ask(
            system_prompt(request),
            user_prompt(request),
            lambda answer: _judgement(answer, request),
            schema=schema(),
            schema_name="judgement",
        )
        return self._scorecard(request, judgement)

    def _nothing_new(self, request: EvaluationRequest) -> bool:
        """Whether the earlier scorecard already covers every word of the subject, judged the same way."""
        previous = request.previous
        if previous is None or previous.produced_by != self._stamp(request):
            return False
        seen = set(request.seen)
        return all(item.utterance_id in seen for item in request.utterances if item.speaker == request.subject)

    def _stamp(self, request: EvaluationRequest) -> EngineStamp:
        return EngineStamp(
            engine=NAME,
            version=VERSION,
            model=self.model,
            prompt_version=PROMPT_VERSION,
            rubric_id=request.rubric.rubric_id,
            rubric_version=request.rubric.version,
        )

    def _scorecard(self, request: EvaluationRequest, judgement: Judgement) -> Scorecard:
        judged = {item.criterion_id: item for item in judgement.criteria}
        scorecard = Scorecard(
            subject=request.subject,
            language=request.language,
            criteria=tuple(
                _criterion_score(criterion, judged.get(criterion.criterion_id)) for criterion in request.rubric.criteria
            ),
            overall=None,
            strengths=(),
            gaps=(),
            produced_by=self._stamp(request),
        )
        weights = {criterion.criterion_id: criterion.weight for criterion in request.rubric.criteria}
        verified = locked(scorecard, request.utterances, weights=weights)
        criteria = tuple(
            _completed(before, after, request)
            for before, after in zip(scorecard.criteria, verified.criteria, strict=True)
        )
        strengths, gaps = wording.strengths_and_gaps(criteria, request.language)
        return msgspec.structs.replace(verified, criteria=criteria, strengths=strengths, gaps=gaps)


def _judgement(answer: bytes, request: EvaluationRequest) -> Judgement:
    """The model's answer, if it is one. Raises UnusableAnswer, or msgspec's errors."""
    judgement = msgspec.json.decode(answer, type=Judgement)
    asked = [criterion.criterion_id for criterion in request.rubric.criteria]
    answered = [item.criterion_id for item in judgement.criteria]
    missing = [criterion_id for criterion_id in asked if answered.count(criterion_id) != 1]
    if missing:
        raise UnusableAnswer(f"there must be exactly one entry for each criterion; look at {', '.join(missing)}")
    return judgement


def _criterion_score(criterion: Criterion, judged: JudgedCriterion | None) -> CriterionScore:
    score = None if judged is None or judged.score is None else round(judged.score, 1)
    level = None if score is None else level_of(score)
    evidence = () if judged is None or score is None else judged.evidence
    return CriterionScore(
        criterion_id=criterion.criterion_id,
        name=criterion.name,
        verdict="insufficient_evidence" if score is None else "scored",
        score=score,
        level=level,
        anchor=next((item.anchor for item in criterion.levels if item.level == level), ""),
        confidence=0.0 if judged is None else round(min(judged.confidence, _SUREST), 2),
        rationale="" if judged is None else _clean(judged.rationale, _RATIONALE_LIMIT),
        feedback="" if judged is None else _clean(judged.feedback, _FEEDBACK_LIMIT),
        keywords=() if judged is None else tuple(_clean(word, 40) for word in judged.keywords[:_KEYWORDS]),
        # The span is found by the verification; a model cannot count characters.
        evidence=tuple(
            Evidence(utterance_id=item.utterance_id, quote=item.quote, start=-1, end=-1) for item in evidence[:_QUOTES]
        ),
    )


def _completed(before: CriterionScore, after: CriterionScore, request: EvaluationRequest) -> CriterionScore:
    if after.score is None:
        rationale, feedback = wording.insufficient(request.language)
        return msgspec.structs.replace(after, rationale=rationale, feedback=feedback, keywords=(), evidence=())
    # Quotations that did not hold make the rest less sure.
    share = len(after.evidence) / max(1, len(before.evidence))
    said = "\n".join(item.text for item in request.utterances if item.speaker == request.subject).lower()
    keywords = tuple(word for word in after.keywords if word and word.lower() in said)
    return msgspec.structs.replace(after, confidence=round(after.confidence * share, 2), keywords=keywords)


def _clean(text: str, limit: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:limit]
