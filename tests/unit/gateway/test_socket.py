"""What a socket writes, and when: one write a tick of the loop, in order, under a cap."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.frames import Opcode, client_frame, close_frame, pong_frame, text_frame
from vivavoce.gateway.gateway import Gateway
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.socket import WebSocket, broadcast


class Transport:
    """Takes every write, and tells the protocol that it is full when it is told to."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> None:
        """A connection without a descriptor."""

    def close(self) -> None:
        self.writes.append(b"closed")


class Quiet(Endpoint):
    """Answers "twice" with two messages, and nothing else with anything."""

    def opened(self, ws: WebSocket) -> None:
        ws.authenticated = True

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        if data == "twice":
            ws.send("one")
            ws.send("two")

    def closed(self, ws: WebSocket, code: int, reason: str) -> None: ...
    def refused(self, ws: WebSocket, error: VivavoceError) -> None: ...


def connect(gateway: Gateway) -> tuple[WebSocket, Transport]:
    transport = Transport()
    handshake = Handshake(b"GET / HTTP/1.1\r\n\r\n", "/", {}, peer="127.0.0.1", secure=False)
    return gateway.open(cast(Any, transport), handshake, Quiet(), b""), transport


def started() -> Gateway:
    gateway = Gateway(GatewayLimits(message_rate=None), [], OriginPolicy("development"))
    gateway.start()
    return gateway


async def test_what_is_sent_in_one_tick_leaves_in_one_write() -> None:
    gateway = started()
    pairs = [connect(gateway) for _ in range(3)]
    sockets = [ws for ws, _ in pairs]
    for text in ("a", "b", "c"):
        broadcast(sockets, text_frame(text))
    assert [transport.writes for _, transport in pairs] == [[], [], []]
    assert sockets[0].buffered == 9
    await asyncio.sleep(0)
    together = text_frame("a") + text_frame("b") + text_frame("c")
    assert [transport.writes for _, transport in pairs] == [[together]] * 3
    sockets[0].send("d")
    await asyncio.sleep(0)
    assert pairs[0][1].writes == [together, text_frame("d")]


async def test_the_first_answer_to_a_message_does_not_wait() -> None:
    ws, transport = connect(started())
    ws.data_received(client_frame(Opcode.TEXT, b"twice"))
    assert transport.writes == [text_frame("one")]
    await asyncio.sleep(0)
    assert transport.writes == [text_frame("one"), text_frame("two")]


async def test_an_answer_stays_behind_what_was_sent_before_it() -> None:
    ws, transport = connect(started())
    ws.send("before")
    ws.data_received(client_frame(Opcode.TEXT, b"twice"))
    await asyncio.sleep(0)
    assert b"".join(transport.writes) == text_frame("before") + text_frame("one") + text_frame("two")


async def test_control_frames_stay_behind_what_was_sent_before_them() -> None:
    ws, transport = connect(started())
    ws.send("a")
    ws.data_received(client_frame(Opcode.PING, b"p"))
    ws.send("b")
    ws.close(1000, "done")
    ws.send("c")
    await asyncio.sleep(0)
    assert b"".join(transport.writes) == text_frame("a") + pong_frame(b"p") + text_frame("b") + close_frame(
        1000, "done"
    )


async def test_no_more_than_about_64_kib_is_gathered() -> None:
    ws, transport = connect(started())
    for _ in range(100):
        ws.send("x" * 1000)
    assert [len(write) for write in transport.writes] == [66 * 1004]
    ws.send("y" * 100_000)
    assert len(transport.writes) == 2
    assert not ws.buffered


async def test_a_socket_that_became_full_keeps_the_order() -> None:
    ws, transport = connect(started())
    ws.send("a")
    await asyncio.sleep(0)
    ws.pause_writing()
    ws.send("b")
    ws.send("c")
    await asyncio.sleep(0)
    assert transport.writes == [text_frame("a")]
    assert not ws.writable
    ws.resume_writing()
    ws.send("d")
    await asyncio.sleep(0)
    assert b"".join(transport.writes) == b"".join(text_frame(text) for text in "abcd")


async def test_what_was_gathered_for_a_lost_socket_is_forgotten() -> None:
    ws, transport = connect(started())
    ws.send("a")
    ws.connection_lost(None)
    await asyncio.sleep(0)
    assert transport.writes == []
