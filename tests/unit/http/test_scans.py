"""Scanned sheets over HTTP: ticked bubbles, whose picture may be seen, and files that are none."""

from __future__ import annotations

import io
from typing import Any

import pytest

pytest.importorskip("PIL", reason="scans are opened with the extra `ocr`")
pytest.importorskip("pypdfium2", reason="scans are opened with the extra `ocr`")

from PIL import Image, ImageDraw, ImageFilter

from tests.fakes.api import ApiHouse

WIDTH, HEIGHT = 800, 600
SCAN = "/api/v1/exams/e1/submissions/scan"


def bubble(option: str, x: float, y: float) -> dict[str, Any]:
    box = {"left": x - 0.02, "top": y - 0.03, "right": x + 0.02, "bottom": y + 0.03}
    return {"option_id": option, "box": box}


def place(y: float, *options: str, page: int = 1) -> dict[str, Any]:
    box = {"left": 0.05, "top": y - 0.1, "right": 0.95, "bottom": y + 0.1}
    return {"page": page, "box": box, "bubbles": [bubble(option, 0.2 * n + 0.2, y) for n, option in enumerate(options)]}


QUESTIONS: list[dict[str, Any]] = [
    {
        "question_id": "q1",
        "type": "multiple_choice",
        "text": "Which are noble gases?",
        "key": {"type": "choice", "options": [{"option_id": o} for o in "ABC"], "correct": ["A", "C"]},
        "place": place(0.3, "A", "B", "C"),
    },
    {
        "question_id": "q2",
        "type": "true_false",
        "text": "Ice floats.",
        "key": {"type": "true_false", "correct": True},
        "place": place(0.7, "true", "false"),
    },
]


def sheet(*ticked: tuple[float, float]) -> Image.Image:
    page = Image.new("L", (WIDTH, HEIGHT), 250)
    draw = ImageDraw.Draw(page)
    draw.text((60, 40), "Chemistry, term 1: tick what is right", fill=20, font_size=28)
    for question in QUESTIONS:
        for entry in question["place"]["bubbles"]:
            box = entry["box"]
            ring = (box["left"] * WIDTH, box["top"] * HEIGHT, box["right"] * WIDTH, box["bottom"] * HEIGHT)
            draw.ellipse(ring, outline=40, width=2)
            if any(box["left"] < x < box["right"] and box["top"] < y < box["bottom"] for x, y in ticked):
                draw.ellipse(ring, fill=30)
    return page


def as_file(page: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, kind)
    return buffer.getvalue()


GOOD = sheet((0.2, 0.3), (0.6, 0.3), (0.2, 0.7))


async def with_exam(**changes: Any) -> tuple[ApiHouse, Any]:
    house = ApiHouse()
    teacher = house.as_("ann", "teacher")
    exam = {"exam_id": "e1", "title": "Chemistry", "questions": QUESTIONS, "settings": {"check_share": 0.0}, **changes}
    answer = await teacher.post("/api/v1/exams", json=exam)
    assert answer.status_code == 201, answer.text
    return house, teacher


async def upload(client: Any, data: bytes, student: str = "s1", **headers: str) -> Any:
    return await client.post(SCAN, params={"student_id": student}, content=data, headers=headers)


