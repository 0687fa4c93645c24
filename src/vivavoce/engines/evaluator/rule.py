"""The evaluator without a model: deterministic, explainable, fast."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from vivavoce.domain.evidence import level_of, locked
from vivavoce.domain.interview import Language
from vivavoce.domain.scorecard import Criterion, CriterionScore, EngineStamp, Evidence, Scorecard, Utterance
from vivavoce.engines.evaluator import wording
from vivavoce.engines.evaluator.assessment import Assessment, assess
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.contradiction import contradictions
from vivavoce.engines.evaluator.reading import Reading, read
from vivavoce.engines.evaluator.threads import Spoken, gather

NAME: Final = "rule"
VERSION: Final = "1.0.0"
LONGEST_QUOTE: Final = 280
_REMEMBERED: Final = 4096


class RuleEvaluator:
    """Judges by cues of behaviour in what was said: situation, own action, result, detail, reasoning, reflection.

    What has been read of an utterance is remembered, so judging a session again every half minute costs what is new.
    The same request gives the same scorecard, whatever was asked before. Not for use from several threads at once.
    """

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._readings: OrderedDict[tuple[str, str, Language], Reading] = OrderedDict()

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return VERSION

    @property
    def model(self) -> str:
        return ""

    async def evaluate(self, request: EvaluationRequest) -> Scorecard:
        return self.judge(request)

    def judge(self, request: EvaluationRequest) -> Scorecard:
        """The same as `evaluate`, for callers that have no event loop."""
        language = request.language
        threads = gather(
            request.utterances, request.subject, lambda utterance, question: self._read(utterance, question, language)
        )
        contradicting = contradictions(threads)
        criteria = tuple(
            _criterion_score(criterion, assess(criterion, threads, contradicting), language)
            for criterion in request.rubric.criteria
        )
        strengths, gaps = wording.strengths_and_gaps(criteria, language)
        scorecard = Scorecard(
            subject=request.subject,
            language=language,
            criteria=criteria,
            overall=None,
            strengths=strengths,
            gaps=gaps,
            produced_by=EngineStamp(
                engine=NAME,
                version=VERSION,
                rubric_id=request.rubric.rubric_id,
                rubric_version=request.rubric.version,
            ),
        )
        weights = {criterion.criterion_id: criterion.weight for criterion in request.rubric.criteria}
        return locked(scorecard, request.utterances, weights=weights)

    def _read(self, utterance: Utterance, question: str, language: Language) -> Reading:
        key = (utterance.text, question, language)
        reading = self._readings.get(key)
        if reading is None:
            reading = read(utterance.text, question, language)
            self._readings[key] = reading
            if len(self._readings) > self._remembered:
                self._readings.popitem(last=False)
        else:
            self._readings.move_to_end(key)
        return reading


def _criterion_score(criterion: Criterion, assessment: Assessment, language: Language) -> CriterionScore:
    score = assessment.score
    if score is None:
        rationale, feedback = wording.insufficient(language)
        return CriterionScore(
            criterion_id=criterion.criterion_id,
            name=criterion.name,
            verdict="insufficient_evidence",
            score=None,
            level=None,
            anchor="",
            confidence=0.0,
            rationale=rationale,
            feedback=feedback,
            keywords=(),
            evidence=(),
        )
    level = level_of(score)
    return CriterionScore(
        criterion_id=criterion.criterion_id,
        name=criterion.name,
        verdict="scored",
        score=score,
        level=level,
        anchor=next((item.anchor for item in criterion.levels if item.level == level), ""),
        confidence=assessment.confidence,
        rationale=wording.rationale(criterion.criterion_id, assessment, language),
        feedback=wording.feedback(criterion.criterion_id, assessment, language),
        keywords=assessment.keywords,
        evidence=_quotations(assessment.evidence),
    )


def _quotations(spoken: Sequence[Spoken]) -> tuple[Evidence, ...]:
    return tuple(_quotation(item) for item in spoken)


def _quotation(spoken: Spoken) -> Evidence:
    text = spoken.utterance.text
    start, end = spoken.sentence.start, min(spoken.sentence.end, spoken.sentence.start + LONGEST_QUOTE)
    return Evidence(utterance_id=spoken.utterance.utterance_id, quote=text[start:end], start=start, end=end)
