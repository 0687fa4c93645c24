"""A student is forgotten: no word of theirs is left anywhere, and every mark, count and seq is what it was."""

from __future__ import annotations

from typing import Any

from tests.fakes.api import ApiHouse
from tests.unit.http.test_exams import CHOICE, OPEN
from vivavoce.domain.exam import exam as rules
from vivavoce.engines.grader.contract import Grade, GradeRequest
from vivavoce.engines.grader.rubric import RubricGrader

SECRET = "quokka"
WORDS = f"Ice is less dense than water, says my {SECRET}."
ERASE = "/api/v1/students/s1/erasures"
EXAM = {
    "exam_id": "e1",
    "title": "Physics",
    "questions": [CHOICE, OPEN],
    "settings": {"check_share": 1.0, "seed_share": 0.0},
}


async def marked() -> tuple[ApiHouse, Any]:
    """Two students' answers, graded, marked by a person, released; the first has appealed and was answered."""
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    await teacher.post("/api/v1/exams", json=EXAM)
    roster = [{"student_id": s, "name": f"{SECRET} {s}", "class_id": "c1"} for s in ("s1", "s2")]
    await teacher.post("/api/v1/students", json={"students": roster})
    items = [
        {"student_id": s, "student_name": f"{SECRET} {s}", "answers": {"q1": "A", "q2": WORDS}} for s in ("s1", "s2")
    ]
    await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    for _ in range(2):
        task = (await teacher.post("/api/v1/exams/e1/tasks/next")).json()["task"]
        grade = {"points": 2.0, "comment": f"A fine {SECRET}"}
        await teacher.post(f"/api/v1/exams/e1/tasks/{task['task_id']}/grade", json=grade)
    await teacher.post("/api/v1/exams/e1/release")
    student = house.as_("s1", "student")
    response = (await student.get("/api/v1/my/results/e1")).json()["responses"][1]["response_id"]
    appeal = await student.post(f"/api/v1/exams/e1/responses/{response}/appeals", json={"text": f"My {SECRET}!"})
    answer = {"answer": f"No {SECRET}.", "points": 1.0}
    assert (await teacher.post(f"/api/v1/appeals/{appeal.json()['appeal_id']}/answer", json=answer)).status_code == 200
    return house, teacher


def places(house: ApiHouse) -> dict[str, int]:
    """How often the word stands in each table."""
    raw = house.grading.database.raw
    found = {}
    for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        rows = raw.execute(f"SELECT * FROM {table}").fetchall()
        count = sum(
            SECRET in (v.decode(errors="replace") if isinstance(v, bytes) else str(v)) for row in rows for v in row
        )
        if count:
            found[table] = count
    return found


async def standing(teacher: Any) -> Any:
    """What must stay: results and figures."""
    return [
        [{**row, "student_name": ""} for row in (await teacher.get("/api/v1/exams/e1/results")).json()["items"]],
        (await teacher.get("/api/v1/exams/e1")).json(),
        (await teacher.get("/api/v1/exams/e1/quality")).json(),
    ]


async def test_spec_6_9_the_words_go_and_the_sequence_and_the_marks_stay() -> None:
    house, teacher = await marked()
    admin = house.as_("root", "admin")
    before, stood = places(house), await standing(teacher)
    assert set(before) == {"events", "submissions", "responses", "grades", "appeals", "students"}
    assert (await teacher.post(ERASE)).status_code == 403
    receipt = (await admin.post(ERASE)).json()
    after = places(house)
    # Came, graded (once a question), marked, appealed, answered. The other student's words are where they were.
    assert (receipt["submissions"], receipt["events"]) == (1, 6)
    assert set(after) == {"events", "submissions", "responses", "grades", "students"}
    assert after["responses"] == after["submissions"] == after["students"] == 1
    assert await standing(teacher) == stood
    exam = await house.grading.parts.exams.existing("e1")
    replayed = rules.ExamState()
    for recorded in await exam.history(0):
        rules.evolve(replayed, recorded.data, seq=recorded.seq, at=recorded.at, actor=recorded.actor)
    assert replayed == exam.state
    await admin.post("/api/v1/students/s2/erasures")
    assert places(house) == {}
    results = (await teacher.get("/api/v1/exams/e1/results")).json()["items"]
    assert {row["student_id"]: row["points"] for row in results} == {"s1": 2.0, "s2": 3.0}
    assert (await admin.post("/api/v1/students/s3/erasures")).status_code == 404


async def test_what_was_erased_is_graded_marked_and_learned_from_no_more() -> None:
    house, teacher = await marked()
    await house.as_("root", "admin").post(ERASE)
    again = {"batch_id": "b2", "purpose": "regrade"}
    assert (await teacher.post("/api/v1/exams/e1/batches", json=again)).json()["total"] == 2
    given = await house.grading.parts.exams.store.human_marks("e1", "q2", 10)
    assert [mark.text for mark in given] == [WORDS]
    (own,) = (await teacher.get("/api/v1/exams/e1/submissions", params={"student_id": "s1"})).json()["items"]
    path = f"/api/v1/exams/e1/responses/{own['submission_id']}.q2/override"
    refused = await teacher.post(path, json={"points": 2.0, "reason": "I remember"})
    assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "response_erased")


async def test_what_waited_for_a_person_waits_no_more_once_its_student_is_forgotten() -> None:
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    await teacher.post("/api/v1/exams", json=EXAM)
    items = [{"student_id": s, "answers": {"q1": "A", "q2": WORDS}} for s in ("s1", "s2")]
    await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    assert (await teacher.get("/api/v1/exams/e1")).json()["waiting"] == 2
    admin = house.as_("root", "admin")
    for _ in range(2):  # an erasure that broke off is asked for again
        assert (await admin.post(ERASE)).status_code == 200
        exam = (await teacher.get("/api/v1/exams/e1")).json()
        assert (exam["waiting"], exam["by_status"]["erased"], exam["responses"]) == (1, 1, 4)
        (line,) = (await teacher.get("/api/v1/exams")).json()["items"]
        assert line["waiting"] == 1
    running = await house.grading.parts.exams.existing("e1")
    replayed = rules.ExamState()
    for recorded in await running.history(0):
        rules.evolve(replayed, recorded.data, seq=recorded.seq, at=recorded.at, actor=recorded.actor)
    assert replayed == running.state


class Slow(RubricGrader):
    """Its student is erased while it grades."""

    def __init__(self, admin: Any) -> None:
        super().__init__()
        self._admin = admin

    async def grade(self, request: GradeRequest) -> tuple[Grade, ...]:
        grades = await super().grade(request)
        assert (await self._admin.post(ERASE)).status_code == 200
        return grades


async def test_a_batch_under_way_neither_keeps_a_word_nor_waits_for_what_was_erased() -> None:
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    await teacher.post("/api/v1/exams", json=EXAM)
    items = [{"student_id": "s1", "answers": {"q1": "A", "q2": WORDS}}]
    await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
    house.grading.graders[1] = Slow(house.as_("root", "admin"))
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    shown = (await teacher.get("/api/v1/batches/b1")).json()
    assert (shown["status"], shown["completed"], shown["failed"]) == ("completed", 1, 1)
    failures = (await teacher.get("/api/v1/batches/b1/failures")).json()["items"]
    assert [failure["reason"] for failure in failures] == ["erased"]
    assert places(house) == {}
    await teacher.post("/api/v1/batches/b1/retry-failed")
    await house.grading.grade("b1")
    assert (await teacher.get("/api/v1/batches/b1")).json()["status"] == "completed"
