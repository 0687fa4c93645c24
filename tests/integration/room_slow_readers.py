"""Readers that never read, in a room where much is said: what they cost the server, and the others.

`python -m tests.integration.room_slow_readers --megabytes 200` runs it at length.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect

from tests.integration.room_load import SECRET
from tests.integration.server import ServerProcess
from vivavoce.adapters.clock import SystemClock
from vivavoce.domain.access import Role
from vivavoce.domain.session.room import MESSAGES_KEPT
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens

ROOM = "interview_of_many_words"
MESSAGE = "면" * 10_000
BYTES = len(MESSAGE.encode())
SENDERS = 8
EVERY_S = 0.05
"""Between hearing what one has said and saying more: a sender may send 20 a second."""
WARM_UP = MESSAGES_KEPT


@dataclass
class Measured:
    sent_bytes: int = 0
    grew_bytes: int = 0
    cut: int = 0
    """Readers that never read and were cut."""
    complete: int = 0
    """Others who got everything."""
    delays_s: list[float] = field(default_factory=list)
    health_s: list[float] = field(default_factory=list)

    @property
    def p95_s(self) -> float:
        return statistics.quantiles(self.delays_s, n=20)[-1]


async def measure(server: ServerProcess, *, megabytes: float, mute: int = 5) -> Measured:
    """Broadcast that much to a room with `mute` readers who never read and as many who do as there are senders."""
    tokens = Tokens(Keyring([SECRET], "production"), SystemClock())

    def token(name: str, role: Role) -> str:
        return tokens.mint(name, role=role, sessions=[ROOM], ttl_s=3600)

    measured = Measured()
    count = int(megabytes * 1_000_000 / BYTES)
    people = [_Person(server, token(f"p{number}", "interviewer")) for number in range(SENDERS)]
    for person in people:
        await person.enter()
    process = psutil.Process(server.pid)
    await _say(people, WARM_UP, measured)  # what grows once has grown
    before = process.memory_info().rss
    silent = [await asyncio.to_thread(_mute, server.port, token(f"m{number}", "observer")) for number in range(mute)]
    highest = before
    told = asyncio.create_task(_say(people, count, measured))
    async with httpx.AsyncClient(timeout=10) as http:
        while not told.done():
            asked = time.perf_counter()
            assert (await http.get(f"{server.base}/healthz")).status_code == 200
            measured.health_s.append(time.perf_counter() - asked)
            highest = max(highest, process.memory_info().rss)
            await asyncio.sleep(0.1)
    await told
    measured.sent_bytes = count * BYTES
    measured.grew_bytes = highest - before
    measured.complete = sum(person.got == people[0].got for person in people)
    measured.cut = sum([await asyncio.to_thread(_is_cut, reader) for reader in silent])
    for person in people:
        await person.leave()
    return measured


async def _say(people: list[_Person], count: int, measured: Measured) -> None:
    """`count` messages by all together, each acknowledged and seen by everybody."""
    target = people[0].got + count
    shares = [count // len(people) + (number < count % len(people)) for number in range(len(people))]
    await asyncio.gather(*(person.talk(share, measured) for person, share in zip(people, shares, strict=True)))
    async with asyncio.timeout(60):
        while any(person.got < target for person in people):
            await asyncio.sleep(0.02)


class _Person:
    """Sends, reads everything, and counts."""

    def __init__(self, server: ServerProcess, token: str) -> None:
        self.got = 0
        self._server = server
        self._token = token
        self._ws: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count()
        self._sent_at: dict[str, float] = {}
        self._delays: list[float] = []
        self._came_back = asyncio.Event()

    async def enter(self) -> None:
        url = f"{self._server.sockets}/socket.io/?EIO=4&transport=websocket"
        self._ws = ws = await connect(url, proxy=None, max_size=None)
        await ws.recv()
        await ws.send("40" + json.dumps({"token": self._token}))
        while not str(await asyncio.wait_for(ws.recv(), 20)).startswith('42["connected"'):
            pass
        await ws.send("42" + json.dumps(["join_interview", {"interview_id": ROOM}]))
        while "joined_interview" not in str(await asyncio.wait_for(ws.recv(), 20)):
            pass
        self._reader = asyncio.create_task(self._read(ws))

    async def leave(self) -> None:
        assert self._ws is not None
        await self._ws.close()

    async def talk(self, count: int, measured: Measured) -> None:
        assert self._ws is not None
        self._delays = measured.delays_s
        for _ in range(count):
            kind = f"{id(self)}-{next(self._numbers)}"[-32:]
            self._sent_at[kind] = time.perf_counter()
            event: list[Any] = ["send_message", {"interview_id": ROOM, "message": MESSAGE, "type": kind}]
            self._came_back.clear()
            await self._ws.send("42" + json.dumps(event, ensure_ascii=False))
            await asyncio.wait_for(self._came_back.wait(), 30)
            await asyncio.sleep(EVERY_S)

    async def _read(self, ws: ClientConnection) -> None:
        async for packet in ws:
            text = str(packet)
            if text == "2":
                await ws.send("3")
            elif text.startswith('42["new_message"'):
                self.got += 1
                at = text.index('"type":"') + 8
                sent_at = self._sent_at.pop(text[at : text.index('"', at)], None)
                if sent_at is not None:
                    self._delays.append(time.perf_counter() - sent_at)
                    self._came_back.set()
            elif text.startswith('42["error"'):
                raise AssertionError(text)


def _mute(port: int, token: str) -> socket.socket:
    """A client that joins and then reads nothing more."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    _ask(connection, "40" + json.dumps({"token": token}), b'["connected"')
    _ask(connection, "42" + json.dumps(["join_interview", {"interview_id": ROOM}]), b"joined_interview")
    return connection


def _ask(connection: socket.socket, packet: str, answer: bytes) -> None:
    connection.sendall(_frame(packet.encode()))
    heard = b""
    while answer not in heard:
        piece = connection.recv(4096)
        assert piece, heard
        heard += piece


def _frame(payload: bytes) -> bytes:
    """A masked text frame; the mask is zero."""
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
    return head + bytes(4) + payload


def _is_cut(connection: socket.socket) -> bool:
    """Whether the server has ended the connection, once what was on its way has been read."""
    try:
        while connection.recv(1 << 20):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    finally:
        connection.close()
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", {"VIVAVOCE_JWT_SECRET": SECRET})
        server.start()
        try:
            found = asyncio.run(measure(server, megabytes=given.megabytes))
        finally:
            server.stop()
    sys.stdout.write(
        f"{found.sent_bytes / 1e6:.0f} MB broadcast: memory grew {found.grew_bytes / 2**20:.1f} MiB, {found.cut} of 5"
        f" who never read were cut, {found.complete} of {SENDERS} others got everything, delivery p95"
        f" {found.p95_s * 1000:.0f} ms, health check at worst {max(found.health_s) * 1000:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
