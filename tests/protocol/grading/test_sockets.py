"""Document D's sockets on a real server: who may come in, what they are told, and coming back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.protocol.house import Served, served
from vivavoce.domain.access import Role

pytest.importorskip("dbos", reason="batches need the extra `grading`")
pytestmark = pytest.mark.slow

CHOICE = {
    "question_id": "q1",
    "type": "single_choice",
    "text": "Which?",
    "key": {"type": "choice", "options": [{"option_id": "A"}, {"option_id": "B"}], "correct": ["A"]},
}
OPEN = {
    "question_id": "q2",
    "type": "short_answer",
    "text": "Why does ice float?",
    "points": 2.0,
    "model_answers": ["Ice is less dense than water."],
    "rubric": [{"point_id": "density", "text": "Ice is less dense than water", "points": 2.0}],
}


class House:
    """A server with an exam of forty submissions."""

    def __init__(self, server: Served) -> None:
        self.server = server

    def token(self, user: str, role: Role = "teacher") -> str:
        return self.server.token(user, role)

    def socket(self, path: str, user: str = "ann", role: Role = "teacher", **query: object) -> connect:
        asked = "&".join(f"{name}={value}" for name, value in {"token": self.token(user, role), **query}.items())
        return connect(f"ws://127.0.0.1:{self.server.port}/ws/{path}?{asked}", proxy=None)

    async def call(self, path: str, body: Any, user: str = "ann", role: Role = "teacher", method: str = "POST") -> Any:
        async with self.server.http(self.token(user, role)) as client:
            answer = await client.request(method, f"/api/v1/{path}", json=body)
            assert answer.status_code < 300, answer.text
            return answer.json()


@asynccontextmanager
async def house_in(folder: Path) -> AsyncIterator[House]:
    async with served(folder) as server:
        house = House(server)
        settings = {"check_share": 1.0, "seed_share": 0.0}
        exam = {"exam_id": "e1", "title": "Physics", "questions": [CHOICE, OPEN], "settings": settings}
        await house.call("exams", exam)
        items = [
            {"student_id": f"s{n}", "answers": {"q1": "A", "q2": "Ice is less dense than water."}} for n in range(40)
        ]
        await house.call("exams/e1/submissions", {"submissions": items})
        yield house


async def next_of(ws: ClientConnection, *kinds: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            message: dict[str, Any] = json.loads(await ws.recv())
            if message["type"] in kinds:
                return message


async def say(ws: ClientConnection, kind: str, **fields: Any) -> None:
    await ws.send(json.dumps({"type": kind, **fields}))


async def until_over(ws: ClientConnection) -> list[dict[str, Any]]:
    told = []
    while not told or told[-1]["status"] != "completed":
        told.append((await next_of(ws, "GRADING_PROGRESS"))["data"])
    return told


async def test_spec_4_progress_rises_and_what_was_missed_comes_after_a_reconnect(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        await house.call("exams/e1/batches", {"batch_id": "b1"})
        async with house.socket("progress/b1") as ws:
            greeting = await next_of(ws, "HEARTBEAT")
            told = await until_over(ws)
            await say(ws, "get_progress", client_id="c1")
            answer = (await next_of(ws, "GRADING_PROGRESS"))["data"]
        assert set(told[0]) >= {"batchId", "examId", "totalTasks", "processingTasks", "startTime", "throughput"}
        assert [entry["completedTasks"] for entry in told] == sorted(entry["completedTasks"] for entry in told)
        assert (told[-1]["completedTasks"], told[-1]["failedTasks"], told[-1]["totalTasks"]) == (80, 0, 80)
        assert (answer["client_id"], answer["completedTasks"]) == ("c1", 80)
        epoch = greeting["data"]["epoch"]
        async with house.socket("progress/b1", last_seq=1, epoch=epoch) as ws:
            assert (await next_of(ws, "HEARTBEAT"))["data"]["recovered"] is True
            again = await until_over(ws)
        assert [entry["seq"] for entry in again] == list(range(2, again[-1]["seq"] + 1))
        assert again[-1]["event_id"]
        async with house.socket("progress/b1", last_seq=9999) as ws:
            assert (await next_of(ws, "HEARTBEAT"))["data"]["recovered"] is False
            assert (await next_of(ws, "GRADING_PROGRESS"))["data"]["completedTasks"] == 80


async def test_spec_4_rights_at_the_four_sockets(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        await house.call("exams/e1/batches", {"batch_id": "b1"})
        await house.call("exams/e1/members/gus", {"role": "grader"}, method="PUT")
        wanted: list[tuple[str, str, Role, int]] = [
            ("progress/b1", "bob", "teacher", 4404),
            ("progress/b2", "ann", "teacher", 4404),
            ("quality/e1", "gus", "grader", 4403),
            ("grading/e1", "s1", "student", 4404),
            ("system", "ann", "teacher", 4403),
        ]
        for path, user, role, code in wanted:
            async with house.socket(path, user, role) as ws:
                refused = await next_of(ws, "ERROR")
                assert refused["error"] == refused["data"]["error"]
                await ws.wait_closed()
                assert ws.close_code == code, path
        async with house.socket("progress/b1", "gus", "grader") as ws:
            await next_of(ws, "GRADING_PROGRESS")
            await say(ws, "pause_batch")
            assert (await next_of(ws, "ERROR"))["error"] == "forbidden"
            await say(ws, "fly")
            assert (await next_of(ws, "ERROR"))["data"]["info"]["reason"] == "unknown_type"


async def test_spec_4_a_marker_is_given_tasks_marks_them_and_reports(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        await house.call("exams/e1/batches", {"batch_id": "b1"})
        async with house.socket("progress/b1") as ws:
            await until_over(ws)
        await house.call("exams/e1/members/gus", {"role": "grader"}, method="PUT")
        async with house.socket("grading/e1", "gus", "grader") as ws, house.socket("grading/e1") as watching:
            await say(ws, "join_grading_session")
            status = await next_of(ws, "GRADING_STATUS")
            while not status["data"]["participants"]:
                status = await next_of(ws, "GRADING_STATUS")
            assert (status["data"]["participants"], status["data"]["remaining"]) == (["gus"], 40)
            await say(ws, "request_next_task")
            task = (await next_of(ws, "GRADING_TASK"))["data"]
            assert set(task) >= {"taskId", "examId", "questionId", "questionType", "response", "imageUrl", "rubric"}
            assert (task["marks"], task["maxPoints"]) == ([], 2.0)
            await say(ws, "submit_grade", data={"taskId": task["taskId"], "points": 0.3})
            assert (await next_of(ws, "ERROR"))["data"]["info"]["reason"] == "points_out_of_range"
            grade = {"taskId": task["taskId"], "points": 2.0, "comment": "Yes", "criteria": {"density": 2.0}}
            for _ in range(2):
                await say(ws, "submit_grade", data=grade, client_id="g1")
            first, second = await next_of(ws, "GRADING_RESULT"), await next_of(ws, "GRADING_RESULT")
            assert (first["data"], first["message_id"]) == (second["data"], second["message_id"])
            assert (first["data"]["status"], first["data"]["points"]) == ("marked", 2.0)
            assert (await next_of(watching, "GRADING_RESULT"))["message_id"] == first["message_id"]
            await say(ws, "report_issue", data={"taskId": task["taskId"], "text": "The picture is upside down"})
            assert (await next_of(ws, "USER_NOTIFICATION"))["data"]["level"] == "success"
            fresh = house.server.token("gus", "grader")
            await say(ws, "token_refresh", token=fresh)
            assert (await next_of(ws, "USER_NOTIFICATION"))["data"]["title"]
        async with house.socket("grading/e1", "gus", "grader", last_seq=1) as ws:
            assert (await next_of(ws, "GRADING_RESULT"))["message_id"] == first["message_id"]


async def test_spec_4_an_alert_is_raised_acknowledged_and_resolved(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house:
        await house.call("exams/e1/batches", {"batch_id": "b1"})
        async with house.socket("progress/b1") as ws:
            await until_over(ws)
        await house.call("exams/e1/members/gus", {"role": "grader"}, method="PUT")
        async with house.socket("quality/e1") as ws, house.socket("grading/e1", "gus", "grader") as marking:
            assert (await next_of(ws, "QUALITY_METRICS"))["data"]["metrics"]["accuracyRate"] is None
            for _ in range(12):
                await say(marking, "request_next_task")
                task = (await next_of(marking, "GRADING_TASK"))["data"]
                await say(marking, "submit_grade", data={"taskId": task["taskId"], "points": 0.0})
                await next_of(marking, "GRADING_RESULT")
            raised = (await next_of(ws, "QUALITY_ALERT"))["data"]
            while raised["metric"] != "accuracyRate":
                raised = (await next_of(ws, "QUALITY_ALERT"))["data"]
            assert (raised["level"], raised["acknowledgedBy"]) == ("critical", None)
            await say(ws, "acknowledge_alert", alertId=raised["alertId"])
            seen = (await next_of(ws, "QUALITY_ALERT"))["data"]
            while seen["alertId"] != raised["alertId"]:
                seen = (await next_of(ws, "QUALITY_ALERT"))["data"]
            assert seen["acknowledgedBy"] == "ann"
            await say(ws, "adjust_threshold", metric="accuracyRate", threshold=0.0)
            assert (await next_of(ws, "ALERT_RESOLVED"))["data"]["alertId"] == raised["alertId"]


async def test_spec_4_administrators_watch_the_machine_and_close_sockets(tmp_path: Path) -> None:
    async with house_in(tmp_path) as house, house.socket("system", "root", "admin") as ws:
        figures = (await next_of(ws, "SYSTEM_STATUS"))["data"]
        assert figures["connections"] == 1
        assert 0 < figures["memory_percent"] < 100
        async with house.server.http(house.token("root", "admin")) as client:
            found = (await client.get("/api/websocket/connections")).json()["items"]
            assert [(one["door"], one["user_id"]) for one in found] == [("grading", "root")]
            path = f"/api/websocket/connections/{found[0]['connection_id']}/disconnect"
            assert (await client.post(path)).status_code == 204
        await ws.wait_closed()
