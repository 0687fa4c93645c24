"""The listener: request heads under a size and a deadline, handshakes, refusals, and HTTP on the same port."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.protocol.gateway.harness import RawClient, RecordingEndpoint, Server, short
from vivavoce.gateway.frames import Opcode, client_frame
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy

MIB = 1 << 20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def answer_to(server: Server, request: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of the answer to a request that ends the connection."""
    with RawClient(server.port) as client:
        client.send(request)
        return parse(client.read_all())


def parse(answer: bytes) -> tuple[int, dict[str, str], Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("path", "changed", "status", "code"),
    [
        ("/ws", {"Sec_WebSocket_Version": "12"}, 426, "invalid_payload"),
        ("/ws", {"Sec_WebSocket_Key": "short"}, 400, "invalid_payload"),
        ("/ws", {"Host": None}, 400, "invalid_payload"),
        ("/ws", {"Connection": "close"}, 426, "invalid_payload"),
        ("/ws", {"Origin": "http://evil.example"}, 403, "forbidden"),
        ("/refused", {}, 503, "unavailable"),
        ("/elsewhere", {}, 404, "not_found"),
    ],
)
def test_spec_0_4_a_handshake_is_refused_with_the_error_as_its_body(
    server: Server, path: str, changed: dict[str, str | None], status: int, code: str
) -> None:
    with RawClient(server.port) as client:
        head = client.request_head(path, Accept_Language="ko", **changed)
    got, headers, body = answer_to(server, head)
    assert got == status
    assert set(body) == {"error", "message", "details", "info"}
    assert body["error"] == code
    assert body["message"].endswith("(ko)")
    assert headers["content-type"] == "application/json"
    if path == "/refused":
        assert headers["retry-after"] == "7"


def test_spec_0_7_a_full_server_refuses_with_503_and_takes_the_next_when_one_has_gone() -> None:
    with Server(limits=GatewayLimits(max_connections=1)) as server:
        with RawClient(server.port) as first:
            first.open()
            status, headers, body = answer_to(server, first.request_head())
            assert (status, body["error"]) == (503, "unavailable")
            assert int(headers["retry-after"]) > 0
        for _ in range(100):
            if not server.gateway.stats.active_connections:
                break
            server.settle()
        with RawClient(server.port) as second:
            second.open()


def test_spec_0_5_production_lets_only_configured_pages_in() -> None:
    policy = OriginPolicy("production", ["https://vivavoce.example"])
    with Server(policy=policy) as server:
        for origin, allowed in (("https://vivavoce.example", True), ("http://localhost", False), ("null", False)):
            with RawClient(server.port) as client:
                client.send(client.request_head(Origin=origin))
                assert client.read().startswith(b"HTTP/1.1 101" if allowed else b"HTTP/1.1 403")


def test_bytes_that_come_with_the_handshake_are_passed_on(server: Server) -> None:
    with RawClient(server.port) as client:
        client.open(early=client_frame(Opcode.TEXT, b"early") + client_frame(Opcode.TEXT, b"bird")[:3])
        assert client.event() == "early"


def test_a_handshake_that_comes_byte_by_byte_is_taken(server: Server) -> None:
    with RawClient(server.port) as client:
        head = client.request_head()
        for at in range(len(head) - 1):
            client.send(head[at : at + 1])
        client.send(head[-1:])
        assert client.read().startswith(b"HTTP/1.1 101")


def test_a_handshake_may_follow_a_request_on_the_same_connection(server: Server) -> None:
    with RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while not client.read().endswith(b"0\r\n\r\n"):
            pass
        client.open(early=client_frame(Opcode.TEXT, b"second"))
        assert client.event() == "second"


def test_a_handshake_behind_an_unanswered_request_is_refused() -> None:
    with Server(app=slow_app) as server, RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + client.request_head())
        assert b"101" not in client.read_all()


def test_the_chosen_subprotocol_is_named() -> None:
    with Server(RecordingEndpoint(subprotocols=["vivavoce.v1"])) as server, RawClient(server.port) as client:
        client.open(Sec_WebSocket_Protocol="other, vivavoce.v1")
        assert b"Sec-WebSocket-Protocol: vivavoce.v1" in client.answer


def test_a_head_of_64_mib_is_cut_early(server: Server) -> None:
    with RawClient(server.port) as client:
        sent = 0
        piece = b"X-Filler: " + b"x" * 65_000 + b"\r\n"
        client.send(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        try:
            while sent < 64 * MIB:
                client.send(piece)
                sent += len(piece)
        except ConnectionError:
            pass
        assert sent < 32 * MIB


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"], ids=["first request", "second request"])
@pytest.mark.parametrize("filler", [b"X: " + b"x" * 40_000, b"X: y\r\n" * 8_000], ids=["one field", "many fields"])
def test_a_head_over_32_kib_is_431(server: Server, first: bytes, filler: bytes) -> None:
    with RawClient(server.port) as client:
        if first:
            client.send(first)
            while not client.read().endswith(b"0\r\n\r\n"):
                pass
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + filler)
        status, _, body = parse(client.read_all())
        assert (status, body["error"], body["info"]["limit"]) == (431, "too_large", 32 << 10)


