"""A house, and clients of its rooms: the official Python client, noting everything it gets in its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.house import Served, served
from tests.protocol.rooms.clients import Rooms


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path / "data", grace_s=0.2) as house:
        yield house


@pytest.fixture
async def rooms(house: Served) -> AsyncIterator[Rooms]:
    async with Rooms(house) as rooms:
        yield rooms


@pytest.fixture(autouse=True)
async def nothing_is_left_over() -> AsyncIterator[None]:
    """No task of a client outlives its test."""
    before = asyncio.all_tasks()
    yield
    for task in asyncio.all_tasks() - before - {asyncio.current_task()}:
        task.cancel()
