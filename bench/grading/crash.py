"""`python -m bench.grading.crash`: 2,000 submissions of 5 questions, graded while the server is killed six times and a
second process that grades for it twice; and how soon a pause takes effect. Writes bench/results/grading-crash.json.

`--submissions`, `--kills` and `--worker-kills` measure another size, which is written nowhere.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from tests.integration import grading_load
from tests.integration.grading_load import Outcome
from tests.integration.server import ServerProcess

from bench.core.__main__ import RESULTS

SUBMISSIONS, KILLS, WORKER_KILLS = 2_000, 6, 2
PAUSE_TARGET_S = 1.0
#: Watched for so long after the wish to pause.
_AFTERWARDS_S = 3.0


async def pause(folder: Path, submissions: int) -> dict[str, Any]:
    """Pause a batch in its middle: the seconds from the wish to the last grade stored."""
    server = ServerProcess(folder / "paused", grading_load.ENVIRONMENT)
    try:
        server.start()
        await grading_load.furnish(server, submissions)
        async with grading_load.client(server) as http:
            (await http.post("/exams/e1/batches", json={"batch_id": "b1"})).raise_for_status()
            total = submissions * len(grading_load.QUESTIONS)
            while (await http.get("/batches/b1")).json()["completed"] < total // 20:
                await asyncio.sleep(0.02)
            asked = time.time() * 1000
            (await http.post("/batches/b1/pause")).raise_for_status()
            answered = time.time() * 1000
            await asyncio.sleep(_AFTERWARDS_S)
            batch = (await http.get("/batches/b1")).json()
    finally:
        server.stop()
    connection = sqlite3.connect(server.data_dir / "vivavoce.db")
    last, stored = connection.execute("SELECT max(created_at), count(*) FROM grades").fetchone()
    connection.close()
    took = max(0.0, (last - asked) / 1000)
    return {
        "status": batch["status"],
        "completed": batch["completed"],
        "stored": stored,
        "total": total,
        "answered_after_s": round((answered - asked) / 1000, 3),
        "last_grade_after_s": round(took, 3),
        "met": batch["status"] == "paused" and stored < total and took <= PAUSE_TARGET_S,
    }


async def crash(folder: Path, submissions: int, kills: int, worker_kills: int) -> dict[str, Any]:
    server = ServerProcess(folder / "killed", grading_load.ENVIRONMENT)
    started = time.perf_counter()
    try:
        seen = await grading_load.run(
            server, submissions=submissions, kills=kills, worker_kills=worker_kills, within_s=900
        )
    finally:
        server.stop()
    took = time.perf_counter() - started
    return {**msgspec.to_builtins(seen), "seconds": round(took, 1), "met": held(seen, kills, worker_kills)}


def held(seen: Outcome, kills: int, worker_kills: int) -> bool:
    """All graded, none twice (a grade made again would be in the log twice), progress never backwards or repeated."""
    return (
        (seen.server_kills, seen.worker_kills) == (kills, worker_kills)
        and (seen.status, seen.completed, seen.failed) == ("completed", seen.total, 0)
        and seen.grades == seen.graded_responses == seen.graded_events == seen.total
        and seen.backwards == seen.repeated == seen.unrecovered == 0
    )


async def run(submissions: int, kills: int, worker_kills: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return {
            "crash": await crash(Path(folder), submissions, kills, worker_kills),
            "pause": await pause(Path(folder), submissions),
        }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--worker-kills", type=int, default=WORKER_KILLS)
    given = parser.parse_args()
    size = (given.submissions, given.kills, given.worker_kills)
    found = asyncio.run(run(*size))
    print(json.dumps(found, indent=2))
    if size == (SUBMISSIONS, KILLS, WORKER_KILLS):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "grading-crash.json").write_text(json.dumps(found, indent=2) + "\n")
    return 0 if all(part["met"] for part in found.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
