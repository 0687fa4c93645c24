"""A marker who becomes severe, on the real stores: an alert is raised, seen to by a person, over, and kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from tests.unit.http.test_exams import OPEN

pytestmark = pytest.mark.slow

STUDENTS = 110
FULL = 2.0


class Marking:
    """A marker at work on answers that the AI gives full points, and the monitor that looks after each mark."""

    def __init__(self, house: ApiHouse) -> None:
        self.house = house
        self.teacher = house.as_("ann", "teacher")
        self.grader = house.as_("gus", "grader")

    async def set_up(self) -> None:
        settings = {"check_share": 1.0, "seed_share": 0.0}
        exam = {"exam_id": "e1", "title": "Physics", "questions": [OPEN], "settings": settings}
        assert (await self.teacher.post("/api/v1/exams", json=exam)).status_code == 201
        items = [{"student_id": f"s{n}", "answers": {"q2": "Ice is less dense than water."}} for n in range(STUDENTS)]
        await self.teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
        await self.teacher.put("/api/v1/exams/e1/members/gus", json={"role": "grader"})
        await self.teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
        await self.house.grading.grade("b1")

    async def mark(self, points: float, times: int = 1) -> None:
        exam = await self.house.grading.parts.exams.existing("e1")
        for _ in range(times):
            self.house.clock.advance(30)
            task = (await self.grader.post("/api/v1/exams/e1/tasks/next")).json()["task"]
            path = f"/api/v1/exams/e1/tasks/{task['task_id']}/grade"
            assert (await self.grader.post(path, json={"points": points})).status_code == 200
            await self.house.grading.parts.quality.look(exam)

    async def drift(self, *, only_open: bool = False) -> list[dict[str, Any]]:
        params = {"only_open": only_open}
        found = (await self.teacher.get("/api/v1/exams/e1/alerts", params=params)).json()["items"]
        return [alert for alert in found if alert["metric"] == "drift"]


async def test_spec_4_a_drift_raises_one_alert_that_is_acknowledged_resolves_and_is_kept() -> None:
    marking = Marking(ApiHouse())
    await marking.set_up()
    await marking.mark(FULL, times=25)
    assert await marking.drift() == []
    await marking.mark(0.0, times=8)
    (raised,) = await marking.drift(only_open=True)
    assert (raised["about"], raised["level"], raised["acknowledged_by"]) == ("gus", "critical", "")
    assert raised["value"] > raised["threshold"]
    report = (await marking.teacher.get("/api/v1/exams/e1/quality")).json()["raters"]
    assert [(rater["rater"], rater["drift"]) for rater in report] == [("gus", -0.8)]
    seen_to = f"/api/v1/exams/e1/alerts/{raised['alert_id']}/acknowledge"
    assert (await marking.grader.post(seen_to)).status_code == 403
    assert (await marking.teacher.post(seen_to)).status_code == 204
    (seen,) = await marking.drift(only_open=True)
    assert (seen["acknowledged_by"], seen["resolved_at"]) == ("ann", None)
    marked = 33
    while await marking.drift(only_open=True):
        assert marked < 33 + 10, "the marker's newest ten marks are as they were, and the alert is not over"
        await marking.mark(FULL)
        marked += 1
    (over,) = await marking.drift()
    assert (over["alert_id"], over["acknowledged_by"]) == (raised["alert_id"], "ann")
    assert over["acknowledged_at"] < over["resolved_at"]
    assert (await marking.teacher.post(seen_to)).status_code == 404
