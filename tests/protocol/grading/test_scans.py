"""A printed sheet sent to a real server: read, stored, kept over a restart, while the server answers others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("rapidocr", reason="pages are read with the extra `ocr`")

from bench.ocr.paper import (
    CHOICE_REGION,
    TEXT_REGION,
    TEXTS,
    as_file,
    blurred,
    character_accuracy,
    fonts,
    sheet,
    template,
)

from tests.protocol.house import Served, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not fonts(), reason="the pages are printed in Noto CJK (package fonts-noto-cjk)"),
]
SCAN = "/api/v1/exams/e1/submissions/scan"


def place(region_id: str) -> Any:
    """Where `bench.ocr.paper.sheet` has a region, as a question's place is written."""
    region = next(region for region in template().regions if region.region_id == region_id)

    def box(shares: Any) -> dict[str, float]:
        return {"left": shares.left, "top": shares.top, "right": shares.right, "bottom": shares.bottom}

    bubbles = [{"option_id": bubble.option_id, "box": box(bubble.box)} for bubble in region.bubbles]
    return {"page": region.page, "box": box(region.box), "bubbles": bubbles}


EXAM = {
    "exam_id": "e1",
    "title": "生物",
    "language": "zh",
    "questions": [
        {"question_id": "q1", "type": "essay", "text": "为什么？", "points": 4.0, "place": place(TEXT_REGION)},
        {
            "question_id": "q2",
            "type": "multiple_choice",
            "text": "哪些？",
            "key": {"type": "choice", "options": [{"option_id": o} for o in "ABCD"], "correct": ["B", "D"]},
            "place": place(CHOICE_REGION),
        },
    ],
}


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def scanned(client: httpx.AsyncClient, student: str, data: bytes) -> dict[str, Any]:
    """The submission, once it is read."""
    scan = (await client.post(SCAN, params={"student_id": student}, content=data)).json()
    async with asyncio.timeout(60):
        while scan["status"] in ("waiting", "reading"):
            await asyncio.sleep(0.1)
            scan = (await client.get(f"/api/v1/exams/e1/scans/{scan['scan_id']}")).json()
    assert (scan["status"], scan["answers_read"]) == ("read", 2), scan
    found: dict[str, Any] = (await client.get(f"/api/v1/exams/e1/submissions/{scan['scan_id']}")).json()
    return found


async def responsive(server: Served, reading: asyncio.Task[Any]) -> int:
    """How often the server answered while a scan was being read."""
    answered = 0
    async with server.http() as client:
        while not reading.done():
            assert (await client.get("/healthz")).status_code == 200
            answered += 1
            await asyncio.sleep(0.02)
    return answered


async def test_spec_4_a_printed_sheet_is_read_beside_everything_else_and_kept_with_its_pictures(tmp_path: Path) -> None:
    page = sheet(TEXTS["zh"], ticked=("B", "D"))
    async with served(tmp_path) as server, server.http(server.token("ann", "teacher")) as teacher:
        assert (await teacher.post("/api/v1/exams", json=EXAM)).status_code == 201
        reading = asyncio.create_task(scanned(teacher, "s1", as_file(page, "PDF")))
        assert await responsive(server, reading) > 5
        written, ticked = reading.result()["responses"]
        assert character_accuracy(TEXTS["zh"], written["answer"]) >= 0.98
        assert (ticked["chosen"], written["quality"] > 0.6) == (["B", "D"], True)
        poor = await scanned(teacher, "s2", as_file(blurred(page, 5.0), "JPEG"))
        assert poor["overall_quality"] < 0.6
    async with served(tmp_path) as server, server.http(server.token("ann", "teacher")) as teacher:
        for response in (written, ticked):
            picture = await teacher.get(f"/api/v1/exams/e1/responses/{response['response_id']}/image")
            assert picture.content.startswith(b"\x89PNG")
        assert len((await teacher.get("/api/v1/exams/e1/submissions")).json()["items"]) == 2
        snippet = written["answer"].splitlines()[0].encode()
        assert any(snippet in kept for kept in files(tmp_path))
        async with server.http(server.token("root", "admin")) as admin:
            for student in ("s1", "s2"):
                assert (await admin.post(f"/api/v1/students/{student}/erasures")).status_code == 200
        assert not any(snippet in kept or kept.startswith(b"\x89PNG") for kept in files(tmp_path))
