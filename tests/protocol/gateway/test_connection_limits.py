"""SPEC 0.7: rates, sizes, times and heartbeats; a limit answers and the connection lives."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.protocol.gateway.harness import RawClient, RecordingEndpoint, Server, short
from vivavoce.gateway.addresses import TrustedProxies
from vivavoce.gateway.frames import CloseCode, Opcode, Ping, Pong, client_frame
from vivavoce.gateway.limits import GatewayLimits, MessageRate

KIB = 1 << 10


@pytest.fixture
def endpoint() -> Iterator[RecordingEndpoint]:
    return RecordingEndpoint()


def read(client: RawClient, count: int) -> list[object]:
    return [client.event() for _ in range(count)]


def test_spec_0_7_a_burst_of_40_is_taken_and_more_is_rate_limited(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        client.send(b"".join(client_frame(Opcode.TEXT, b"m%d" % number) for number in range(60)))
        answers = read(client, 60)
        assert answers[:40] == [f"m{number}" for number in range(40)]
        assert answers.count("error rate_limited") >= 15
        info = endpoint.refusals[0].info
        assert info["limit"] == 20
        assert 0 < info["retry_after"] <= 0.05
        time.sleep(info["retry_after"] + 0.1)
        client.text("patience")
        assert client.event() == "patience"


@pytest.mark.slow
def test_spec_0_7_a_flood_is_answered_slowly_and_nobody_else_waits(endpoint: RecordingEndpoint) -> None:
    limits = short(frames_per_second=5000, idle_timeout_s=60.0, heartbeat_s=30.0)
    with Server(endpoint, limits) as server, RawClient(server.port) as flooding, RawClient(server.port) as other:
        flooding.open()
        other.open()
        flooding.send(client_frame(Opcode.TEXT, b"flood") * 1000)
        other.text("hello")
        assert other.event() == "hello"
        assert len(endpoint.refusals) < 1000
        answers = read(flooding, 1000)
        assert answers.count("error rate_limited") > 500
        assert not endpoint.ended


def test_a_flood_of_empty_fragments_and_of_pings_is_read_slowly(endpoint: RecordingEndpoint) -> None:
    limits = short(frames_per_second=10_000, idle_timeout_s=60.0, heartbeat_s=30.0)
    with Server(endpoint, limits) as server, RawClient(server.port) as client:
        client.open()
        begun = server.gateway.tick
        client.send(client_frame(Opcode.TEXT, b"", fin=False))
        client.send(client_frame(Opcode.CONTINUATION, b"", fin=False) * 3000 + client_frame(Opcode.PING, b"") * 1000)
        client.send(client_frame(Opcode.CONTINUATION, b"end"))
        pongs = 0
        while (event := client.event()) == Pong(b""):
            pongs += 1
        assert event == "end"
        assert pongs == 1000
        assert server.gateway.tick - begun >= 3


def test_spec_0_7_binary_frames_may_be_counted_by_bytes(endpoint: RecordingEndpoint) -> None:
    endpoint.counts_binary_by_bytes = True
    endpoint.echoes = False
    limits = GatewayLimits(binary_rate=MessageRate(1000, 64 * KIB))
    with Server(endpoint, limits) as server, RawClient(server.port) as client:
        client.open()
        for _ in range(200):
            client.binary(b"a" * 300)
        client.binary(b"a" * 32 * KIB)
        assert client.event() == "error rate_limited"
        assert len(endpoint.received_data) == 200
        assert endpoint.refusals[0].info["retry_after"] > 1
        endpoint.echoes = True
        client.text("still here")
        assert client.event() == "still here"


def test_spec_0_7_a_message_over_the_doors_limit_is_told_before_it_is_all_here(endpoint: RecordingEndpoint) -> None:
    endpoint.max_message = 64 * KIB
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        frame = client_frame(Opcode.TEXT, b"x" * 1000 * KIB)
        client.send(frame[:100])
        assert client.event() == "error too_large"
        client.send(frame[100:])
        client.text("y" * 64 * KIB)
        assert client.event() == "y" * 64 * KIB
        client.text("z" * (64 * KIB + 1))
        assert client.event() == "error too_large"
        assert [(error.code, error.info) for error in endpoint.refusals] == [
            ("too_large", {"limit": 64 * KIB}),
            ("too_large", {"limit": 64 * KIB}),
        ]


def test_spec_0_7_small_limits_hold_for_small_frames(endpoint: RecordingEndpoint) -> None:
    endpoint.max_message = 100
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        for size, answer in ((100, "x" * 100), (101, "error too_large"), (200, "error too_large"), (3, "xxx")):
            client.text("x" * size)
            assert client.event() == answer


def test_spec_0_4_a_door_that_refuses_or_fails_leaves_the_connection_open(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        for text, answer in (("refuse", "error forbidden"), ("fail", "error internal"), ("fine", "fine")):
            client.text(text)
            assert client.event() == answer


def test_a_client_that_does_not_say_who_it_is_is_closed_with_4401(endpoint: RecordingEndpoint) -> None:
    endpoint.authenticates = False
    limits = short(idle_timeout_s=60.0, heartbeat_s=30.0)
    with Server(endpoint, limits) as server, RawClient(server.port) as client, RawClient(server.port) as known:
        known.open()
        server.call(lambda: setattr(endpoint.sockets[0], "authenticated", True))
        client.open()
        assert client.event() == "error unauthorized"
        assert client.close_code() == CloseCode.UNAUTHORIZED
        known.text("still here")
        assert known.event() == "still here"


def test_spec_0_7_plain_sockets_get_a_ping_and_a_silent_one_is_dropped(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, short()) as server, RawClient(server.port) as client:
        client.open()
        assert client.event() == Ping(b"")
        assert client.close_code() == CloseCode.GOING_AWAY
        assert [code for code, _ in endpoint.ended] == [CloseCode.GOING_AWAY]


@pytest.mark.slow
def test_spec_0_7_pongs_count_as_life(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, short()) as server, RawClient(server.port) as client:
        client.open()
        for _ in range(8):
            assert client.event() == Ping(b"")
            client.send(client_frame(Opcode.PONG, b""))
        client.text("alive")
        while (event := client.event()) == Ping(b""):
            pass
        assert event == "alive"
        assert not endpoint.ended


@pytest.mark.slow
def test_a_door_may_send_a_heartbeat_of_its_own_at_its_own_pace(endpoint: RecordingEndpoint) -> None:
    endpoint.heartbeat_text = "alive?"
    endpoint.heartbeat_s = 0.1
    endpoint.idle_timeout_s = 30.0
    with Server(endpoint, short(heartbeat_s=60.0)) as server, RawClient(server.port) as client:
        client.open()
        assert read(client, 12) == ["alive?"] * 12
        assert not endpoint.ended


def test_too_many_connections_of_one_address_are_told_so_and_closed_with_4429(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint, GatewayLimits(max_connections_per_address=2, closing_timeout_s=0.3)) as server:
        server.gateway.trusted_proxies = TrustedProxies(["127.0.0.1"])
        clients = [RawClient(server.port).open(X_Forwarded_For="203.0.113.5") for _ in range(3)]
        assert clients[2].event() == "error rate_limited"
        assert clients[2].close_code() == CloseCode.TOO_MANY
        assert len(endpoint.sockets) == 2
        assert not endpoint.ended
        with RawClient(server.port) as elsewhere:
            elsewhere.open(X_Forwarded_For="203.0.113.6")
            elsewhere.text("welcome")
            assert elsewhere.event() == "welcome"
        for client in clients:
            client.socket.close()


def test_the_figures_are_true(endpoint: RecordingEndpoint) -> None:
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        for text in ("one", "two", "refuse"):
            client.text(text)
        assert read(client, 3) == ["one", "two", "error forbidden"]
        stats = server.gateway.stats
        assert (stats.total_connections, stats.active_connections) == (1, 1)
        assert (stats.messages_received, stats.messages_sent, stats.errors_count) == (3, 3, 1)
        assert stats.bytes_received == 3 + 3 + 6 + 3 * 6
        assert stats.bytes_sent == 3 + 3 + 15 + 3 * 2
        assert server.call(lambda: [ws.id for ws in server.gateway]) == [endpoint.sockets[0].id]
        assert stats.uptime_seconds >= 0
