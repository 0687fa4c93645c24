"""Do whole interviews end in the right order? Scripted candidates, the guided interviewer, the rule engine.

python -m bench.evaluation.order
"""

from __future__ import annotations

import sys
from statistics import fmean

from bench.dialogue.simulate import KINDS, Kind, SimulatedInterview, run_interviews
from vivavoce.domain.evidence import locked
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import Scorecard
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator

#: An interview without any score ranks below every score.
UNSCORED = 0.9


def judge(evaluator: RuleEvaluator, interview: SimulatedInterview) -> Scorecard:
    language = interview.config.language
    rubric = load_rubric([item.competency for item in interview.plan.competencies], language)
    return evaluator.judge(EvaluationRequest(rubric=rubric, utterances=interview.utterances, language=language))


def in_order(overall: dict[Kind, list[float]]) -> bool:
    """Whether every brilliant interview beats every middling one, and every middling one all the rest."""
    rest = [value for kind in KINDS if kind not in ("brilliant", "middling") for value in overall[kind]]
    return min(overall["brilliant"]) > max(overall["middling"]) and min(overall["middling"]) > max(rest)


def print_language(language: Language) -> bool:
    evaluator = RuleEvaluator()
    overall: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    scored: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    sure: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    for interview in run_interviews(language):
        scorecard = judge(evaluator, interview)
        assert locked(scorecard, interview.utterances) == scorecard
        overall[interview.kind].append(UNSCORED if scorecard.overall is None else scorecard.overall)
        scored[interview.kind].append(fmean(item.score is not None for item in scorecard.criteria))
        sure[interview.kind] += [item.confidence for item in scorecard.criteria if item.score is not None]
    for kind in KINDS:
        values = overall[kind]
        print(
            f"{language}    {kind:10s}  {fmean(values):.2f}  {min(values):.2f}  {max(values):.2f}"
            f"   {fmean(scored[kind]):5.0%}     {fmean(sure[kind]) if sure[kind] else 0:.2f}"
        )
    ordered = in_order(overall)
    print(f"{language}    every brilliant > every middling > all the rest: {'yes' if ordered else 'NO'}\n")
    return ordered


if __name__ == "__main__":
    print("lang  kind        mean  min   max    scored    confidence   (0.9: nothing could be scored)")
    results = [print_language(language) for language in LANGUAGES]
    sys.exit(0 if all(results) else 1)
