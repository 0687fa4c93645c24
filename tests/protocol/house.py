"""The whole house in this process, on a free port and an empty folder: real sockets, real SQLite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from vivavoce import settings as settings_module
from vivavoce.bootstrap import House, RunningSpeech, build
from vivavoce.domain.access import Role
from vivavoce.gateway.server import serve

SECRET = "a-test-secret-that-is-long-enough-0123456789"


class Served:
    """A house that is being served, and clients for it."""

    def __init__(self, house: House, port: int) -> None:
        self.house = house
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    def token(self, user: str, role: Role, *sessions: str, ttl_s: float = 3600) -> str:
        return self.house.tokens.mint(user, role=role, name=user.title(), sessions=sessions, ttl_s=ttl_s)

    def socket(self, session_id: str | None = None, token: str | None = None, **options: Any) -> connect:
        path = "/api/v1/ws" + (f"/{session_id}" if session_id else "")
        query = options.pop("query", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return connect(f"ws://127.0.0.1:{self.port}{path}{query}", additional_headers=headers, proxy=None, **options)

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=20)


@asynccontextmanager
async def served(folder: Path, speech: RunningSpeech | None = None, **settings: Any) -> AsyncIterator[Served]:
    """A house without models, unless other recognisers are given."""
    given = {
        "mode": "development",
        "data_dir": folder,
        "port": 0,
        "jwt_secret": SECRET,
        "models_dir": folder / "models",
    }
    house = await build(settings_module.load({}, **{**given, **settings}), speech)
    await house.start()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(
        serve(
            house.api,
            house.gateway,
            host=house.settings.host,
            port=0,
            ready=lambda bound: ready.set_result(bound[0][1]),
            stop=stop,
            grace_s=1,
        )
    )
    try:
        yield Served(house, await asyncio.wait_for(ready, 20))
    finally:
        stop.set()
        await task
        await house.stop()


async def receive(ws: ClientConnection, *kinds: str, timeout_s: float = 10) -> dict[str, Any]:
    """The next message, or the next of these types."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), timeout_s))
        if not kinds or message["type"] in kinds:
            return message


async def send(ws: ClientConnection, kind: str, session_id: str | None = None, **data: Any) -> None:
    message: dict[str, Any] = {"type": kind, "timestamp": "2026-01-01T00:00:00.000Z", "data": data}
    if session_id is not None:
        message["session_id"] = session_id
    await ws.send(json.dumps(message))


async def silence(ws: ClientConnection, seconds: float = 0.3) -> None:
    """Nothing may come for this long."""
    try:
        message = await asyncio.wait_for(ws.recv(), seconds)
    except TimeoutError:
        return
    raise AssertionError(f"nothing was expected, but there came {message!r}")
