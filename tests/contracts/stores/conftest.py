"""One suite, every store: what memory promises, SQLite keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.stores.backends import Stores, memory_stores, sqlite_stores


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
        return
    async with sqlite_stores(tmp_path / "store.db") as opened:
        yield opened