def test_a_url_over_32_kib_is_431(server: Server) -> None:
    status, _, _ = answer_to(server, b"GET /" + b"x" * 40_000)
    assert status == 431


@pytest.mark.parametrize("said", [b"", b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n"], ids=["silent", "half-sent"])
def test_a_connection_that_does_not_finish_its_head_is_closed(said: bytes) -> None:
    with Server(limits=short()) as server, RawClient(server.port) as client:
        client.send(said)
        answer = client.read_all()
        assert answer == b"" if not said else answer.startswith(b"HTTP/1.1 408 ")
        assert server.call(lambda: len(server.gateway.deadlines)) <= 1


@pytest.mark.slow
def test_a_head_that_drips_gains_no_time() -> None:
    with Server(limits=short(head_timeout_s=0.4)) as server, RawClient(server.port) as client:
        ended = False
        for letter in b"GET / HTTP/1.1\r\nX: " + b"x" * 400:
            try:
                client.send(bytes([letter]))
            except ConnectionError:
                ended = True
                break
            time.sleep(0.02)
        assert ended


def test_a_second_request_that_is_not_finished_is_closed() -> None:
    with Server(limits=short()) as server, RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while not client.read().endswith(b"0\r\n\r\n"):
            pass
        client.send(b"GET / HT")
        assert client.read_all().startswith(b"HTTP/1.1 408 ")


def test_a_body_that_stalls_is_closed() -> None:
    with Server(app=echoing_app, limits=short()) as server, RawClient(server.port) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        assert client.read_all().startswith(b"HTTP/1.1 408 ")


def test_silent_connections_give_way_to_new_ones() -> None:
    with Server(limits=GatewayLimits(max_pending_handshakes=3)) as server:
        silent = [RawClient(server.port) for _ in range(4)]
        assert silent[0].read() == b""
        silent[3].open()
        for client in silent:
            client.socket.close()


def test_too_large_a_body_is_413_whether_declared_or_not() -> None:
    limits = GatewayLimits(max_body_bytes=1000, body_limits=[("/large", 5000), ("/sessions/*/audio", 5000)])
    with Server(app=echoing_app, limits=limits) as server:
        declared = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        for path, size, status in (
            (b"/", 1001, 413),
            (b"/large/x", 5001, 413),
            (b"/larg", 5000, 413),
            (b"/largest", 5000, 413),
        ):
            got, _, body = answer_to(server, declared % (path, size) + b"x" * size)
            assert (got, body["error"]) == (status, "too_large")
        for path, size, status in ((b"/sessions/s/audio", 5001, 413), (b"/sessions/s/x/audio", 5000, 413)):
            got, _, body = answer_to(server, declared % (path, size) + b"x" * size)
            assert (got, body["error"]) == (status, "too_large")
        chunked = (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1F4\r\n" + b"x" * 500 + b"\r\n"
        )
        got, _, body = answer_to(server, chunked + b"1F5\r\n" + b"x" * 501 + b"\r\n0\r\n\r\n")
        assert got == 413
        with RawClient(server.port) as client:
            client.send(declared % (b"/large/x", 5000) + b"x" * 5000)
            answer = b""
            while b"5000 bytes" not in answer:
                answer += client.read()


@pytest.mark.parametrize(
    "request_bytes",
    [b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/1.1\r\nX : y\r\n\r\n"],
)
def test_what_is_no_http_is_400(server: Server, request_bytes: bytes) -> None:
    status, _, body = answer_to(server, request_bytes)
    assert (status, body["error"]) == (400, "invalid_payload")


def test_plain_http_is_served_on_the_same_port_without_naming_the_server(server: Server) -> None:
    with RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = client.read_all()
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b"server:" not in answer.lower()


def test_pipelined_requests_are_both_answered(server: Server) -> None:
    with RawClient(server.port) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.read_all().count(b"HTTP/1.1 200 OK") == 2


def test_a_stopping_server_says_1012_and_ends() -> None:
    endpoint = RecordingEndpoint()
    with Server(endpoint) as server, RawClient(server.port) as client, RawClient(server.port) as silent:
        client.open()
        server.stop()
        assert client.close_code() == 1012
        assert silent.read() == b""
    assert [code for code, _ in endpoint.ended] == [1012]


async def slow_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await asyncio.sleep(0.5)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})


async def echoing_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{size} bytes".encode()})
