"""SPEC 0.1, 0.2: `kill -9` under load. What was acknowledged is there, once, in order, for everybody who resumes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.room_load import SECRET, check, kill_under_load
from tests.integration.server import ServerProcess


@pytest.mark.slow
async def test_spec_0_2_sixteen_clients_see_every_acknowledged_event_once_across_kills(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", {"VIVAVOCE_JWT_SECRET": SECRET})
    server.start()
    try:
        people, _ = await kill_under_load(server, clients=16, kills=2, kill_every_s=2, every_s=0.1)
    finally:
        server.stop()
    acknowledged, _ = check(people)
    assert acknowledged > 100
