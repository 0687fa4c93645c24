"""SPEC 0.1–0.3: `kill -9` in the middle of busy dialogues loses nothing, repeats nothing, and answers everything."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.integration.server import ServerProcess

DIALOGUES = 8
KILLS = 10
TURNS = 400


class Talker:
    """A client of document C that keeps what is unacknowledged and sends it again, and resumes by `last_seq`."""

    def __init__(self, server: ServerProcess, session_id: str) -> None:
        self.server = server
        self.session_id = session_id
        self.last_seq = 0
        self.epoch = ""
        self.seen: list[dict[str, Any]] = []
        self.acknowledged: dict[str, int] = {}
        self.sent = 0
        self.waiting: dict[str, str] = {}
        self.stopping = asyncio.Event()
        self.unrecovered = 0

    async def run(self) -> None:
        while not (self.stopping.is_set() and not self.waiting):
            try:
                async with connect(f"{self.server.sockets}/api/v1/ws/{self.session_id}") as ws:
                    await self._greet(ws)
                    await self._talk(ws)
            except (OSError, ConnectionClosed, TimeoutError, EOFError):
                await asyncio.sleep(0.05)
            except Exception as error:  # a handshake that the kill cut in two
                if type(error).__module__.partition(".")[0] != "websockets":
                    raise
                await asyncio.sleep(0.05)

    async def _greet(self, ws: ClientConnection) -> None:
        await ws.recv()
        data: dict[str, Any] = {"features": ["status"], "client_info": {}}
        if self.epoch:
            data |= {"last_seq": self.last_seq, "epoch": self.epoch}
        await ws.send(json.dumps({"type": "connect", "session_id": self.session_id, "data": data}))
        while (message := json.loads(await ws.recv()))["type"] != "connected":
            self._take(message)
        if self.epoch and not message["data"]["recovered"]:
            self.unrecovered += 1
        self.epoch = message["data"]["epoch"]
        for client_id, text in self.waiting.items():
            await self._send(ws, client_id, text)

    async def _talk(self, ws: ClientConnection) -> None:
        while not (self.stopping.is_set() and not self.waiting):
            if not self.waiting and self.sent < TURNS and not self.stopping.is_set():
                await asyncio.sleep(0.06)  # under the limit of 20 messages a second
                self.sent += 1
                client_id, text = f"c{self.sent}", f"Answer {self.sent}: I measured it and then changed the index."
                self.waiting[client_id] = text
                await self._send(ws, client_id, text)
            self._take(json.loads(await asyncio.wait_for(ws.recv(), 20)))

    async def _send(self, ws: ClientConnection, client_id: str, text: str) -> None:
        message = {"type": "text_input", "session_id": self.session_id, "data": {"text": text, "client_id": client_id}}
        await ws.send(json.dumps(message))

    def _take(self, message: dict[str, Any]) -> None:
        data = message["data"]
        if message["type"] == "status" and data.get("seq") and data.get("client_id"):
            self.acknowledged[data["client_id"]] = data["seq"]
        elif message["type"] == "ai_response":
            if data["seq"] > self.last_seq:
                self.last_seq = data["seq"]
                self.seen.append(data)
            self.waiting.pop(data["client_id"], None)
        elif message["type"] == "error":
            raise AssertionError(data)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_spec_0_1_kill_nine_ten_times_during_eight_dialogues(server: ServerProcess) -> None:
    server.start()
    talkers = [Talker(server, f"busy_{number}") for number in range(DIALOGUES)]
    tasks = [asyncio.create_task(talker.run()) for talker in talkers]
    chance = random.Random(20)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.3, 0.9))
        server.kill()
        await asyncio.to_thread(server.start)
    await asyncio.sleep(0.5)
    for talker in talkers:
        talker.stopping.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 60)

    async with httpx.AsyncClient(base_url=server.base) as http:
        for talker in talkers:
            history = await _history(http, talker.session_id)
            assert [event["seq"] for event in history] == list(range(1, len(history) + 1))
            inputs = [event for event in history if event["type"] == "InputSubmitted"]
            replies = [event for event in history if event["type"] == "ReplyProduced"]
            # Everything that was sent is there once and in order; everything acknowledged is where it was said to be.
            assert [event["client_id"] for event in inputs] == [f"c{n}" for n in range(1, talker.sent + 1)]
            by_client = {event["client_id"]: event["seq"] for event in inputs}
            assert all(by_client[client_id] == seq for client_id, seq in talker.acknowledged.items())
            # Each input has one reply, and the client saw each exactly once, in order.
            assert [seq for event in replies for seq in event["data"]["input_seqs"]] == [e["seq"] for e in inputs]
            assert [data["seq"] for data in talker.seen] == [event["seq"] for event in replies]
            assert talker.unrecovered == 0
            assert talker.sent > KILLS, "the dialogue was not busy"


@pytest.mark.slow
async def test_spec_2_an_input_nobody_waits_for_is_answered_after_the_restart(server: ServerProcess) -> None:
    """The client is gone for good; the reply that a crash left undone is made all the same, once."""
    server.start()
    async with connect(f"{server.sockets}/api/v1/ws/left_alone") as ws:
        await ws.recv()
        for number in range(20):
            message = {"type": "text_input", "session_id": "left_alone", "data": {"text": f"answer {number}"}}
            await ws.send(json.dumps(message))
        await ws.recv()
        server.kill()
    server.start()
    async with httpx.AsyncClient(base_url=server.base) as http:
        for _ in range(100):
            history = await _history(http, "left_alone")
            inputs = [event["seq"] for event in history if event["type"] == "InputSubmitted"]
            answered = [s for event in history if event["type"] == "ReplyProduced" for s in event["data"]["input_seqs"]]
            if inputs == answered:
                break
            await asyncio.sleep(0.1)
        assert inputs == answered
        assert inputs


async def _history(http: httpx.AsyncClient, session_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        after = events[-1]["seq"] if events else 0
        answer = await http.get(f"/api/v1/sessions/{session_id}/history", params={"after": after, "limit": 500})
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        if not items:
            return events
        events += items
