"""A grading batch under `kill -9`: of the server, and of a second process that grades for it. Somebody watches."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.integration.server import ServerProcess

SECRET = "a-test-secret-that-is-long-enough-0123456789"
ENVIRONMENT = {"VIVAVOCE_JWT_SECRET": SECRET, "VIVAVOCE_MAX_CONNECTIONS_PER_ADDRESS": "0"}
_CHOICE = {"type": "choice", "options": [{"option_id": name} for name in "ABCD"], "correct": ["B"]}
_POINT = {"point_id": "density", "text": "Ice is less dense than water", "points": 2.0}
_ANSWERS = (
    "Ice is less dense than liquid water, so it floats.",
    "Because it is cold.",
    "Water expands when it freezes and ice is less dense than water.",
    "I do not know.",
)
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"question_id": "q1", "type": "single_choice", "text": "Which?", "key": _CHOICE},
    {"question_id": "q2", "type": "true_false", "text": "True?", "key": {"type": "true_false", "correct": True}},
    {"question_id": "q3", "type": "numeric", "text": "How many?", "key": {"type": "numeric", "value": 42.0}},
    {
        "question_id": "q4",
        "type": "fill_in",
        "text": "The capital of Korea is ___.",
        "key": {"type": "fill_in", "blanks": [{"accepted": ["Seoul", "서울"]}]},
    },
    {
        "question_id": "q5",
        "type": "short_answer",
        "text": "Why does ice float?",
        "points": 2.0,
        "model_answers": ["Ice is less dense than water."],
        "rubric": [_POINT],
    },
)


class Outcome(msgspec.Struct, kw_only=True):
    """What was seen, and what is stored in the end."""

    total: int = 0
    server_kills: int = 0
    worker_kills: int = 0
    status: str = ""
    completed: int = 0
    failed: int = 0
    grades: int = 0
    graded_responses: int = 0
    graded_events: int = 0
    backwards: int = 0
    repeated: int = 0
    unrecovered: int = 0
    messages: int = 0


def token(user: str = "ann", role: str = "teacher") -> str:
    from vivavoce.adapters.clock import SystemClock
    from vivavoce.identity.keyring import Keyring
    from vivavoce.identity.tokens import Tokens

    clock = SystemClock()
    return Tokens(Keyring([SECRET], "development"), clock).mint(user, role=role, ttl_s=7200)  # type: ignore[arg-type]


def client(server: ServerProcess) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token()}"}
    return httpx.AsyncClient(base_url=f"{server.base}/api/v1", headers=headers, timeout=120)


async def furnish(server: ServerProcess, submissions: int) -> None:
    """An exam of five questions, answered."""
    async with client(server) as http:
        exam = {"exam_id": "e1", "title": "Physics", "questions": list(QUESTIONS)}
        (await http.post("/exams", json=exam)).raise_for_status()
        lines = ["student_id,q1,q2,q3,q4,q5"]
        lines += [
            f's{n},{"ABCD"[n % 4]},{"true" if n % 3 else "false"},{40 + n % 5},Seoul,"{_ANSWERS[n % 4]}"'
            for n in range(submissions)
        ]
        answer = await http.post(
            "/exams/e1/submissions/csv?mode=all",
            content="\n".join(lines).encode(),
            headers={"Content-Type": "text/csv"},
        )
        answer.raise_for_status()


class Worker:
    """`vivavoce worker` on the same folder."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self._server.data_dir.parent / "worker.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vivavoce.cli", "worker", "--data-dir", str(self._server.data_dir)],
            stdout=log,
            stderr=log,
            env={**os.environ, "VIVAVOCE_MODE": "development", **ENVIRONMENT},
        )

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


class Watcher:
    """Follows the batch over its socket, coming back after each kill with what it was told last."""

    def __init__(self, server: ServerProcess, batch_id: str, outcome: Outcome) -> None:
        self.server = server
        self.outcome = outcome
        self.last_seq = 0
        self.epoch = ""
        self.done = 0
        self.over = asyncio.Event()
        self._path = f"/ws/progress/{batch_id}?token={token()}"

    async def run(self) -> None:
        while not self.over.is_set():
            resume = f"&last_seq={self.last_seq}&epoch={self.epoch}" if self.epoch else ""
            try:
                async with connect(f"{self.server.sockets}{self._path}{resume}") as ws:
                    async for text in ws:
                        self._take(json.loads(text))
                        if self.over.is_set():
                            return
            except (OSError, EOFError, WebSocketException):
                await asyncio.sleep(0.1)

    def _take(self, message: dict[str, Any]) -> None:
        data = message["data"]
        if message["type"] == "HEARTBEAT":
            self.epoch = data["epoch"]
            self.outcome.unrecovered += data["recovered"] is False
            return
        if message["type"] != "GRADING_PROGRESS":
            return
        self.outcome.messages += 1
        done = data["completedTasks"] + data["failedTasks"]
        self.outcome.backwards += done < self.done
        self.outcome.repeated += data["seq"] <= self.last_seq
        self.done, self.last_seq = done, data["seq"]
        if data["status"] == "completed":
            self.over.set()


async def run(
    server: ServerProcess, *, submissions: int, kills: int, worker_kills: int, seed: int = 7, within_s: float = 300
) -> Outcome:
    """Grade `submissions` × 5 responses while the processes are killed at moments spread over the batch."""
    chance = random.Random(seed)
    outcome = Outcome(total=submissions * len(QUESTIONS))
    server.start()
    await furnish(server, submissions)
    worker = Worker(server)
    worker.start()
    async with client(server) as http:
        (await http.post("/exams/e1/batches", json={"batch_id": "b1"})).raise_for_status()
    watcher = Watcher(server, "b1", outcome)
    watching = asyncio.create_task(watcher.run())
    moments = sorted(["server"] * kills + ["worker"] * worker_kills, key=lambda _: chance.random())
    try:
        async with asyncio.timeout(within_s):
            for number, what in enumerate(moments):
                goal = outcome.total * (number + chance.random()) / (len(moments) + 1)
                while watcher.done < goal and not watcher.over.is_set():
                    await asyncio.sleep(0.01)
                if what == "server":
                    server.kill()
                    outcome.server_kills += 1
                    await asyncio.to_thread(server.start)
                else:
                    worker.kill()
                    outcome.worker_kills += 1
                    worker.start()
            await watcher.over.wait()
            await watching
    finally:
        watching.cancel()
        worker.stop()
    async with client(server) as http:
        batch = (await http.get("/batches/b1")).json()
    outcome.status, outcome.completed, outcome.failed = batch["status"], batch["completed"], batch["failed"]
    server.stop()
    _count(server, outcome)
    return outcome


def _count(server: ServerProcess, outcome: Outcome) -> None:
    """What is on disk: rows, and the grades that events tell of."""
    connection = sqlite3.connect(server.data_dir / "vivavoce.db")
    try:
        outcome.grades, outcome.graded_responses = connection.execute(
            "SELECT count(*), count(DISTINCT response_id) FROM grades"
        ).fetchone()
        rows = connection.execute("SELECT CAST(payload AS TEXT) FROM events WHERE type = 'ResponsesGraded'")
        outcome.graded_events = sum(len(json.loads(row[0])["grades"]) for row in rows)
    finally:
        connection.close()
