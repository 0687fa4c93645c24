"""A served house and clients of the panel door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.protocol.house import Served, served


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running


def panel(house: Served, session_id: str, query: str = "", token: str | None = None, **options: Any) -> connect:
    path = f"/api/v1/realtime-interview/ws/interview/{session_id}"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = f"ws://127.0.0.1:{house.port}{path}{query}"
    return connect(address, additional_headers=headers, proxy=None, max_size=None, **options)


async def say(ws: ClientConnection, kind: str, **fields: Any) -> None:
    await ws.send(json.dumps({"type": kind, **fields}))


async def hear(ws: ClientConnection, *kinds: str, timeout_s: float = 15) -> dict[str, Any]:
    """The next message, or the next of these types."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), timeout_s))
        if not kinds or message["type"] in kinds:
            return message


async def ask(ws: ClientConnection, kind: str, **fields: Any) -> dict[str, Any]:
    """Send one message and take the very next one, as the document's client does."""
    await say(ws, kind, **fields)
    return await hear(ws)


async def interviewed(ws: ClientConnection) -> None:
    """A short interview, typed: one interviewer, two candidates."""
    for speaker, text in (
        ("면접관_1", "Could you tell us about something technical you improved?"),
        (
            "지원자_1",
            "Last year our checkout took four seconds. I traced it to a missing index, because every order scanned two "
            "million rows. I added a composite index instead of a cache, and p95 fell from 4 s to 180 ms.",
        ),
        ("지원자_2", "I am a hard worker and I like computers, things like that, it always went well."),
    ):
        await say(ws, "add_utterance", speaker=speaker, text=text)
        assert (await hear(ws, "saved", "error"))["type"] == "saved"
