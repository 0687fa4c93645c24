"""Clients of the rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

from socketio.exceptions import ConnectionError as RefusedError

import socketio
from tests.protocol.house import Served
from vivavoce.domain.access import Role

Event = tuple[str, dict[str, Any]]

#: The client's own second is short on a busy machine.
_PATIENCE_S = 20


class Client:
    """One connection. `seen` is what came and was not taken yet, `all` everything."""

    def __init__(self) -> None:
        self.sio = socketio.AsyncClient(reconnection=False)
        self.all: list[Event] = []
        self.seen: list[Event] = []
        self._came = asyncio.Event()
        self.sio.on("*", self._note)

    async def _note(self, name: str, data: dict[str, Any]) -> None:
        self.all.append((name, data))
        self.seen.append((name, data))
        self._came.set()

    async def call(self, name: str, /, **payload: Any) -> dict[str, Any]:
        """Send an event and take its acknowledgement."""
        answer: dict[str, Any] = await self.sio.call(name, payload, timeout=10)
        return answer

    async def send(self, name: str, /, **payload: Any) -> None:
        await self.sio.emit(name, payload)

    async def get(self, name: str, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next event of this name; what came before it is gone."""
        async with asyncio.timeout(10):
            while True:
                for index, (found, data) in enumerate(self.seen):
                    if found == name and when(data):
                        del self.seen[: index + 1]
                        return data
                self._came.clear()
                await self._came.wait()

    def names(self) -> list[str]:
        return [name for name, _ in self.all]

    async def join(self, interview_id: str | int, **more: Any) -> dict[str, Any]:
        return await self.call("join_interview", interview_id=interview_id, **more)

    async def drop(self) -> None:
        """Lose the connection without a word."""
        await self.sio.eio.disconnect(abort=True)

    async def close(self) -> None:
        await self.sio.disconnect()


class Rooms:
    def __init__(self, house: Served) -> None:
        self.house = house
        self._clients: list[Client] = []

    async def __aenter__(self) -> Rooms:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.close() for client in self._clients), return_exceptions=True)

    async def guest(self, *, transports: list[str] | None = None, **auth: Any) -> Client:
        return await self._connect({"token": "your_jwt_token_here", **auth}, transports)

    async def client(
        self,
        user: str,
        role: Role,
        *sessions: str,
        transports: list[str] | None = None,
        ttl_s: float = 3600,
        **auth: Any,
    ) -> Client:
        token = self.house.token(user, role, *sessions, ttl_s=ttl_s)
        return await self._connect({"token": token, **auth}, transports)

    async def _connect(self, auth: dict[str, Any], transports: list[str] | None) -> Client:
        client = Client()
        self._clients.append(client)
        await client.sio.connect(
            self.house.base, auth=auth, transports=transports or ["websocket"], wait_timeout=_PATIENCE_S
        )
        await client.get("connected")
        return client

    async def interview(self, name: str = "interview_1") -> tuple[Client, Client]:
        """A live interview: an interviewer and a candidate in it."""
        staff = await self.client("kim", "interviewer")
        await staff.join(name)
        candidate = await self.client("lee", "candidate", name)
        await candidate.join(name)
        await staff.call("start_interview", interview_id=name)
        await candidate.get("interview_started")
        await staff.get("interview_started")
        return staff, candidate


__all__ = ["Client", "RefusedError", "Rooms"]
