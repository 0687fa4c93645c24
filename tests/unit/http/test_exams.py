"""Exams over HTTP: written, answered, graded; and only by those who may."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse

CHOICE: dict[str, Any] = {
    "question_id": "q1",
    "type": "single_choice",
    "text": "Which is a noble gas?",
    "key": {"type": "choice", "options": [{"option_id": "A"}, {"option_id": "B"}], "correct": ["A"]},
}
OPEN: dict[str, Any] = {
    "question_id": "q2",
    "type": "short_answer",
    "text": "Why does ice float?",
    "points": 2.0,
    "model_answers": ["Ice is less dense than water."],
    "rubric": [{"point_id": "density", "text": "Ice is less dense than water", "points": 2.0}],
}
EXAM = {"exam_id": "e1", "title": "Chemistry", "questions": [CHOICE, OPEN], "settings": {"check_share": 0.0}}


async def with_exam() -> tuple[ApiHouse, Any]:
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    answer = await teacher.post("/api/v1/exams", json=EXAM)
    assert answer.status_code == 201, answer.text
    return house, teacher


async def hand_in(teacher: Any, *students: str) -> Any:
    items = [{"student_id": s, "answers": {"q1": "A", "q2": "Ice is less dense than water."}} for s in students]
    return await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})


async def test_spec_4_an_exam_is_written_changed_and_exported_as_it_can_be_written_again() -> None:
    _, teacher = await with_exam()
    changed = await teacher.put(
        "/api/v1/exams/e1/questions/q2", json={**OPEN, "model_answers": ["It is lighter than water."]}
    )
    assert changed.status_code == 200, changed.text
    assert [question["version"] for question in changed.json()["questions"]] == [1, 2]
    exported = (await teacher.get("/api/v1/exams/e1/export")).json()
    again = await teacher.post("/api/v1/exams", json={**exported, "exam_id": "e2"})
    assert again.status_code == 201, again.text
    assert again.json()["questions"][0]["key"]["correct"] == ["A"]
    versions = (await teacher.get("/api/v1/exams/e1/versions")).json()["items"]
    assert [(entry["change"], entry["question_id"]) for entry in versions] == [
        ("created", ""),
        ("question_set", "q1"),
        ("question_set", "q2"),
        ("question_set", "q2"),
    ]
    listed = (await teacher.get("/api/v1/exams", params={"limit": 1})).json()
    more = (await teacher.get("/api/v1/exams", params={"limit": 1, "cursor": listed["next_cursor"]})).json()
    assert {listed["items"][0]["exam_id"], more["items"][0]["exam_id"]} == {"e1", "e2"}
    assert more["next_cursor"] is None


async def test_spec_0_5_only_those_with_a_part_in_an_exam_reach_it_and_graders_change_nothing() -> None:
    house, teacher = await with_exam()
    await teacher.put("/api/v1/exams/e1/members/gus", json={"role": "grader"})
    assert (await house.as_("bob", "teacher").get("/api/v1/exams/e1")).status_code == 404
    assert (await house.as_("bob", "teacher").get("/api/v1/exams")).json()["items"] == []
    grader = house.as_("gus", "grader")
    assert (await grader.get("/api/v1/exams/e1")).json()["my_role"] == "grader"
    for path in ("release", "batches"):
        assert (await grader.post(f"/api/v1/exams/e1/{path}", json={})).status_code == 403
    assert (await grader.patch("/api/v1/exams/e1", json={"title": "Mine"})).status_code == 403
    assert (await grader.get("/api/v1/exams/e1/responses")).status_code == 403
    student = house.as_("s1", "student", exams=("e1",))
    assert (await student.get("/api/v1/exams/e1")).status_code == 403
    assert (await student.post("/api/v1/exams", json=EXAM)).status_code == 403


async def test_spec_4_an_import_names_every_mistake_by_its_row_and_stores_what_was_asked() -> None:
    _, teacher = await with_exam()
    csv = "student_id,student_name,q1,q2\ns1,Lee,A,It is lighter\n,Nobody,B,\ns3,Kim,B,\n"
    path = "/api/v1/exams/e1/submissions/csv"
    headers = {"Content-Type": "text/csv"}
    shown = (await teacher.post(path, content=csv, headers=headers)).json()
    assert (shown["rows"], shown["valid"], shown["stored"]) == (3, 2, 0)
    assert shown["errors"][0]["row"] == 2
    refused = await teacher.post(path, params={"mode": "all"}, content=csv, headers=headers)
    assert (refused.status_code, refused.json()["info"]["errors"][0]["row"]) == (422, 2)
    stored = await teacher.post(path, params={"mode": "valid"}, content=csv, headers=headers)
    assert stored.json()["stored"] == 2
    assert (await teacher.post(path, params={"mode": "valid"}, content=csv, headers=headers)).status_code == 409
    listed = (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"]
    assert {entry["student_name"] for entry in listed} == {"Lee", "Kim"}


async def test_spec_4_a_batch_is_estimated_started_paused_resumed_and_ends_with_every_response_graded() -> None:
    house, teacher = await with_exam()
    await hand_in(teacher, "s1", "s2", "s3")
    estimate = (await teacher.post("/api/v1/exams/e1/batches/estimate", json={})).json()
    assert (estimate["responses"], estimate["model_calls"]) == (6, 0)
    started = await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    assert (started.status_code, started.json()["status"], started.json()["total"]) == (201, "running", 6)
    assert (await teacher.post("/api/v1/batches/b1/pause")).json()["status"] == "paused"
    await house.grading.grade("b1")
    assert (await teacher.get("/api/v1/batches/b1")).json()["completed"] == 0
    assert (await teacher.post("/api/v1/batches/b1/resume")).json()["status"] == "running"
    await house.grading.grade("b1")
    done = (await teacher.get("/api/v1/batches/b1")).json()
    assert (done["status"], done["completed"], done["failed"]) == ("completed", 6, 0)
    assert (await teacher.post("/api/v1/batches/b1/cancel")).status_code == 409
    assert (await teacher.get("/api/v1/exams/e1/batches")).json()["items"][0]["batch_id"] == "b1"
    assert (await house.as_("bob", "teacher").get("/api/v1/batches/b1")).status_code == 404
    submission = (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"][0]
    shown = (await teacher.get(f"/api/v1/exams/e1/submissions/{submission['submission_id']}")).json()
    assert [response["marks"][0]["rater"] for response in shown["responses"]] == ["ai", "ai"]
    assert shown["responses"][0]["points"] == 1.0


async def test_spec_0_3_a_request_with_a_key_happens_once() -> None:
    _, teacher = await with_exam()
    await hand_in(teacher, "s1")
    headers = {"Idempotency-Key": "start-1"}
    first = await teacher.post("/api/v1/exams/e1/batches", json={}, headers=headers)
    again = await teacher.post("/api/v1/exams/e1/batches", json={}, headers=headers)
    assert first.json() == again.json()
    assert len((await teacher.get("/api/v1/exams/e1/batches")).json()["items"]) == 1
