"""A client of the panel's door that outlives the server, and the means to kill that."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.integration.server import ServerProcess


class Panelist:
    """Sends again what was not answered, on a new connection where need be."""

    def __init__(self, server: ServerProcess, session_id: str) -> None:
        self.server = server
        self.session_id = session_id
        self.ws: ClientConnection | None = None

    async def ask(self, message: dict[str, Any], *kinds: str) -> dict[str, Any]:
        """Send until the answer is there."""
        while True:
            try:
                ws = await self._connected()
                await ws.send(json.dumps(message))
                return await self._answer(ws, kinds, message.get("client_id"))
            except TimeoutError:
                raise
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError):
                self.ws = None
                await asyncio.sleep(0.05)

    async def _connected(self) -> ClientConnection:
        if self.ws is None:
            path = f"/api/v1/realtime-interview/ws/interview/{self.session_id}"
            self.ws = await connect(f"{self.server.sockets}{path}", max_size=None, open_timeout=60)
        return self.ws

    async def _answer(self, ws: ClientConnection, kinds: tuple[str, ...], client_id: str | None) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), 60))
            assert message["type"] != "error", message
            named = message.get("client_id") or message.get("result", {}).get("client_id")
            if message["type"] in kinds and (client_id is None or named == client_id):
                return message

    async def close(self) -> None:
        if self.ws is not None:
            await self.ws.close()


async def killed_after(server: ServerProcess, delay_s: float) -> None:
    """Kill the server after a moment, and start it again."""
    await asyncio.sleep(delay_s)
    server.kill()
    await asyncio.to_thread(server.start)
