"""SPEC 0.7: readers that never read are cut, cost the server little, and nobody waits for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.room_load import SECRET
from tests.integration.room_slow_readers import SENDERS, measure
from tests.integration.server import ServerProcess


@pytest.mark.slow
async def test_spec_0_7_five_who_never_read_cost_the_server_less_than_24_mib(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", {"VIVAVOCE_JWT_SECRET": SECRET})
    server.start()
    try:
        found = await measure(server, megabytes=20)
    finally:
        server.stop()
    assert found.grew_bytes < 24 * 2**20
    assert (found.cut, found.complete) == (5, SENDERS)
