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
    params = {"student_id": student, "file_name": f"{student}.pdf"}
    return await client.post(SCAN, params=params, content=data, headers=headers)


async def scanned(house: ApiHouse, client: Any, data: bytes, student: str = "s1") -> dict[str, Any]:
    """The scan once it is read."""
    answer = await upload(client, data, student)
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting"), answer.text
    await house.grading.read_scans()
    found: dict[str, Any] = (await client.get(f"/api/v1/exams/e1/scans/{answer.json()['scan_id']}")).json()
    return found


async def submission(house: ApiHouse, client: Any, data: bytes) -> dict[str, Any]:
    scan = await scanned(house, client, data)
    found: dict[str, Any] = (await client.get(f"/api/v1/exams/e1/submissions/{scan['scan_id']}")).json()
    return found


async def test_spec_4_ticked_bubbles_are_read_graded_and_their_picture_is_kept() -> None:
    house, teacher = await with_exam()
    scan = await scanned(house, teacher, as_file(GOOD, "PDF"))
    assert (scan["status"], scan["answers_read"], scan["missing_pages"], scan["poor"]) == ("read", 2, [], 0)
    assert (scan["file_name"], len(scan["pages"]), scan["pages"][0] > 0.6) == ("s1.pdf", 1, True)
    found = (await teacher.get(f"/api/v1/exams/e1/submissions/{scan['scan_id']}")).json()
    assert [response["chosen"] for response in found["responses"]] == [["A", "C"], ["true"]]
    assert (
        scan["overall_quality"]
        == found["overall_quality"]
        == min(response["quality"] for response in found["responses"])
        > 0.6
    )
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    shown = (await teacher.get(f"/api/v1/exams/e1/submissions/{found['submission_id']}")).json()
    assert [(response["status"], response["points"]) for response in shown["responses"]] == [("marked", 1.0)] * 2
    assert (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"][0]["source"] == "scan"


async def test_spec_4_a_poor_scan_goes_to_a_person_who_is_shown_its_picture_and_to_nobody_else() -> None:
    house, teacher = await with_exam()
    for user in ("gus", "gil"):
        await teacher.put(f"/api/v1/exams/e1/members/{user}", json={"role": "grader"})
    scan = await scanned(house, teacher, as_file(GOOD.filter(ImageFilter.GaussianBlur(6)), "JPEG"))
    assert scan["overall_quality"] < 0.6
    assert scan["poor"] == 2
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
    found = await submission(house, teacher, as_file(GOOD))
    (listed,) = (await teacher.get("/api/v1/exams/e1/scans")).json()["items"]
    assert (listed["missing_pages"], listed["poor"]) == ([2], 1)
    assert [(response["quality"], response["has_image"]) for response in found["responses"]][1] == (0.0, False)
    await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})
    await house.grading.grade("b1")
    shown = (await teacher.get(f"/api/v1/exams/e1/submissions/{found['submission_id']}")).json()
    assert [response["status"] for response in shown["responses"]] == ["marked", "to_mark"]


@pytest.mark.slow
async def test_spec_0_3_a_scan_sent_twice_under_one_key_is_there_once_and_another_of_the_student_is_refused() -> None:
    house, teacher = await with_exam()
    first = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k1"})
    again = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (202, first.json())
    other = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k2"})
    assert (other.status_code, other.json()["info"]["reason"]) == (409, "submission_exists")
    await house.grading.read_scans()
    again = await upload(teacher, as_file(GOOD), **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()["status"]) == (202, "read")
    assert (await upload(teacher, as_file(GOOD))).status_code == 409
    assert len((await teacher.get("/api/v1/exams/e1/submissions")).json()["items"]) == 1


HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(200)
REFUSED = {
    "nothing": (b"", "scan_kind"),
    "a zip": (b"PK\x03\x04" + bytes(200), "scan_kind"),
    "HEIC": (HEIC, "scan_heic"),
}
BROKEN: dict[str, tuple[bytes, str, str]] = {
    "a PDF without pages": (b"%PDF-1.7\n" + bytes(50), "invalid_payload", "scan_unreadable"),
    "half a PDF": (as_file(GOOD, "PDF")[:2000], "invalid_payload", "scan_unreadable"),
    "half a PNG": (as_file(GOOD)[:1500], "invalid_payload", "scan_unreadable"),
    "half a JPEG": (as_file(GOOD, "JPEG")[:1500], "invalid_payload", "scan_unreadable"),
    "81 million pixels": (as_file(Image.new("1", (9000, 9000))), "too_large", "scan_too_large"),
}


