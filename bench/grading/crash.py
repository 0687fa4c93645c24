"""`python -m bench.grading.crash`: 2,000 submissions of 5 questions, graded while the server is killed six times and a
second process that grades for it twice; and how soon a pause takes effect. Writes bench/results/grading-crash.json."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from tests.integration import grading_load
from tests.integration.server import ServerProcess

from bench.core.__main__ import RESULTS

SUBMISSIONS = 2_000
PAUSE_TARGET_S = 1.0


async def pause(folder: Path) -> dict[str, Any]:
    """Pause a batch in its middle: the seconds from the wish to the last grade stored."""
    server = ServerProcess(folder / "paused", grading_load.ENVIRONMENT)
    try:
        server.start()
        await grading_load.furnish(server, SUBMISSIONS)
        async with grading_load.client(server) as http:
            (await http.post("/exams/e1/batches", json={"batch_id": "b1"})).raise_for_status()
            while (await http.get("/batches/b1")).json()["completed"] < 500:
                await asyncio.sleep(0.02)
            asked = time.time() * 1000
            paused = (await http.post("/batches/b1/pause")).json()
            await asyncio.sleep(3)
    finally:
        server.stop()
    connection = sqlite3.connect(server.data_dir / "vivavoce.db")
    last = connection.execute("SELECT max(created_at) FROM grades").fetchone()[0]
    connection.close()
    took = max(0.0, (last - asked) / 1000)
    return {"status": paused["status"], "last_grade_after_s": round(took, 3), "met": took <= PAUSE_TARGET_S}


async def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", grading_load.ENVIRONMENT)
        try:
            seen = await grading_load.run(server, submissions=SUBMISSIONS, kills=6, worker_kills=2, within_s=900)
        finally:
            server.stop()
        return {"crash": msgspec.to_builtins(seen), "pause": await pause(Path(folder))}


def main() -> None:
    found = asyncio.run(run())
    print(json.dumps(found, indent=2))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "grading-crash.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
