"""Clients of one room that send, lose their server without warning, come back and go on: what each of them saw.

`python -m tests.integration.room_load --seconds 180 --kill-every 15` runs it at length.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.integration.server import ServerProcess
from vivavoce.adapters.clock import SystemClock
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens

SECRET = "a-test-secret-that-is-long-enough-0123456789"
ROOM = "interview_under_load"
ANSWER_WITHIN_S = 5.0


class LostError(Exception):
    """The connection is gone, or the server does not answer."""


class RoomClient:
    """A participant who resumes. Sends what is not acknowledged again, under the same `client_id`."""

    def __init__(self, base: str, name: str, token: str) -> None:
        self.name = name
        self.seen: list[tuple[int, str, str | None]] = []
        """(seq, event_id, client_id) of every event of the room, in the order it came."""
        self.acknowledged: dict[str, tuple[int, str]] = {}
        """client_id → (seq, event_id) as the server confirmed it."""
        self.came_back_s: list[float] = []
        """Epoch seconds of each time it had joined."""
        self.unrecovered = 0
        self._url = f"{base}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._numbers = itertools.count()
        self._epoch: str | None = None
        self._last_seq: int | None = None
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._stopping = False

    async def run(self, every_s: float) -> None:
        """Send a message each `every_s` until `stop`, across all that happens to the server."""
        waiting: str | None = None
        while not self._stopping:
            try:
                async with connect(self._url, proxy=None, open_timeout=5, close_timeout=0.2) as ws:
                    reader = await self._enter(ws)
                    try:
                        while not self._stopping:
                            waiting = waiting or f"{self.name}-{next(self._numbers)}"
                            await self._say(ws, waiting)
                            waiting = None
                            await asyncio.sleep(every_s)
                    finally:
                        reader.cancel()
                        await asyncio.gather(reader, return_exceptions=True)
            except (OSError, WebSocketException, TimeoutError, LostError):
                await asyncio.sleep(0.1)

    def stop(self) -> None:
        self._stopping = True

    async def catch_up(self, last_seq: int) -> None:
        """Come back until everything up to that position has been seen."""
        async with asyncio.timeout(20):
            async with connect(self._url, proxy=None) as ws:
                reader = await self._enter(ws)
                while self._last_seq is None or self._last_seq < last_seq:
                    await asyncio.sleep(0.02)
                reader.cancel()

    async def _enter(self, ws: ClientConnection) -> asyncio.Task[None]:
        await ws.recv()
        await ws.send("40" + json.dumps({"token": self._token}))
        if not str(await asyncio.wait_for(ws.recv(), ANSWER_WITHIN_S)).startswith("40"):
            raise LostError
        self._answers.clear()
        reader = asyncio.create_task(self._read(ws))
        place = {} if self._last_seq is None else {"last_seq": self._last_seq, "epoch": self._epoch}
        joined = await self._call(ws, "join_interview", {"interview_id": ROOM, **place})
        if place and not joined["recovered"]:
            self.unrecovered += 1
        self._epoch = joined["epoch"]
        if self._last_seq is None:
            self._last_seq = joined["last_seq"]
        self.came_back_s.append(time.time())
        return reader

    async def _say(self, ws: ClientConnection, client_id: str) -> None:
        answer = await self._call(
            ws, "send_message", {"interview_id": ROOM, "message": f"from {self.name}", "client_id": client_id}
        )
        if answer.get("status") == "ok":
            self.acknowledged[client_id] = (answer["seq"], answer["event_id"])
        else:
            raise LostError

    async def _call(self, ws: ClientConnection, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        packet_id = str(next(self._numbers))
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = answer
        await ws.send(f"42{packet_id}" + json.dumps([name, payload]))
        return await asyncio.wait_for(answer, ANSWER_WITHIN_S)

    async def _read(self, ws: ClientConnection) -> None:
        try:
            async for packet in ws:
                text = str(packet)
                if text == "2":
                    await ws.send("3")
                elif text.startswith("42"):
                    self._note(json.loads(text[2:]))
                elif text.startswith("43"):
                    at = text.index("[")
                    answer = self._answers.pop(text[2:at], None)
                    if answer is not None and not answer.done():
                        answer.set_result(json.loads(text[at:])[0])
        finally:
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(LostError())
                    waiting.exception()  # whoever gave up waiting does not ask

    def _note(self, event: list[Any]) -> None:
        data = event[1]
        if event[0] not in ("joined_interview", "error") and "seq" in data:
            self.seen.append((data["seq"], data["event_id"], data.get("client_id")))
            self._last_seq = data["seq"]


async def kill_under_load(
    server: ServerProcess, *, clients: int, kills: int, kill_every_s: float, every_s: float
) -> tuple[list[RoomClient], list[float]]:
    """The clients after everything, each of them caught up to the same position; and after each kill, the seconds from
    a server that is ready to the last client that is back."""
    returns_s: list[float] = []
    tokens = Tokens(Keyring([SECRET], "production"), SystemClock())
    people = [
        RoomClient(
            server.sockets,
            f"p{number}",
            tokens.mint(
                f"p{number}", role="interviewer" if number % 2 == 0 else "candidate", sessions=[ROOM], ttl_s=3600
            ),
        )
        for number in range(clients)
    ]
    running = [asyncio.create_task(people[0].run(every_s))]
    while not people[0].acknowledged:  # the interviewer makes the room
        await asyncio.sleep(0.02)
    running += [asyncio.create_task(person.run(every_s)) for person in people[1:]]
    try:
        for _ in range(kills):
            await asyncio.sleep(kill_every_s)
            server.kill()
            killed = time.time()
            await asyncio.to_thread(server.start)
            ready = time.time()
            while not all(person.came_back_s and person.came_back_s[-1] > killed for person in people):
                await asyncio.sleep(0.01)
                assert time.time() - ready < 30, "somebody did not come back"
            returns_s.append(time.time() - ready)
        await asyncio.sleep(kill_every_s)
    finally:
        for person in people:
            person.stop()
    await asyncio.gather(*running)
    head = max(seq for person in people for seq, _ in person.acknowledged.values())
    for person in people:
        await person.catch_up(head)
    return people, returns_s


def check(people: Sequence[RoomClient]) -> tuple[int, int]:
    """Every acknowledged event once and in order, for everybody. Returns (acknowledged, seen in all)."""
    acknowledged = {key: place for person in people for key, place in person.acknowledged.items()}
    for person in people:
        assert person.unrecovered == 0, f"{person.name} could not resume"
        seqs = [seq for seq, _, _ in person.seen]
        assert seqs == sorted(set(seqs)), f"{person.name} saw events twice or out of order"
        places = {client_id: (seq, event_id) for seq, event_id, client_id in person.seen if client_id is not None}
        first = seqs[0]
        for client_id, place in acknowledged.items():
            if place[0] >= first:
                assert places.get(client_id) == place, f"{person.name} did not see {client_id} at {place}"
        ids = [client_id for _, _, client_id in person.seen if client_id is not None]
        assert len(ids) == len(set(ids)), f"{person.name} saw a command twice"
    return len(acknowledged), sum(len(person.seen) for person in people)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--kill-every", type=float, default=15)
    parser.add_argument("--clients", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", {"VIVAVOCE_JWT_SECRET": SECRET})
        server.start()
        try:
            kills = int(given.seconds // given.kill_every)
            people, returns_s = asyncio.run(
                kill_under_load(server, clients=given.clients, kills=kills, kill_every_s=given.kill_every, every_s=0.1)
            )
        finally:
            server.stop()
    acknowledged, seen = check(people)
    sys.stdout.write(
        f"{kills} kills: {acknowledged} acknowledged events, {seen} deliveries, each once and in order;"
        f" everybody back {max(returns_s):.2f} s after the server was ready at the latest\n"
    )


if __name__ == "__main__":
    main()
