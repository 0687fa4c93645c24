"""SPEC 4: a batch survives `kill -9` of the server and of a worker; nothing is lost, graded or paid for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration import grading_load
from tests.integration.server import ServerProcess

pytest.importorskip("dbos", reason="batches need the extra `grading`")


async def test_spec_4_killed_processes_lose_no_response_and_grade_none_twice(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", grading_load.ENVIRONMENT)
    try:
        seen = await grading_load.run(server, submissions=300, kills=2, worker_kills=1)
    finally:
        server.stop()
    assert (seen.server_kills, seen.worker_kills) == (2, 1)
    assert (seen.status, seen.completed, seen.failed) == ("completed", seen.total, 0)
    # A grade that was made again for a response that had one would stand in the log twice.
    assert (seen.grades, seen.graded_responses, seen.graded_events) == (seen.total, seen.total, seen.total)
    assert (seen.backwards, seen.repeated, seen.unrecovered) == (0, 0, 0)