async def test_spec_4_ticked_bubbles_are_read_graded_and_their_picture_is_kept() -> None:
    house, teacher = await with_exam()
    answer = await upload(teacher, as_file(GOOD, "PDF"), **{"Content-Type": "application/pdf"})
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert [response["chosen"] for response in found["responses"]] == [["A", "C"], ["true"]]
    assert found["overall_quality"] == min(response["quality"] for response in found["responses"]) > 0.6
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    shown = (await teacher.get(f"/api/v1/exams/e1/submissions/{found['submission_id']}")).json()
    assert [(response["status"], response["points"]) for response in shown["responses"]] == [("marked", 1.0)] * 2
    assert (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"][0]["source"] == "scan"


async def test_spec_4_a_poor_scan_goes_to_a_person_who_is_shown_its_picture_and_to_nobody_else() -> None:
    house, teacher = await with_exam()
    for user in ("gus", "gil"):
        await teacher.put(f"/api/v1/exams/e1/members/{user}", json={"role": "grader"})
    found = (await upload(teacher, as_file(GOOD.filter(ImageFilter.GaussianBlur(6)), "JPEG"))).json()
    assert found["overall_quality"] < 0.6
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    grader, student = house.as_("gus", "grader"), house.as_("s1", "student")
    task = (await grader.post("/api/v1/exams/e1/tasks/next")).json()["task"]
    assert task["quality"] < 0.6
    picture = await grader.get(task["image_url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.size == (round(0.9 * WIDTH), round(0.2 * HEIGHT))
    assert (await teacher.get(task["image_url"])).status_code == 200
    for client in (house.as_("gil", "grader"), house.as_("bob", "teacher"), student, house.client()):
        assert (await client.get(task["image_url"])).status_code in (401, 404)
    await teacher.post("/api/v1/exams/e1/release")
    assert (await student.get(task["image_url"])).status_code == 200
    assert (await house.as_("s2", "student").get(task["image_url"])).status_code == 404


@pytest.mark.slow
async def test_a_page_that_is_not_there_is_asked_for_by_a_person_and_costs_no_points() -> None:
    house, teacher = await with_exam(
        questions=[QUESTIONS[0], {**QUESTIONS[1], "place": place(0.7, "true", "false", page=2)}]
    )
    found = (await upload(teacher, as_file(GOOD))).json()
    assert [(response["quality"], response["has_image"]) for response in found["responses"]][1] == (0.0, False)
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    shown = (await teacher.get(f"/api/v1/exams/e1/submissions/{found['submission_id']}")).json()
    assert [response["status"] for response in shown["responses"]] == ["marked", "to_mark"]


@pytest.mark.slow
async def test_spec_0_3_a_scan_sent_twice_under_one_key_is_there_once_and_another_of_the_student_is_refused() -> None:
    _, teacher = await with_exam()
    first = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k1"})
    again = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, first.json())
    other = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k2"})
    assert (other.status_code, other.json()["info"]["reason"]) == (409, "submission_exists")


BROKEN: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 415, "scan_kind"),
    "a zip": (b"PK\x03\x04" + bytes(200), 415, "scan_kind"),
    "a PDF without pages": (b"%PDF-1.7\n" + bytes(50), 422, "scan_unreadable"),
    "half a PDF": (as_file(GOOD, "PDF")[:2000], 422, "scan_unreadable"),
    "half a PNG": (as_file(GOOD)[:1500], 422, "scan_unreadable"),
    "half a JPEG": (as_file(GOOD, "JPEG")[:1500], 422, "scan_unreadable"),
    "81 million pixels": (as_file(Image.new("1", (9000, 9000))), 413, "scan_too_large"),
}


async def test_files_that_cannot_be_read_are_refused_and_leave_nothing() -> None:
    house, teacher = await with_exam()
    for name, (data, status, reason) in BROKEN.items():
        refused = await upload(teacher, data)
        assert (refused.status_code, refused.json()["info"]["reason"]) == (status, reason), name
    assert (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"] == []
    assert await house.grading.blobs.total() == 0


@pytest.mark.slow
async def test_a_scan_needs_the_place_of_every_question_room_and_a_teacher() -> None:
    house, teacher = await with_exam(questions=[QUESTIONS[0], {**QUESTIONS[1], "place": None}])
    refused = (await upload(teacher, as_file(GOOD))).json()
    assert (refused["error"], refused["info"]["questions"]) == ("conflict", ["q2"])
    long = await upload(house.as_("ann", "teacher"), bytes(50 * 1024 * 1024 + 1))
    assert long.status_code == 413
    await teacher.put("/api/v1/exams/e1/members/gus", json={"role": "grader"})
    assert (await upload(house.as_("gus", "grader"), as_file(GOOD))).status_code == 403
    without = {**QUESTIONS[0], "place": place(0.3, "A", "B")}
    assert (await teacher.put("/api/v1/exams/e1/questions/q1", json=without)).status_code == 422
