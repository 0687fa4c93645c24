"""The clients people use: the `websockets` library, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import websockets

from tests.protocol.gateway.harness import RecordingEndpoint, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(RecordingEndpoint()) as running:
        yield running


@pytest.mark.parametrize(
    "message", ["hello", "면접을 시작합니다", "", "x" * 70_000, b"", b"\x00\xff" * 300, b"y" * (4 << 20)]
)
async def test_messages_of_every_kind_come_back(server: Server, message: str | bytes) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws", max_size=None) as client:
        await client.send(message)
        assert await client.recv() == message
        assert await (await client.ping()) >= 0
    assert client.close_code == 1000


async def test_a_message_may_be_sent_in_pieces(server: Server) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws") as client:
        await client.send(["하나", " ", "둘"])
        assert await client.recv() == "하나 둘"


async def test_a_refused_handshake_shows_its_status(server: Server) -> None:
    for path, status in (("/nowhere", 404), ("/refused", 503)):
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(f"ws://127.0.0.1:{server.port}{path}", open_timeout=5)
        assert caught.value.response.status_code == status
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(f"ws://127.0.0.1:{server.port}/ws", origin=websockets.Origin("http://evil.example"))
    assert caught.value.response.status_code == 403


async def test_a_hundred_clients_at_once(server: Server) -> None:
    async def talk(number: int) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws") as client:
            for turn in range(5):
                await client.send(f"{number}-{turn}")
                assert await client.recv() == f"{number}-{turn}"

    await asyncio.gather(*(talk(number) for number in range(100)))
