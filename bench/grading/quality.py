"""How well the learning grader marks, beside baselines: `python -m bench.grading.quality [--quick]`.

Protocol. Within each question the answers are split in five parts (shuffled, seed 0; for the labels stratified). Each
part is graded by a grader that was given the marks of the other four: all of them, or 20 or 40 drawn from them at
random. Figures are over all answers of all questions together. "With related" gives the grader, beside the question's
own marks, those of the collection's other questions, as an exam has them: for part k of a question the marks of the
other questions' parts except k, so that no answer which is being graded, of whatever question, is among the marks.
`--quick` takes every fifth question.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score, f1_score
from sklearn.model_selection import KFold, StratifiedKFold

from bench.grading.baselines import Baseline, lexical_overlap, logistic, tfidf_ridge
from bench.grading.marked import Paper, Question, semeval, zh_ads
from bench.speech.setup import write_results
from vivavoce.engines.grader.contract import Answer, GradeRequest, HumanMark, MarkedQuestion, MarkScheme
from vivavoce.engines.grader.learning.grader import LearningGrader

_FOLDS = 5
_SEED = 0
#: The share of answers that stays with the machine where the unsure ones go to people.
_KEPT = 0.7


class Part(msgspec.Struct, frozen=True):
    """A question's rows to learn from and to grade."""

    question: Question
    learn: NDArray[np.intp]
    grade: NDArray[np.intp]


class Graded(msgspec.Struct, frozen=True):
    given: NDArray[np.float64]
    points: NDArray[np.float64]
    confidence: NDArray[np.float64]


def parts(paper: Paper, fold: int, count: int | None) -> list[Part]:
    """Part `fold` of every question, with at most `count` marks to learn from."""
    found = []
    for question in paper.questions:
        labels = question.points.astype(int)
        kind = StratifiedKFold if paper.max_points <= 2 else KFold
        with warnings.catch_warnings():
            # A label that fewer answers have than there are parts is in some parts only.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            splits = list(kind(_FOLDS, shuffle=True, random_state=_SEED).split(np.arange(len(labels)), labels))
        learn, grade = splits[fold]
        if count is not None:
            learn = np.random.default_rng(_SEED).permutation(learn)[:count]
        found.append(Part(question, learn, grade))
    return found


def scheme(paper: Paper, question: Question) -> MarkScheme:
    return MarkScheme(
        question_id=question.question_id,
        version="1",
        text=question.text,
        max_points=float(paper.max_points),
        language=paper.language,
        model_answers=question.model_answers,
    )


def marks(part: Part) -> tuple[HumanMark, ...]:
    question = part.question
    return tuple(
        HumanMark(response_id=str(row), text=question.answers[row], points=float(question.points[row]))
        for row in part.learn
    )


def by_grader(paper: Paper, fold: int, count: int | None, related: bool) -> list[Graded]:
    own = parts(paper, fold, count)
    learned = [MarkedQuestion(scheme=scheme(paper, part.question), marks=marks(part)) for part in own]
    found = []
    for index, part in enumerate(own):
        request = GradeRequest(
            scheme=learned[index].scheme,
            answers=tuple(Answer(response_id=str(row), text=part.question.answers[row]) for row in part.grade),
            marks=learned[index].marks,
            related=tuple(item for item in learned if item is not learned[index]) if related else (),
        )
        grades = LearningGrader(remembered=1).judge(request)
        found.append(
            Graded(
                part.question.points[part.grade],
                np.array([0.0 if grade.points is None else grade.points for grade in grades]),
                np.array([grade.confidence for grade in grades]),
            )
        )
    return found


def by_baseline(paper: Paper, fold: int, count: int | None, baseline: Baseline) -> list[Graded]:
    found = []
    for part in parts(paper, fold, count):
        question = part.question
        learn = [question.answers[row] for row in part.learn]
        wanted = [question.answers[row] for row in part.grade]
        points = baseline(question, learn, question.points[part.learn], wanted, paper.max_points)
        found.append(Graded(question.points[part.grade], points, np.zeros(len(points))))
    return found


def together(items: Iterator[list[Graded]]) -> Graded:
    every = [item for group in items for item in group]
    return Graded(
        np.concatenate([item.given for item in every]),
        np.concatenate([item.points for item in every]),
        np.concatenate([item.confidence for item in every]),
    )


def qwk(paper: Paper, graded: Graded, *, kept: float = 1.0) -> float:
    """Quadratic weighted kappa of the `kept` share that the grader is surest of."""
    rows = np.argsort(-graded.confidence, kind="stable")[: round(kept * len(graded.given))]
    levels = range(paper.max_points + 1)
    given, points = graded.given[rows].round().astype(int), graded.points[rows].round().astype(int)
    return float(cohen_kappa_score(given, points, weights="quadratic", labels=levels))


