"""A batch on real stores and real workflows: graded to the end, paused, and gone on with after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vivavoce import settings as settings_module
from vivavoce.bootstrap import House, build
from vivavoce.domain.answer_key import ChoiceKey, Option
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.questions import ExamHead, Question
from vivavoce.grading import intake
from vivavoce.grading.batches import RunningBatch

pytest.importorskip("dbos", reason="batches need the extra `grading`")
pytestmark = pytest.mark.slow

SECRET = "a-test-secret-that-is-long-enough-0123456789"
STUDENTS = 300


@asynccontextmanager
async def house_in(folder: Path) -> AsyncIterator[House]:
    house = await build(
        settings_module.load({}, mode="development", data_dir=folder, jwt_secret=SECRET, models_dir=folder / "models")
    )
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


async def an_exam(house: House) -> None:
    key = ChoiceKey(options=(Option(option_id="A"), Option(option_id="B")), correct=("A",))
    questions = [Question(question_id=f"q{n}", type="single_choice", text="Which?", key=key) for n in range(2)]
    exam = await house.grading.exams.open("e1")
    await exam.submit(lambda state: rules.create(state, "e1", ExamHead(title="Exam"), questions, "teacher"), "teacher")
    items = [{"student_id": f"s{n}", "answers": {"q0": "A", "q1": "B"}} for n in range(STUDENTS)]
    taken = intake.from_json(exam.state, items)
    assert taken.errors == ()
    await intake.receive(exam, taken.submissions, "teacher")


async def over(batch: RunningBatch) -> None:
    async with asyncio.timeout(60):
        while batch.state.status == "running":
            await asyncio.sleep(0.05)


async def test_spec_4_a_batch_grades_every_response_once_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        await an_exam(house)
        batch = await house.grading.batches.create("e1", "teacher", batch_id="b1")
        await house.grading.batches.pause("b1", "teacher")
        assert batch.state.status == "paused"
    async with house_in(tmp_path) as house:
        batch = await house.grading.batches.resume("b1", "teacher")
        await over(batch)
        assert (batch.state.status, batch.state.completed, batch.state.failed) == ("completed", 2 * STUDENTS, 0)
        exam = await house.grading.exams.existing("e1")
        assert exam.state.by_status == {"marked": 2 * STUDENTS}
        rows = [row async for row in house.grading.results.rows(exam)]
        assert len(rows) == STUDENTS
        assert {row["points"] for row in rows} == {1.0}
        counted = await house.database.read_raw(
            lambda c: c.execute("SELECT count(*), count(DISTINCT response_id) FROM grades").fetchone()
        )
        assert counted == (2 * STUDENTS, 2 * STUDENTS)
        replayed = rules.ExamState()
        for recorded in await exam.history(0, 10_000):
            rules.evolve(replayed, recorded.data, seq=recorded.seq, at=recorded.at, actor=recorded.actor)
        assert replayed == exam.state
