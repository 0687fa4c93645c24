"""`python -m bench.grading.throughput`: responses graded a second, end to end: handed out by a workflow, graded, stored
with their events, counted in the batch. Prints one line a figure and writes bench/results/grading-throughput.json.

Of free text twice: short answers made up here, and (where the test data is) what people wrote in Chinese. A fifth of
the number is graded of each. `--responses N` grades another number, `--quick` a few.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.core.__main__ import RESULTS
from bench.grading.marked import Paper, zh_ads
from vivavoce import settings as settings_module
from vivavoce.bootstrap import House, build
from vivavoce.domain.access import Identity
from vivavoce.domain.answer_key import Blank, ChoiceKey, ExpectedPoint, FillInKey, NumericKey, Option, TrueFalseKey
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.batch import BatchPurpose
from vivavoce.domain.exam.exam import Wish
from vivavoce.domain.exam.questions import ExamHead, ExamSettings, Question
from vivavoce.domain.interview import Language
from vivavoce.grading import intake
from vivavoce.grading.batches import RunningBatch
from vivavoce.grading.exams import RunningExam

EXACT_TARGET, LEARNING_TARGET = 2_000, 300
MARKED = 40
_IDEAS = (
    "ice is less dense than water",
    "the crystal leaves room between the molecules",
    "the buoyant force is larger than the weight",
)
_OTHER = ("because it is cold", "water is wet", "I think so", "ice is heavy", "it has air inside", "it melts slowly")
_EXACT = (
    Question(
        question_id="single",
        type="single_choice",
        text="Which?",
        key=ChoiceKey(options=tuple(Option(option_id=name) for name in "ABCD"), correct=("B",)),
    ),
    Question(
        question_id="multiple",
        type="multiple_choice",
        text="Which?",
        key=ChoiceKey(options=tuple(Option(option_id=name) for name in "ABCD"), correct=("B", "D")),
    ),
    Question(question_id="yes", type="true_false", text="True?", key=TrueFalseKey(correct=True)),
    Question(question_id="number", type="numeric", text="How many?", key=NumericKey(value=9.81, tolerance=0.02)),
    Question(
        question_id="gap",
        type="fill_in",
        text="The capital of Korea is ___.",
        key=FillInKey(blanks=(Blank(accepted=("Seoul", "서울")),)),
    ),
)


def _open(number: int) -> Question:
    points = tuple(ExpectedPoint(point_id=f"p{n}", text=idea, points=1.0) for n, idea in enumerate(_IDEAS))
    return Question(
        question_id=f"open{number}",
        type="short_answer",
        text="Why does ice float on water?",
        points=3.0,
        rubric=points,
        model_answers=(". ".join(_IDEAS),),
    )


def _answer(chance: random.Random) -> tuple[str, float]:
    """An answer and what a person gives it."""
    said = [idea for idea in _IDEAS if chance.random() < 0.5]
    words = [*said, *chance.sample(_OTHER, 2), f"example {chance.randrange(10_000)}"]
    chance.shuffle(words)
    return ". ".join(words), float(len(said))


async def _exam(
    house: House, exam_id: str, questions: list[Question], items: list[dict[str, Any]], *, language: Language = "en"
) -> RunningExam:
    exam = await house.grading.exams.open(exam_id)
    head = ExamHead(title="Bench", language=language, settings=ExamSettings(check_share=1.0, seed_share=0.0))
    await exam.submit(lambda state: rules.create(state, exam_id, head, questions, "ann"), "ann")
    for begin in range(0, len(items), intake.ROWS_LIMIT):
        taken = intake.from_json(exam.state, items[begin : begin + intake.ROWS_LIMIT])
        await intake.receive(exam, taken.submissions, "ann")
    return exam


async def _graded(
    house: House, exam_id: str, *, purpose: BatchPurpose = "full", sample: int = 1
) -> tuple[RunningBatch, float]:
    """Grade what is ungraded; the seconds from the wish to the last stored grade."""
    started = time.perf_counter()
    batch = await house.grading.batches.create(exam_id, "ann", purpose=purpose, sample=sample)
    while batch.state.status == "running":
        await asyncio.sleep(0.02)
    took = time.perf_counter() - started
    assert batch.state.completed == batch.state.total, batch.state
    return batch, took


async def _exact(house: House, responses: int) -> dict[str, Any]:
    await _warm(house)
    chance = random.Random(1)
    items = [
        {
            "student_id": f"s{n}",
            "answers": {
                "single": chance.choice("ABCD"),
                "multiple": chance.sample("ABCD", 2),
                "yes": chance.random() < 0.5,
                "number": f"{chance.uniform(9.7, 9.9):.2f}",
                "gap": chance.choice(("Seoul", "seoul ", "Busan")),
            },
        }
        for n in range(responses // len(_EXACT))
    ]
    await _exam(house, "exact", list(_EXACT), items)
    batch, took = await _graded(house, "exact")
    return _figure(batch.state.total, took, EXACT_TARGET)


async def _warm(house: House) -> None:
    """The workflow engine is launched with the first batch; that is not what is measured."""
    await _exam(house, "warm", list(_EXACT), [{"student_id": "s", "answers": {"single": "A"}}])
    await _graded(house, "warm")


class Written(msgspec.Struct, frozen=True):
    """Free-text questions, and for each student the answers and what a person gives them, by question."""

    exam_id: str
    language: Language
    questions: list[Question]
    students: list[dict[str, tuple[str, float]]]


def _made_up(responses: int) -> Written:
    """Three questions with short English answers of a few phrases."""
    chance = random.Random(2)
    questions = [_open(number) for number in range(3)]
    students = [
        {question.question_id: _answer(chance) for question in questions}
        for _ in range(MARKED + responses // len(questions))
    ]
    return Written("learning", "en", questions, students)


def _from_people(paper: Paper, responses: int) -> Written:
    """Five questions with answers that people wrote, about a hundred characters each. Where they do not suffice they
    come again with a number, so that none is read twice."""
    chosen = paper.questions[:5]
    questions = [
        Question(
            question_id=f"q{question.question_id}",
            type="short_answer",
            text=question.text,
            points=float(paper.max_points),
            model_answers=question.model_answers,
        )
        for question in chosen
    ]
    students = [
        {
            asked.question_id: (f"{question.answers[n % len(question.answers)]} {n}", float(points))
            for asked, question in zip(questions, chosen, strict=True)
            for points in (question.points[n % len(question.answers)],)
        }
        for n in range(MARKED + responses // len(questions))
    ]
    return Written("learning-people", paper.language, questions, students)


async def _learning(house: House, written: Written) -> dict[str, Any]:
    """Forty human marks a question; learning itself is part of the time."""
    items = [
        {
            "student_id": f"s{n}",
            "submission_id": f"{written.exam_id}-s{n}",
            "answers": {question_id: text for question_id, (text, _) in answers.items()},
        }
        for n, answers in enumerate(written.students)
    ]
    worth = {
        f"{written.exam_id}-s{n}.{question_id}": points
        for n, answers in enumerate(written.students)
        for question_id, (_, points) in answers.items()
    }
    exam = await _exam(house, written.exam_id, written.questions, items, language=written.language)
    await _graded(house, written.exam_id, purpose="trial", sample=MARKED)
    gus = Identity(user_id="gus", role="grader")
    while (task := await house.grading.marking.next_task(exam, gus.user_id, gus.role, "bench")) is not None:
        wish = Wish(points=worth[task.row.response_id])
        await house.grading.marking.submit(exam, task.row.task_id, wish, gus, gus.role, client_id=None)
    batch, took = await _graded(house, written.exam_id)
    graders = await house.database.read_raw(
        lambda c: c.execute(
            "SELECT DISTINCT json_extract(CAST(document AS TEXT), '$.stamp.engine') FROM grades WHERE batch_id = ?",
            (batch.batch_id,),
        ).fetchall()
    )
    return {**_figure(batch.state.total, took, LEARNING_TARGET), "graders": [row[0] for row in graders]}


def _figure(responses: int, took: float, target: int) -> dict[str, Any]:
    rate = responses / took
    return {
        "responses": responses,
        "seconds": round(took, 2),
        "per_s": round(rate, 1),
        "target": target,
        "met": rate >= target,
    }


async def run(exact: int, learning: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        house = await build(
            settings_module.load({}, mode="development", data_dir=Path(folder), models_dir=Path(folder) / "models")
        )
        await house.start()
        try:
            figures = {"exact": await _exact(house, exact), "learning": await _learning(house, _made_up(learning))}
            paper = zh_ads()
            if paper is not None:
                figures[f"learning, {paper.name}"] = await _learning(house, _from_people(paper, learning))
            return figures
        finally:
            await house.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=20_000)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    exact = 1_000 if given.quick else given.responses
    figures = asyncio.run(run(exact, max(1_000, exact // 5)))
    for name, figure in figures.items():
        print(
            f"{name:<16} {figure['responses']:>8} responses in {figure['seconds']:>7} s: {figure['per_s']:>9} /s"
            f"  target {figure['target']}  {'met' if figure['met'] else 'MISSED'}"
        )
    if not given.quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "grading-throughput.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
