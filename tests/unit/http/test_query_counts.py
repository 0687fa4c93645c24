"""How often a list asks the database does not depend on how long it is (SPEC.md 4)."""

from __future__ import annotations

from tests.unit.http.test_marking import graded

LISTS = (
    "exams",
    "exams/e1/submissions",
    "exams/e1/responses",
    "exams/e1/results",
    "exams/e1/batches",
    "exams/e1/tasks",
    "exams/e1/alerts",
    "exams/e1/appeals",
    "my/results",
)


async def test_spec_4_the_number_of_queries_is_the_same_for_one_row_and_for_many() -> None:
    house, teacher = await graded(check_share=0.5)
    await teacher.post("/api/v1/exams", json={"exam_id": "e2", "title": "Another"})
    for exam in range(3, 6):
        await teacher.post("/api/v1/exams", json={"exam_id": f"e{exam}", "title": "More"})
        await teacher.put(
            f"/api/v1/exams/e{exam}/questions/q1", json={"type": "short_answer", "text": "Why?", "points": 2.0}
        )
        items = [{"student_id": "s1", "answers": {"q1": "So."}}]
        await teacher.post(f"/api/v1/exams/e{exam}/submissions", json={"submissions": items})
        await teacher.post(f"/api/v1/exams/e{exam}/release")
    student = house.as_("s1", "student")
    for path in LISTS:
        asked = []
        for limit in (1, 50):
            before = house.grading.database.statements
            answer = await (student if path.startswith("my/") else teacher).get(
                f"/api/v1/{path}", params={"limit": limit}
            )
            assert answer.status_code == 200, answer.text
            asked.append(house.grading.database.statements - before)
        assert asked[0] == asked[1] > 0, path
