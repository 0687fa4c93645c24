"""Marking, moderation, results, appeals and quality over HTTP."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse
from tests.unit.http.test_exams import OPEN

ESSAY = {**OPEN, "question_id": "q1"}
BLIND = {"check_share": 1.0, "seed_share": 0.0, "disagreement": 0.1}


async def graded(**settings: Any) -> tuple[ApiHouse, Any]:
    """Two students' answers, graded by the rubric engine, waiting for a person's check."""
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    exam = {"exam_id": "e1", "title": "Physics", "questions": [ESSAY], "settings": {**BLIND, **settings}}
    await teacher.post("/api/v1/exams", json=exam)
    items = [{"student_id": s, "answers": {"q1": "Ice is less dense than water."}} for s in ("s1", "s2")]
    await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    for user, role in (("gus", "grader"), ("rae", "reviewer")):
        await teacher.put(f"/api/v1/exams/e1/members/{user}", json={"role": role})
    return house, teacher


async def mark(client: Any, points: float) -> Any:
    task = (await client.post("/api/v1/exams/e1/tasks/next", json={})).json()["task"]
    return await client.post(f"/api/v1/exams/e1/tasks/{task['task_id']}/grade", json={"points": points})


async def test_spec_4_two_markers_never_get_the_same_task_and_nobody_sees_the_ai_before_their_own_mark() -> None:
    house, teacher = await graded()
    first = (await house.as_("gus", "grader").post("/api/v1/exams/e1/tasks/next")).json()["task"]
    second = (await house.as_("rae", "reviewer").post("/api/v1/exams/e1/tasks/next")).json()["task"]
    assert first["task_id"] != second["task_id"]
    assert first["marks"] == second["marks"] == []
    again = (await house.as_("gus", "grader").post("/api/v1/exams/e1/tasks/next")).json()["task"]
    assert again["task_id"] == first["task_id"]
    stolen = await house.as_("rae", "reviewer").post(
        f"/api/v1/exams/e1/tasks/{first['task_id']}/grade", json={"points": 1}
    )
    assert (stolen.status_code, stolen.json()["info"]["reason"]) == (409, "task_not_yours")
    assert (await teacher.post("/api/v1/exams/e1/tasks/next")).json() == {"task": None, "waiting": 2}


async def test_spec_4_a_disagreement_is_moderated_and_a_grade_is_changed_with_a_reason() -> None:
    house, _ = await graded()
    grader, reviewer = house.as_("gus", "grader"), house.as_("rae", "reviewer")
    marked = (await mark(grader, 0.0)).json()
    assert (marked["status"], marked["points"]) == ("to_moderate", None)
    waiting = (await reviewer.get("/api/v1/exams/e1/responses", params={"status": "to_moderate"})).json()["items"]
    assert [{entry["rater"] for entry in response["marks"]} for response in waiting] == [{"ai", "gus"}]
    path = f"/api/v1/exams/e1/responses/{marked['response_id']}"
    assert (await grader.post(f"{path}/moderate", json={"points": 1.0})).status_code == 403
    decided = (await reviewer.post(f"{path}/moderate", json={"points": 1.0})).json()
    assert (decided["status"], decided["points"]) == ("marked", 1.0)
    assert (await reviewer.post(f"{path}/moderate", json={"points": 2.0})).status_code == 409
    assert (await reviewer.post(f"{path}/override", json={"points": 2.0})).status_code == 422
    changed = await reviewer.post(f"{path}/override", json={"points": 2.0, "reason": "The sketch says it."})
    assert changed.json()["points"] == 2.0


async def test_spec_4_results_are_seen_after_the_release_by_their_student_alone_who_may_appeal() -> None:
    house, teacher = await graded(check_share=0.0)
    student, other = house.as_("s1", "student"), house.as_("s2", "student")
    assert (await student.get("/api/v1/my/results")).json()["items"] == []
    assert (await student.get("/api/v1/my/results/e1")).status_code == 409
    assert (await house.as_("s9", "student").get("/api/v1/my/results/e1")).status_code == 404
    await teacher.post("/api/v1/exams/e1/release")
    line = (await student.get("/api/v1/my/results")).json()["items"][0]
    assert (line["exam_title"], line["points"], line["max_points"]) == ("Physics", 2.0, 2.0)
    result = (await student.get("/api/v1/my/results/e1")).json()
    shown = result["responses"][0]
    assert "marks" not in shown
    assert shown["evidence"][0]["quote"] in shown["answer"]
    path = f"/api/v1/exams/e1/responses/{shown['response_id']}/appeals"
    assert (await other.post(path, json={"text": "Mine!"})).status_code == 404
    opened = (await student.post(path, json={"text": "I said more."})).json()
    assert opened["status"] == "open"
    assert (await student.post(path, json={"text": "Again"})).status_code == 409
    appeal = f"/api/v1/appeals/{opened['appeal_id']}"
    assert (await student.get(appeal)).status_code == 404
    assert (await teacher.get(appeal)).json()["given"]["marks"][0]["rater"] == "ai"
    answered = (await teacher.post(f"{appeal}/answer", json={"answer": "No: it is too short.", "points": 1.0})).json()
    assert (answered["status"], answered["answered_by"]) == ("upheld", "ann")
    assert (await student.get("/api/v1/my/results/e1")).json()["points"] == 1.0
    assert (await student.get("/api/v1/my/appeals")).json()["items"][0]["answer"] == "No: it is too short."
    csv = (await teacher.get("/api/v1/exams/e1/results.csv")).text
    assert "s1,,,1.0,2.0,1.0" in csv


async def test_spec_4_figures_are_null_without_double_marking_and_thresholds_are_moved() -> None:
    house, teacher = await graded()
    metrics = (await teacher.get("/api/v1/exams/e1/quality")).json()["metrics"]
    assert (metrics["accuracyRate"], metrics["consistencyScore"]) == (None, None)
    await mark(house.as_("gus", "grader"), 2.0)
    metrics = (await teacher.get("/api/v1/exams/e1/quality")).json()["metrics"]
    assert (metrics["accuracyRate"], metrics["doubleMarked"]) == (1.0, 1)
    matrix = (await teacher.get("/api/v1/exams/e1/quality/matrix", params={"question_id": "q1"})).json()
    assert (matrix["points"], matrix["counts"]) == ([0.0, 1.0, 2.0], [[0, 0, 0], [0, 0, 0], [0, 0, 1]])
    moved = await teacher.put("/api/v1/exams/e1/thresholds/errorRate", json={"threshold": 0.2})
    assert {"metric": "errorRate", "threshold": 0.2} in moved.json()["items"]
    assert (await teacher.put("/api/v1/exams/e1/thresholds/mood", json={"threshold": 0.2})).status_code == 422
    assert (await house.as_("gus", "grader").get("/api/v1/exams/e1/quality")).status_code == 403


async def test_spec_4_students_and_classes_are_kept_by_teachers() -> None:
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    assert (await teacher.post("/api/v1/classes", json={"class_id": "c1", "name": "4b"})).status_code == 201
    assert (await teacher.post("/api/v1/classes", json={"class_id": "c1", "name": "4b"})).status_code == 409
    students = [{"student_id": f"s{n}", "name": f"Student {n}", "class_id": "c1"} for n in range(3)]
    assert (await teacher.post("/api/v1/students", json={"students": students})).json() == {"stored": 3}
    page = (await teacher.get("/api/v1/students", params={"class_id": "c1", "limit": 2})).json()
    rest = (await teacher.get("/api/v1/students", params={"class_id": "c1", "cursor": page["next_cursor"]})).json()
    assert {student["student_id"] for student in page["items"] + rest["items"]} == {"s0", "s1", "s2"}
    assert (await house.as_("s1", "student").get("/api/v1/students")).status_code == 403
