"""SPEC 0.7: at most 1 MiB or 1,000 messages wait, then 4008; ephemeral ones go first; others never wait."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.protocol.gateway.harness import RawClient, RecordingEndpoint, Server
from vivavoce.gateway.frames import Close, CloseCode, text_frame
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.socket import WebSocket, broadcast

KIB = 1 << 10
MIB = 1 << 20
FRAME = text_frame("x" * (10 * KIB))
QUIET = GatewayLimits(closing_timeout_s=5)


def until(server: Server, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not server.call(condition):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def fill(server: Server, ws: WebSocket) -> None:
    """Send until the kernel takes no more."""

    def pour() -> bool:
        for _ in range(20):
            if ws.writable:
                ws.send_frame(FRAME)
        return not ws.writable

    until(server, pour)


@pytest.fixture
def endpoint() -> RecordingEndpoint:
    return RecordingEndpoint()


def test_spec_0_7_a_slow_reader_is_cut_with_4008_and_nobody_else_notices(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as slow:
        slow.open()
        with RawClient(server.port) as quick:
            quick.open()
            slow_ws, quick_ws = endpoint.sockets
            fill(server, slow_ws)
            sent = 0
            while not server.call(lambda: slow_ws.closed):
                server.call(lambda: broadcast([slow_ws, quick_ws], FRAME))
                sent += 1
                assert quick.event() == "x" * (10 * KIB)
            assert 90 <= sent <= 110  # 1 MiB of 10 KiB messages
            quick.text("still here")
            assert quick.event() == "still here"
            assert endpoint.ended == [(4008, "too much is waiting: reconnect and resume")]
            assert server.gateway.stats.slow_consumers == 1
            assert slow.close_code() == CloseCode.SLOW_CONSUMER


def test_spec_0_7_a_thousand_small_messages_wait_and_one_more_cuts(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as slow:
        slow.open()
        [ws] = endpoint.sockets
        fill(server, ws)

        def send(count: int) -> bool:
            for _ in range(count):
                ws.send("small")
            return ws.closed

        assert not server.call(lambda: send(1000))
        assert server.call(lambda: send(1))


def test_spec_0_7_a_slow_reader_that_catches_up_gets_everything_in_order(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as slow:
        slow.open()
        [ws] = endpoint.sockets
        fill(server, ws)
        assert server.call(lambda: ws.buffered) > 0

        def send() -> None:
            for number in range(500):
                ws.send(str(number))
            ws.close(1000, "done")

        server.call(send)
        assert not endpoint.drains
        received = []
        while not isinstance(event := slow.event(), Close):
            if event != "x" * (10 * KIB):
                received.append(event)
        assert received == [str(number) for number in range(500)]
        assert event == Close(1000, "done")


def test_spec_0_7_ephemeral_messages_are_dropped_before_anyone_is_cut(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as slow:
        slow.open()
        [ws] = endpoint.sockets
        fill(server, ws)

        def send() -> bool:
            for _ in range(900):
                ws.send("typing", ephemeral=True)
            for number in range(900):
                ws.send(str(number))
            for _ in range(10_000):
                ws.send("typing", ephemeral=True)
            return ws.closed

        assert not server.call(send)
        received: list[object] = []
        while len(received) < 900:
            event = slow.event()
            if event not in {"x" * (10 * KIB), "typing"}:
                received.append(event)
        assert received == [str(number) for number in range(900)]


def test_spec_0_7_one_larger_message_goes_into_an_empty_buffer(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as slow:
        slow.open()
        [ws] = endpoint.sockets
        large = "y" * (6 * MIB)
        server.call(lambda: ws.send(large))
        server.call(lambda: ws.send("and one more"))
        assert not server.call(lambda: ws.closed)
        assert server.call(lambda: ws.buffered) > MIB
        assert slow.event() == large
        assert slow.event() == "and one more"


def test_drained_paces_a_replay_that_is_longer_than_what_may_wait() -> None:
    total = 3000

    class Replaying(RecordingEndpoint):
        position = 0

        def received(self, ws: WebSocket, data: str | bytes) -> None:
            self.drained(ws)

        def drained(self, ws: WebSocket) -> None:
            while ws.writable and self.position < total:
                ws.send(f"{self.position}:" + "x" * 5000)
                self.position += 1

    endpoint = Replaying()
    with Server(endpoint, QUIET) as server, RawClient(server.port, receive_buffer=8 * KIB) as client:
        client.open()
        client.text("replay")
        for number in range(total):
            event = client.event()
            assert isinstance(event, str)
            assert event.startswith(f"{number}:")
        assert not endpoint.ended
        assert server.gateway.stats.slow_consumers == 0


def test_a_client_cut_while_it_does_not_read_is_broken_off_after_the_closing_time(
    endpoint: RecordingEndpoint,
) -> None:
    with Server(endpoint, GatewayLimits(closing_timeout_s=0.3)) as server:
        with RawClient(server.port, receive_buffer=8 * KIB) as slow:
            slow.open()
            [ws] = endpoint.sockets
            fill(server, ws)
            server.call(lambda: [ws.send_frame(FRAME) for _ in range(200)])
            until(server, lambda: server.gateway.stats.active_connections == 0)
        assert [code for code, _ in endpoint.ended] == [4008]


def test_a_door_may_stop_reading_and_go_on_where_it_stopped() -> None:
    class OneAtATime(RecordingEndpoint):
        def received(self, ws: WebSocket, data: str | bytes) -> None:
            self.received_data.append(data)
            ws.pause_reading()

    endpoint = OneAtATime()
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        for number in range(30):
            client.text(str(number))
        until(server, lambda: len(endpoint.received_data) == 1)
        for count in range(2, 31):
            time.sleep(0.002)
            assert len(endpoint.received_data) == count - 1
            server.call(lambda: endpoint.sockets[0].resume_reading())
            until(server, lambda count=count: len(endpoint.received_data) == count)  # type: ignore[misc]
        assert endpoint.received_data == [str(number) for number in range(30)]


def test_a_socket_closed_while_it_is_not_read_hears_the_peers_answer(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, GatewayLimits(closing_timeout_s=60)) as server, RawClient(server.port) as client:
        client.open()
        [ws] = endpoint.sockets
        server.call(ws.pause_reading)
        client.text("not taken")
        server.call(lambda: ws.close(4001, "expired"))
        assert client.close_code() == 4001
        until(server, lambda: endpoint.ended == [(4001, "expired")])
        assert not endpoint.received_data


def test_what_is_sent_on_a_closed_socket_is_ignored(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint) as server:
        with RawClient(server.port) as client:
            client.open()
        until(server, lambda: bool(endpoint.ended))
        [ws] = endpoint.sockets

        def use() -> tuple[bool, int]:
            ws.send("too late")
            ws.send("too late", ephemeral=True)
            ws.close(4001, "")
            ws.pause_reading()
            ws.resume_reading()
            return ws.writable, ws.buffered

        assert server.call(use) == (False, 0)
        assert len(endpoint.ended) == 1
