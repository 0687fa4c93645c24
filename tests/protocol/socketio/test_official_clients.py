"""The official clients as they come: three versions from Node on every transport, and the one in Python."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import socketio as official
from tests.protocol.gateway.harness import Server
from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.server import SocketIOServer
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket

CLIENTS = Path(__file__).parent / "clients"
EVERY_TRANSPORT = ["polling", "websocket", "polling,websocket"]


class Talker(Namespace):
    """Does what the clients ask for."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses
        self.ended: list[str] = []

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> None:
        if self.refuses:
            raise VivavoceError("unauthorized", "nobody comes in here")
        socket.state = auth

    def connected(self, socket: SioSocket) -> None:
        socket.emit("welcome", socket.state)

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        if name == "echo":
            socket.emit("echoed", *args)
        elif name == "ask" and ack is not None:
            ack(*args)
        elif name == "ask me":
            socket.emit("question", *args, ack=lambda answer: socket.emit("answered", answer))
        elif name == "count":
            for number in range(args[0]):
                socket.emit("number", number)
        elif name == "cut me":
            socket.disconnect(close=True)
        else:
            raise VivavoceError("forbidden", name)

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        self.ended.append(reason)


class TalkingServer(Server):
    def __init__(self) -> None:
        super().__init__(None, GatewayLimits(message_rate=None))
        self.talker = Talker()
        self.sio = SocketIOServer(
            self.gateway, namespaces={"/": self.talker, "/other": Talker(), "/closed": Talker(refuses=True)}
        )

    def __enter__(self) -> TalkingServer:
        super().__enter__()
        return self


@pytest.fixture(scope="module")
def server() -> Iterator[TalkingServer]:
    with TalkingServer() as running:
        yield running


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the official clients beside the script that uses them."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not here: the official clients of Socket.IO are left out")
    if not (CLIENTS / "node_modules" / "client-4.8").is_dir():
        pytest.skip("the official clients are not installed: `make test` installs them")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("transports", EVERY_TRANSPORT)
@pytest.mark.parametrize("version", ["4.8", "4.6", "4.0"])
def test_the_official_client_talks_and_comes_back(
    server: TalkingServer, node: str, version: str, transports: str
) -> None:
    talk = subprocess.run(
        [node, "talk.js", version, transports, str(server.port)],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert talk.returncode == 0, talk.stderr
    assert talk.stdout.startswith("ok ")
    if "," not in transports:
        assert talk.stdout.strip() == f"ok {transports}"


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(20))
def test_design_2_the_upgrade_passes_every_time(server: TalkingServer, node: str, round_: int) -> None:
    talk = subprocess.run(
        [node, "talk.js", "4.8", "polling,websocket", str(server.port)],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert talk.returncode == 0, talk.stderr


@pytest.mark.parametrize("transports", EVERY_TRANSPORT)
async def test_the_python_client_talks_and_comes_back(server: TalkingServer, transports: str) -> None:
    client = official.AsyncClient(reconnection_delay=0.05, reconnection_delay_max=0.1)
    heard: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()

    @client.on("*")  # type: ignore[untyped-decorator]
    async def anything(event: str, *args: Any) -> dict[str, Any] | None:
        if event == "question":
            return {"got": args[0]}
        heard.put_nowait((event, args))
        return None

    async def hear(event: str) -> tuple[Any, ...]:
        while True:
            name, args = await asyncio.wait_for(heard.get(), 10)
            if name == event:
                return args

    await client.connect(
        f"http://127.0.0.1:{server.port}", auth={"token": "t"}, transports=transports.split(","), wait_timeout=20
    )
    assert await hear("welcome") == ({"token": "t"},)
    await client.emit("echo", ("면접", {"a": [1, None]}))
    assert await hear("echoed") == ("면접", {"a": [1, None]})
    assert await client.call("ask", {"audio": b"\x01\x02"}, timeout=10) == {"audio": b"\x01\x02"}
    await client.emit("ask me", 42)
    assert await hear("answered") == ([{"got": 42}],)
    assert (await client.call("forbidden", timeout=10))["error"] == "forbidden"
    await client.emit("cut me")
    assert await hear("welcome") == ({"token": "t"},)
    assert await client.call("ask", "after", timeout=10) == "after"
    assert client.transport() == transports.rpartition(",")[2]
    await client.disconnect()


async def test_the_python_client_is_told_why_it_may_not_come_in(server: TalkingServer) -> None:
    client = official.AsyncClient(reconnection=False)
    refusals: list[dict[str, Any]] = []
    client.on("connect_error", refusals.append, namespace="/closed")
    with pytest.raises(official.exceptions.ConnectionError):
        await client.connect(f"http://127.0.0.1:{server.port}", namespaces=["/closed"], wait_timeout=20)
    assert refusals[0]["data"]["error"] == "unauthorized"
    await client.disconnect()
