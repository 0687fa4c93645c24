"""Written answers of known quality, and how they are put before an evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.scorecard import CriterionScore, Utterance
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator

FOLDER = Path(__file__).parent / "quality_sets"
Split = Literal["development", "held_out", "panel"]


class Answer(msgspec.Struct, frozen=True):
    """An answer to one question; `level` is the quality its writer gave it: 1 low, 2 middling, 3 high."""

    criterion: str
    level: int
    question: str
    answer: str


def load(split: Split, language: Language) -> list[Answer]:
    lines = (FOLDER / f"{split}.{language}.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Answer) for line in lines]


def load_all(split: Split) -> dict[Language, list[Answer]]:
    return {language: load(split, language) for language in LANGUAGES}


def panel_answers(language: Language) -> list[Answer]:
    """Sixty answers to the panel's four criteria that nobody tuned on, twenty of each quality."""
    held_out = [answer for answer in load("held_out", language) if answer.criterion in PANEL_CRITERIA]
    return held_out + load("panel", language)


def injections() -> list[str]:
    return (FOLDER / "injections.txt").read_text(encoding="utf-8").splitlines()


def judge(
    evaluator: RuleEvaluator, answer: Answer, language: Language, *, text: str | None = None, tagged: bool = True
) -> CriterionScore:
    """The judgement of one answer. Untagged: nobody says what the question was about, as in a panel."""
    question = Utterance(utterance_id="q", speaker="interviewer", text=answer.question, start=0, end=5)
    reply = Utterance(
        utterance_id="a",
        speaker="candidate",
        text=answer.answer if text is None else text,
        start=5,
        end=60,
        in_answer_to=answer.question if tagged else "",
        competency=answer.criterion if tagged else "",
    )
    request = EvaluationRequest(
        rubric=load_rubric([answer.criterion], language), utterances=(question, reply), language=language
    )
    return evaluator.judge(request).criteria[0]


def ranked(score: CriterionScore) -> float:
    """The score for ranking; nothing relevant said ranks below every score."""
    return score.score if score.score is not None else 0.9