def weighted_f1(graded: Graded) -> float:
    return float(f1_score(graded.given.astype(int), graded.points.astype(int), average="weighted"))


class Run(msgspec.Struct, frozen=True):
    """Something to be measured with `count` marks a question (None: all there are). `asked` is the least figure over
    all answers, `asked_of_surest` the least QWK of what the grader is surest of."""

    grader: str
    work: Callable[[Paper, int, int | None], list[Graded]]
    count: int | None = None
    asked: float | None = None
    asked_of_surest: float | None = None


def runs(paper: Paper) -> list[Run]:
    overlap = Run("lexical overlap", partial(by_baseline, baseline=lexical_overlap))
    own, related = partial(by_grader, related=False), partial(by_grader, related=True)
    if paper.max_points <= 2:
        regression = partial(by_baseline, baseline=logistic)
        return [
            overlap,
            *(Run("logistic regression", regression, count) for count in (20, None)),
            *(Run("learning, own marks", own, count) for count in (20, None)),
            Run("learning, with related", related, 20),
            Run("learning, with related", related, asked=0.75 if paper.name == "beetle" else 0.79),
        ]
    ridge = partial(by_baseline, baseline=tfidf_ridge)
    return [
        overlap,
        *(Run("TF-IDF ridge, overlap", ridge, count) for count in (20, 40, None)),
        Run("learning, own marks", own, 20, 0.62),
        Run("learning, own marks", own, 40, 0.72),
        Run("learning, own marks", own, None, 0.76, 0.85),
        *(Run("learning, with related", related, count) for count in (20, 40, None)),
    ]


def measured(paper: Paper, run: Run, processes: ProcessPoolExecutor) -> dict[str, Any]:
    started = time.perf_counter()
    graded = together(processes.map(partial(run.work, paper), range(_FOLDS), [run.count] * _FOLDS))
    labels = paper.max_points <= 2
    row = {
        "answers": paper.name,
        "grader": run.grader,
        "marks": run.count or "all",
        "figure": "weighted F1" if labels else "QWK",
        "value": round(weighted_f1(graded) if labels else qwk(paper, graded), 4),
        "asked": run.asked,
    }
    if run.grader.startswith("learning"):
        row |= {
            "confidence_of_surest": round(float(np.quantile(graded.confidence, 1 - _KEPT)), 4),
            "qwk_of_surest": round(qwk(paper, graded, kept=_KEPT), 4),
            "asked_of_surest": run.asked_of_surest,
        }
    figures = ((run.asked, row["value"]), (run.asked_of_surest, row.get("qwk_of_surest")))
    verdicts = [value >= asked for asked, value in figures if asked is not None]
    return {**row, "met": all(verdicts) if verdicts else None, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    console = Console(width=140)
    quick = "--quick" in sys.argv
    papers = [paper for paper in (zh_ads(), semeval("beetle"), semeval("sciEntsBank")) if paper is not None]
    if not papers:
        console.print("No marked answers beside the checkout: nothing to measure.")
        return
    rows: list[dict[str, Any]] = []
    # One core a process; the processes inherit this.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        for paper in papers:
            if quick:
                paper = msgspec.structs.replace(paper, questions=paper.questions[::5])
            for run in runs(paper):
                row = measured(paper, run, processes)
                rows.append(row)
                console.print(f"{paper.name}, {run.grader}, {row['marks']} marks: {row['value']}, {row['seconds']} s")
    console.print(shown(rows))
    console.print("five-fold within questions; with related: the other questions' marks outside the graded fifth;")
    console.print(f"the surest: the {_KEPT:.0%} of the answers with at least that confidence, the rest goes to people")
    if not quick:
        console.print(f"written to {write_results('grading_quality', {'folds': _FOLDS, 'rows': rows})}")


def shown(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "answers", "grader", "marks", "figure", "value", "asked", "QWK of the surest", "from", "asked", "", "s"
    )
    for row in rows:
        surest, least = (
            f"{row[name]:.4f}" if name in row else "" for name in ("qwk_of_surest", "confidence_of_surest")
        )
        table.add_row(
            *(str(row[name]) for name in ("answers", "grader", "marks", "figure")),
            f"{row['value']:.4f}",
            _least(row["asked"]),
            surest,
            least,
            _least(row.get("asked_of_surest")),
            {True: "met", False: "MISSED", None: ""}[row["met"]],
            f"{row['seconds']:.0f}",
        )
    return table


def _least(asked: float | None) -> str:
    return "" if asked is None else f"≥ {asked:.2f}"


if __name__ == "__main__":
    main()
