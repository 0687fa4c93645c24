"""Marked answers of the test data: questions, model answers, answers and the points that people gave."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vivavoce.domain.interview import Language

TESTDATA = Path(__file__).resolve().parents[3] / "shared" / "testdata" / "grading"
#: As points: what each label of the three-way task is worth.
LABELS = {"incorrect": 0.0, "contradictory": 1.0, "correct": 2.0}


class Question(msgspec.Struct, frozen=True):
    """`points` are people's, one for each of `answers`."""

    question_id: str
    text: str
    model_answers: tuple[str, ...]
    answers: tuple[str, ...]
    points: NDArray[np.float64]


class Paper(msgspec.Struct, frozen=True):
    """The questions of one collection, all marked from 0 to `max_points` in steps of one."""

    name: str
    language: Language
    max_points: int
    questions: tuple[Question, ...]

    @property
    def count(self) -> int:
        return sum(len(question.answers) for question in self.questions)


def zh_ads() -> Paper | None:
    """Chinese short answers, 0 to 10 points; None where they are not."""
    path = TESTDATA / "zh-ads" / "train.jsonl"
    if not path.is_file():
        return None
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    by_question: dict[Any, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["q_id"]):
        by_question.setdefault(row["q_id"], []).append(row)
    return Paper(
        "zh-ads",
        "zh",
        10,
        tuple(
            Question(
                question_id=str(question_id),
                text=group[0]["question"],
                model_answers=tuple(
                    group[0][name] for name in ("reference1", "reference2", "reference3") if group[0][name]
                ),
                answers=tuple(row["answer"] for row in group),
                points=np.array([float(row["score"]) for row in group]),
            )
            for question_id, group in by_question.items()
        ),
    )


def semeval(part: str) -> Paper | None:
    """`beetle` or `sciEntsBank`, three-way labels as 0, 1 and 2 points; None where they are not."""
    files = sorted((TESTDATA / "en-semeval2013-task7" / "training" / "3way" / part).glob("*.xml"))
    questions = []
    for path in files:
        root = ET.parse(path).getroot()
        answers = list(root.iter("studentAnswer"))
        questions.append(
            Question(
                question_id=path.stem,
                text=root.findtext("questionText") or "",
                model_answers=tuple(item.text or "" for item in root.iter("referenceAnswer")),
                answers=tuple(item.text or "" for item in answers),
                points=np.array([LABELS[item.get("accuracy", "")] for item in answers]),
            )
        )
    return Paper(part, "en", 2, tuple(questions)) if questions else None
