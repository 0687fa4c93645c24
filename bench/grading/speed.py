"""Responses a second that each grader judges in this process, nothing stored: `python -m bench.grading.speed`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.grading.marked import Paper, semeval, zh_ads
from bench.grading.quality import scheme
from bench.speech.setup import write_results
from vivavoce.domain.answer_key import Blank, ChoiceKey, FillInKey, NumericKey, Option
from vivavoce.engines.grader.contract import Answer, Grade, GradeRequest, HumanMark, MarkedQuestion, MarkScheme
from vivavoce.engines.grader.exact import ExactGrader
from vivavoce.engines.grader.learning.grader import LearningGrader
from vivavoce.engines.grader.rubric import RubricGrader

#: As batches hand them out.
_SLICE = 100
_RESPONSES = 10_000
_KEYED = {
    "choice": (ChoiceKey(options=tuple(Option(option_id=name) for name in "ABCD"), correct=("B",)), "BACD"),
    "numeric": (NumericKey(value=9.8, tolerance=0.1, unit="m/s^2"), ("9.8 m/s²", "980 cm/s^2", "g = 9.7", "12 N")),
    "fill-in": (FillInKey(blanks=(Blank(accepted=("oxygen", "O2")),)), ("Oxygen", "o2", "hydrogen", "")),
}


def exact() -> list[dict[str, Any]]:
    rows = []
    for name, (key, texts) in _KEYED.items():
        answers = [Answer(response_id=str(n), text=texts[n % len(texts)]) for n in range(_RESPONSES)]
        question = MarkScheme(question_id=name, version="1", text="?", max_points=1.0, key=key)
        judge = ExactGrader().judge
        rows.append(timed(f"exact, {name}", judge, GradeRequest(scheme=question, answers=()), answers))
    return rows


def free_text(paper: Paper) -> list[dict[str, Any]]:
    """Of the paper's first question, with all its marks and those of the other questions."""
    questions = [
        MarkedQuestion(
            scheme=scheme(paper, question),
            marks=tuple(
                HumanMark(response_id=str(n), text=text, points=float(points))
                for n, (text, points) in enumerate(zip(question.answers, question.points, strict=True))
            ),
        )
        for question in paper.questions
    ]
    own, *others = questions
    answers = [Answer(response_id=f"{n}", text=own.marks[n % len(own.marks)].text + f" {n}") for n in range(2_000)]
    alone = GradeRequest(scheme=own.scheme, answers=(), marks=own.marks)
    beside = GradeRequest(scheme=own.scheme, answers=(), marks=own.marks, related=tuple(others))
    return [
        timed(f"rubric, {paper.name}", RubricGrader().judge, alone, answers),
        timed(f"learning, {paper.name}, own marks", LearningGrader().judge, alone, answers),
        timed(f"learning, {paper.name}, with related", LearningGrader().judge, beside, answers),
    ]


def timed(
    name: str, judge: Callable[[GradeRequest], list[Grade]], request: GradeRequest, answers: Sequence[Answer]
) -> dict[str, Any]:
    """`first_s` is one answer, with what is learned for it; the rest follows in slices."""

    def judged(part: Sequence[Answer]) -> None:
        judge(GradeRequest(scheme=request.scheme, answers=tuple(part), marks=request.marks, related=request.related))

    started = time.perf_counter()
    judged(answers[:1])
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    for begin in range(0, len(answers), _SLICE):
        judged(answers[begin : begin + _SLICE])
    seconds = time.perf_counter() - started
    return {
        "grader": name,
        "marks": len(request.marks) + sum(len(item.marks) for item in request.related),
        "first_s": round(first_s, 2),
        "responses_per_s": round(len(answers) / seconds),
    }


def main() -> None:
    console = Console(width=110)
    papers = [paper for paper in (zh_ads(), semeval("sciEntsBank")) if paper is not None]
    rows = exact() + [row for paper in papers for row in free_text(paper)]
    table = Table("grader", "marks", "first answer, s", "responses/s")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    console.print(table)
    console.print(f"in slices of {_SLICE}, one core, nothing stored")
    console.print(f"written to {write_results('grading_speed', {'rows': rows})}")


if __name__ == "__main__":
    main()
