"""A batch whose model is away, slow, or talks nonsense: answers wait for it, and are graded when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.evaluator.model_server import ModelServer, serving
from tests.contracts.grader.model_server import marking
from tests.protocol.house import Served, served
from tests.unit.http.test_exams import EXAM

pytest.importorskip("dbos", reason="batches need the extra `grading`")
pytestmark = pytest.mark.slow

STUDENTS = 6


def half(request: dict[str, Any]) -> str:
    return marking(request)[:60]


def garbage(request: dict[str, Any]) -> str:
    return "Seven points, obviously."


def generous(request: dict[str, Any]) -> str:
    return '{"points_by": [{"point_id": "density", "points": 99}], "evidence": []}'


FAILURES = ["drop", "html", "status:503", garbage, half, generous, "status:429", "hang"]


def model(server: ModelServer) -> dict[str, Any]:
    return {"llm_base_url": server.base_url, "llm_model": "m", "llm_timeout_s": 0.5}


async def start(server: Served) -> None:
    async with server.http(server.token("ann", "teacher")) as teacher:
        settings = {"check_share": 0.0, "grader": "llm", "least_confidence": 0.0}
        assert (await teacher.post("/api/v1/exams", json={**EXAM, "settings": settings})).status_code == 201
        items = [
            {"student_id": f"s{n}", "answers": {"q1": "A", "q2": f"Ice is less dense than liquid water, I say {n}."}}
            for n in range(STUDENTS)
        ]
        await teacher.post("/api/v1/exams/e1/submissions", json={"submissions": items})
        assert (await teacher.post("/api/v1/exams/e1/batches", json={"batch_id": "b1"})).status_code == 201


async def until(server: Served, reached: Callable[[dict[str, int]], bool]) -> dict[str, int]:
    """The batch's items by status, once they are as wanted."""
    async with asyncio.timeout(60):
        while not reached(counts := await server.house.grading.batches.store.item_counts("b1")):
            await asyncio.sleep(0.05)
    return counts


async def responses(server: Served) -> list[dict[str, Any]]:
    async with server.http(server.token("ann", "teacher")) as teacher:
        found: list[dict[str, Any]] = (await teacher.get("/api/v1/exams/e1/responses")).json()["items"]
        return found


async def test_spec_4_answers_wait_while_the_model_fails_in_every_way_and_are_graded_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with serving(*FAILURES, "status:503") as away, served(tmp_path, **model(away)) as server:
        await start(server)
        # The key grades the choices meanwhile; the model's answers stay where they are, however often it is asked.
        await until(server, lambda counts: counts.get("pending", 0) > 0 and counts.get("done") == STUDENTS)
        async with asyncio.timeout(60):
            while len(away.requests) <= len(FAILURES):
                await asyncio.sleep(0.05)
        assert (await server.house.grading.batches.store.item_counts("b1")).get("failed", 0) == 0
        for response in await responses(server):
            if response["question_id"] == "q2":
                assert (response["status"], response["points"], response["marks"]) == ("ungraded", None, [])
        assert (await server.house.grading.batches.existing("b1")).state.status == "running"
        away.script = [marking]
        assert await until(server, lambda counts: counts.get("done") == 2 * STUDENTS) == {"done": 2 * STUDENTS}
        for response in await responses(server):
            (mark,) = response["marks"]
            assert mark["stamp"]["engine"] == ("llm" if response["question_id"] == "q2" else "exact")
            assert 0.0 <= mark["points"] <= response["max_points"]


async def test_spec_4_a_batch_that_waits_for_its_model_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with serving(marking) as gone:
        address = model(gone)
    async with served(tmp_path, **address) as server:
        await start(server)
        await until(server, lambda counts: counts.get("pending", 0) > 0)
    async with serving(marking) as back, served(tmp_path, **model(back)) as server:
        await until(server, lambda counts: counts.get("done") == 2 * STUDENTS)
        assert len(back.requests) == STUDENTS