async def test_other_kinds_of_files_are_refused_at_once_and_leave_nothing() -> None:
    house, teacher = await with_exam()
    for name, (data, reason) in REFUSED.items():
        refused = await upload(teacher, data)
        assert (refused.status_code, refused.json()["info"]["reason"]) == (415, reason), name
    assert "JPEG" in refused.json()["message"]
    assert (await teacher.get("/api/v1/exams/e1/scans")).json()["items"] == []
    assert await house.grading.blobs.total() == 0


async def test_files_that_cannot_be_read_say_why_and_give_way_to_better_ones() -> None:
    house, teacher = await with_exam()
    for name, (data, code, reason) in BROKEN.items():
        scan = await scanned(house, teacher, data)
        assert (scan["status"], scan["error"]["error"], scan["error"]["info"]["reason"]) == ("failed", code, reason), (
            name
        )
        assert len(scan["error"]["message"]) > 10
    assert (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"] == []
    assert await house.grading.blobs.total() == 0
    (last,) = (await teacher.get("/api/v1/exams/e1/scans")).json()["items"]
    assert (await teacher.delete(f"/api/v1/exams/e1/scans/{last['scan_id']}")).status_code == 204
    read = await scanned(house, teacher, as_file(GOOD))
    assert read["status"] == "read"
    refused = await teacher.delete(f"/api/v1/exams/e1/scans/{read['scan_id']}")
    assert (refused.status_code, refused.json()["info"]["reason"]) == (409, "scan_taken")
    assert await house.grading.blobs.size(f"uploads/{read['scan_id']}") == 0


@pytest.mark.slow
async def test_a_broken_page_is_named() -> None:
    house, teacher = await with_exam()
    huge = Image.new("L", (9000, 9000), 255)
    buffer = io.BytesIO()
    GOOD.save(buffer, "PDF", save_all=True, append_images=[huge])
    scan = await scanned(house, teacher, buffer.getvalue())
    assert (scan["error"]["info"]["page"], "2" in scan["error"]["message"]) == (2, True)


@pytest.mark.slow
async def test_a_student_who_is_forgotten_while_a_scan_waits_leaves_nothing_of_it() -> None:
    house, teacher = await with_exam()
    scan = (await upload(teacher, as_file(GOOD))).json()
    assert await house.grading.blobs.total() > 0
    assert (await house.as_("root", "admin").post("/api/v1/students/s1/erasures")).status_code == 200
    await house.grading.read_scans()
    assert (await teacher.get(f"/api/v1/exams/e1/scans/{scan['scan_id']}")).status_code == 404
    assert (await teacher.get("/api/v1/exams/e1/submissions")).json()["items"] == []
    assert await house.grading.blobs.total() == 0


@pytest.mark.slow
async def test_a_page_is_drawn_as_it_is_read_for_whoever_places_the_questions() -> None:
    house, teacher = await with_exam()
    turned = GOOD.rotate(3, Image.Resampling.BICUBIC, fillcolor=250)
    drawn = await teacher.post("/api/v1/exams/e1/sheet-pages", content=as_file(turned))
    assert (drawn.headers["content-type"], drawn.headers["x-page-count"]) == ("image/png", "1")
    with Image.open(io.BytesIO(drawn.content)) as straight:
        dark = straight.convert("L").crop((140, 165, 180, 195)).resize((1, 1)).getpixel((0, 0))
    assert isinstance(dark, int | float)
    assert dark < 140  # the ticked bubble is where it was before the page was turned
    missing = await teacher.post("/api/v1/exams/e1/sheet-pages", params={"page": 2}, content=as_file(GOOD, "PDF"))
    assert (missing.status_code, missing.json()["info"]["reason"]) == (404, "scan_page_not_found")
    await teacher.put("/api/v1/exams/e1/members/gus", json={"role": "grader"})
    refused = await house.as_("gus", "grader").post("/api/v1/exams/e1/sheet-pages", content=as_file(GOOD))
    assert refused.status_code == 403


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
