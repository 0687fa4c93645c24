"""Batches over HTTP: a trial on a sample first, and what failed tried again."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse
from tests.unit.http.test_exams import EXAM
from vivavoce.engines.grader.contract import Grade, GradeRequest
from vivavoce.engines.grader.rubric import RubricGrader

EXACT, FREE = 4, 4
BATCH = "/api/v1/batches/b1"


class Broken(RubricGrader):
    """Breaks as often as it is told to, then grades."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]:
        if self.left:
            self.left -= 1
            raise ZeroDivisionError("a defect")
        return await super().grade(request)


async def with_answers(breaks: int = 0) -> tuple[ApiHouse, Any]:
    """Four students' answers to a choice and a free-text question."""
    house = ApiHouse()
    house.grading.graders[1] = Broken(breaks)
    teacher = house.as_("ann", "teacher")
    await teacher.post("/api/v1/exams", json=EXAM)
    items = [
        {"student_id": f"s{n}", "answers": {"q1": "A", "q2": f"Ice is less dense than water, {n}."}}
        for n in range(EXACT)
    ]
    await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
    return house, teacher


async def run(house: ApiHouse, teacher: Any, batch_id: str = "b1") -> dict[str, Any]:
    await house.grading.grade(batch_id)
    shown: dict[str, Any] = (await teacher.get(f"/api/v1/batches/{batch_id}")).json()
    return shown


def counts(shown: dict[str, Any]) -> tuple[str, int, int, int]:
    return shown["status"], shown["total"], shown["completed"], shown["failed"]


async def test_spec_4_a_trial_grades_a_sample_of_each_question_and_the_batch_after_it_only_the_rest() -> None:
    house, teacher = await with_answers()
    trial = {"batch_id": "b1", "purpose": "trial", "sample": 3}
    assert (await teacher.post("/api/v1/exams/e1/batches", json=trial)).json()["total"] == 6
    assert counts(await run(house, teacher)) == ("completed", 6, 6, 0)
    assert (await teacher.get("/api/v1/exams/e1")).json()["by_status"] == {"marked": 6, "ungraded": 2}
    assert (await teacher.post("/api/v1/exams/e1/batches/estimate", json={})).json()["responses"] == 2
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b2"})
    assert counts(await run(house, teacher, "b2")) == ("completed", 2, 2, 0)
    responses = (await teacher.get("/api/v1/exams/e1/responses")).json()["items"]
    assert [len(response["marks"]) for response in responses] == [1] * (EXACT + FREE)
    nothing = (await teacher.post("/api/v1/exams/e1/batches", json={**trial, "batch_id": "b3"})).json()
    assert counts(nothing) == ("completed", 0, 0, 0)


async def test_spec_4_what_failed_is_named_and_tried_again_until_it_succeeds() -> None:
    house, teacher = await with_answers(breaks=2)
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    assert counts(await run(house, teacher)) == ("completed", 8, 4, 4)
    failures = (await teacher.get(f"{BATCH}/failures", params={"limit": 3})).json()
    rest = (await teacher.get(f"{BATCH}/failures", params={"limit": 3, "cursor": failures["next_cursor"]})).json()
    assert {failure["reason"] for failure in failures["items"]} == {"ZeroDivisionError"}
    assert [len(failures["items"]), len(rest["items"]), rest["next_cursor"]] == [3, 1, None]
    key = {"Idempotency-Key": "again"}
    first = await teacher.post(f"{BATCH}/retry-failed", headers=key)
    assert counts(first.json()) == ("running", 8, 4, 0)
    assert counts(await run(house, teacher)) == ("completed", 8, 4, 4)
    assert (await teacher.post(f"{BATCH}/retry-failed", headers=key)).json() == first.json()
    assert counts((await teacher.get(BATCH)).json()) == ("completed", 8, 4, 4)
    assert (await teacher.post(f"{BATCH}/retry-failed")).status_code == 200
    assert counts(await run(house, teacher)) == ("completed", 8, 8, 0)
    assert (await teacher.get(f"{BATCH}/failures")).json()["items"] == []
    refused = await teacher.post(f"{BATCH}/retry-failed")
    assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "nothing_failed")
    responses = (await teacher.get("/api/v1/exams/e1/responses")).json()["items"]
    assert [len(response["marks"]) for response in responses] == [1] * (EXACT + FREE)


async def test_what_failed_in_a_paused_batch_waits_for_its_resumption_and_only_teachers_ask_for_it() -> None:
    house, teacher = await with_answers(breaks=1)
    await teacher.put("/api/v1/exams/e1/members/gus", json={"role": "grader"})
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1", "question_ids": ["q2"]})
    assert counts(await run(house, teacher)) == ("completed", 4, 0, 4)
    assert (await house.as_("gus", "grader").post(f"{BATCH}/retry-failed")).status_code == 403
    await teacher.post(f"{BATCH}/retry-failed")
    assert (await teacher.post(f"{BATCH}/pause")).json()["status"] == "paused"
    assert counts(await run(house, teacher)) == ("paused", 4, 0, 0)
    await teacher.post(f"{BATCH}/resume")
    assert counts(await run(house, teacher)) == ("completed", 4, 4, 0)
