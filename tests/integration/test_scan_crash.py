"""SPEC 4: scans survive `kill -9`: what was acknowledged is read after a restart, and nothing is stored twice."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.server import ServerProcess

pytest.importorskip("pypdfium2", reason="scans are opened with the extra `ocr`")
Image = pytest.importorskip("PIL.Image", reason="scans are opened with the extra `ocr`")
ImageDraw = pytest.importorskip("PIL.ImageDraw", reason="scans are opened with the extra `ocr`")

pytestmark = pytest.mark.slow

STUDENTS = 14
KILLS = 2
WIDTH, HEIGHT = 2400, 3200
OPTIONS = "ABCD"


def box(number: int, option: str) -> tuple[float, float, float, float]:
    x, y = 0.2 + 0.15 * OPTIONS.index(option), 0.1 + 0.15 * number
    return x - 0.02, y - 0.015, x + 0.02, y + 0.015


def question(number: int) -> dict[str, Any]:
    def shares(sides: tuple[float, float, float, float]) -> dict[str, float]:
        return dict(zip(("left", "top", "right", "bottom"), sides, strict=True))

    y = 0.1 + 0.15 * number
    return {
        "question_id": f"q{number}",
        "type": "single_choice",
        "text": "Which?",
        "key": {"type": "choice", "options": [{"option_id": option} for option in OPTIONS], "correct": ["A"]},
        "place": {
            "page": 1,
            "box": shares((0.1, y - 0.05, 0.9, y + 0.05)),
            "bubbles": [{"option_id": option, "box": shares(box(number, option))} for option in OPTIONS],
        },
    }


def sheet(student: int) -> bytes:
    page = Image.new("L", (WIDTH, HEIGHT), 250)
    draw = ImageDraw.Draw(page)
    for number in range(5):
        for option in OPTIONS:
            left, top, right, bottom = box(number, option)
            ring = (left * WIDTH, top * HEIGHT, right * WIDTH, bottom * HEIGHT)
            is_ticked = option == chosen(student, number)
            draw.ellipse(ring, outline=40, width=3, fill=30 if is_ticked else None)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def chosen(student: int, number: int) -> str:
    return OPTIONS[(student + number) % len(OPTIONS)]


def signed_in(server: ServerProcess) -> httpx.Client:
    answer = httpx.post(f"{server.base}/api/v1/auth/links", json={"token": server.link})
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))  # the server is killed meanwhile
    return httpx.Client(base_url=f"{server.base}/api/v1", headers=headers, timeout=60, transport=transport)


def scans(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/exams/e1/scans", params={"limit": 100}).json()["items"]
    return found


def when_read(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    """The scans once that many are over."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = scans(client)
        if sum(scan["status"] in ("read", "failed") for scan in found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"the scans are not read: {[scan['status'] for scan in scans(client)]}")


@pytest.mark.timeout(180)
def test_spec_4_scans_that_were_acknowledged_are_read_after_a_crash_and_none_is_stored_twice(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    server.start()
    interrupted = 0
    try:
        with signed_in(server) as client:
            exam = {"exam_id": "e1", "title": "Choices", "questions": [question(number) for number in range(5)]}
            assert client.post("/exams", json=exam).status_code == 201
            for student in range(STUDENTS):
                params = {"student_id": f"s{student}"}
                answer = client.post("/exams/e1/submissions/scan", params=params, content=sheet(student))
                assert answer.status_code == 202, answer.text
            for kill in range(KILLS):
                found = when_read(client, 1 + kill * 3)
                server.kill()
                interrupted += sum(scan["status"] in ("waiting", "reading") for scan in found)
                server.start()
            found = when_read(client, STUDENTS)
            assert {(scan["status"], scan["answers_read"]) for scan in found} == {("read", 5)}
            submissions = client.get("/exams/e1/submissions", params={"limit": 100}).json()["items"]
            assert sorted(row["student_id"] for row in submissions) == sorted(f"s{n}" for n in range(STUDENTS))
            # The exam's own count, from its events: one stored twice would be in it twice.
            assert client.get("/exams/e1").json()["submissions"] == STUDENTS
            for scan in found:
                responses = client.get(f"/exams/e1/submissions/{scan['scan_id']}").json()["responses"]
                student = int(scan["student_id"][1:])
                assert [response["chosen"] for response in responses] == [[chosen(student, n)] for n in range(5)]
                picture = client.get(f"/exams/e1/responses/{responses[0]['response_id']}/image").content
                assert picture.startswith(b"\x89PNG")
    finally:
        server.stop()
    assert interrupted > 0, "every scan was read before the first kill: the test shows nothing"
