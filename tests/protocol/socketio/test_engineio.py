"""Engine.IO 4 on the wire: handshake, polling, heartbeat, upgrade, the end. Each test names the rule it holds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.protocol.gateway.harness import RawClient, short
from tests.protocol.socketio.harness import POLL, WS, HttpClient, PollingClient, SioServer
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.socketio.limits import SocketIOLimits

PATH = "/engine.io/"
FREE = GatewayLimits(message_rate=None, binary_rate=None)


@pytest.fixture(scope="module")
def server() -> Iterator[SioServer]:
    with SioServer(SocketIOLimits(max_payload=1_000_000), FREE) as running:
        yield running


@pytest.fixture
def http(server: SioServer) -> Iterator[HttpClient]:
    with HttpClient(server.port) as client:
        yield client


def until(condition: object) -> None:
    deadline = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Handshake


def test_a_handshake_by_polling_tells_everything_and_offers_the_websocket(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        assert client.greeting == {
            "sid": client.sid,
            "upgrades": ["websocket"],
            "pingInterval": 25_000,
            "pingTimeout": 60_000,
            "maxPayload": 1_000_000,
        }


def test_a_handshake_by_websocket_offers_no_upgrade(server: SioServer) -> None:
    with RawClient(server.port) as client:
        greeting = client.open(f"{PATH}?{WS}").event()
        assert isinstance(greeting, str)
        assert json.loads(greeting[1:])["upgrades"] == []


def test_a_sid_names_its_process_and_cannot_be_guessed(server: SioServer) -> None:
    with PollingClient(server.port) as one, PollingClient(server.port) as two:
        assert one.sid.startswith("p7.")
        assert len(one.sid.partition(".")[2]) >= 24
        assert one.sid != two.sid
        assert server.echo.process_of(one.sid) == "p7"


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        pytest.param("GET", "EIO=4", 0, id="no transport"),
        pytest.param("GET", "EIO=4&transport=carrier-pigeon", 0, id="unknown transport"),
        pytest.param("GET", WS, 3, id="websocket without an upgrade"),
        pytest.param("GET", "transport=polling", 5, id="no version"),
        pytest.param("GET", "EIO=3&transport=polling", 5, id="version of another protocol"),
        pytest.param("GET", "EIO=abc&transport=polling", 5, id="no number"),
        pytest.param("GET", f"{POLL}&j=0", 3, id="JSONP"),
        pytest.param("GET", f"{POLL}&sid=p7.unknown", 1, id="unknown sid"),
        pytest.param("POST", f"{POLL}&sid=p7.unknown", 1, id="unknown sid, posting"),
        pytest.param("POST", POLL, 2, id="handshake by POST"),
        pytest.param("PUT", POLL, 2, id="handshake by PUT"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_with_its_code(
    http: HttpClient, method: str, query: str, code: int
) -> None:
    body = b"4x" if method == "POST" else None
    answer = http.request(method, f"{PATH}?{query}", body)
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["code"] == code
    assert http.request("GET", f"{PATH}?{POLL}").status == 200, "the HTTP connection lives"


@pytest.mark.parametrize(
    ("query", "code"),
    [("EIO=4", 0), ("EIO=3&transport=websocket", 5), (f"{WS}&sid=p7.unknown", 1), (POLL, 3)],
)
def test_a_websocket_that_cannot_be_served_is_refused_at_the_handshake(
    server: SioServer, query: str, code: int
) -> None:
    with RawClient(server.port) as client:
        client.send(client.request_head(f"{PATH}?{query}"))
        answer = client.read_all()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == code


def test_the_path_is_served_with_and_without_its_last_slash_and_no_other(http: HttpClient) -> None:
    assert http.request("GET", f"/engine.io?{POLL}").status == 200
    assert http.request("GET", f"/engine.iox/?{POLL}").status == 404
    assert http.request("GET", "/").text == "ready\n"


def test_requests_for_polling_and_for_the_application_share_a_connection(http: HttpClient) -> None:
    for _ in range(3):
        assert http.request("GET", "/").text == "ready\n"
        assert http.request("GET", f"{PATH}?{POLL}").text.startswith("0{")
        assert http.request("GET", f"/socket.io/?{POLL}").text.startswith("0{")


def test_a_connection_that_has_polled_may_become_a_websocket(http: HttpClient) -> None:
    assert http.request("GET", f"{PATH}?{POLL}").status == 200
    http.open(f"{PATH}?{WS}")
    assert str(http.event()).startswith("0{")


def test_a_request_that_comes_byte_by_byte_is_served(http: HttpClient) -> None:
    http.request("GET", "/")
    for byte in f"GET {PATH}?{POLL} HTTP/1.1\r\nHost: a\r\n\r\n".encode():
        http.send(bytes([byte]))
    assert http.answer_to().text.startswith("0{")


def test_a_client_of_http_1_0_is_answered_and_the_connection_ends(http: HttpClient) -> None:
    http.send(f"GET {PATH}?{POLL} HTTP/1.0\r\n\r\n".encode())
    answer = http.answer_to()
    assert answer.text.startswith("0{")
    assert answer.headers["connection"] == "close"
    assert http.read_all() == b""


# Polling


def test_packets_go_both_ways(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        posted = client.post("4hello\x1e4안녕\x1ebAQIDBA==".encode())
        assert (posted.status, posted.text) == (200, "ok")
        answer = client.poll()
        assert answer.headers["content-type"] == "text/plain; charset=UTF-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text == "4hello\x1e4안녕\x1ebAQIDBA=="


def test_a_poll_is_held_until_there_is_something_to_say(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.polls.ask("GET", client.target)
        client.post(b"4later")
        assert client.polls.answer_to().text == "4later"


def test_what_is_sent_in_one_tick_is_one_answer(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.polls.ask("GET", client.target)
        client.post(b"4a\x1e4b\x1e4c")
        assert client.polls.answer_to().text == "4a\x1e4b\x1e4c"


def test_a_body_in_chunks_and_one_that_asks_first_are_taken(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.posts.ask("POST", client.target, Transfer_Encoding="chunked")
        client.posts.send(b"2\r\n4h\r\n4\r\nello\r\n0\r\n\r\n")
        assert client.posts.answer_to().text == "ok"
        client.posts.ask("POST", client.target, Content_Length="3", Expect="100-continue")
        assert client.posts.answer_to().status == 100
        client.posts.send(b"4ok")
        assert client.posts.answer_to().text == "ok"
        assert client.packets() == ["4hello", "4ok"]


def test_two_polls_at_once_end_the_connection(server: SioServer) -> None:
    with PollingClient(server.port) as client, HttpClient(server.port) as second:
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        assert second.request("GET", client.target).status == 400
        assert client.polls.answer_to().text == "1"
        assert client.poll().status == 400


def test_two_posts_at_once_end_the_connection(server: SioServer) -> None:
    with PollingClient(server.port) as client, HttpClient(server.port) as second:
        client.posts.ask("POST", client.target, Content_Length="10")
        client.posts.send(b"4half")
        until(lambda: _posting(server, client.sid))
        assert second.request("POST", client.target, b"4x").status == 400
        assert client.poll().status == 400


@pytest.mark.parametrize("body", [b"abc", b"", b"4a\x1e", b"\xff", b"b!", b"2probe", b"2"])
def test_an_invalid_packet_ends_the_connection(server: SioServer, body: bytes) -> None:
    with PollingClient(server.port) as client:
        assert client.post(body).status == 400
        assert client.poll().json["code"] == 1


def test_a_poll_that_is_cut_off_ends_the_connection(server: SioServer) -> None:
    with PollingClient(server.port) as client, HttpClient(server.port) as second:
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        client.polls.socket.close()
        until(lambda: second.request("POST", client.target, b"4x").status == 400)


def test_a_client_that_closes_is_gone_and_its_poll_is_answered_by_noop(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        assert client.post(b"1").text == "ok"
        assert client.polls.answer_to().text == "6"
        assert client.poll().status == 400


def test_a_poll_that_the_end_has_overtaken_is_answered_by_noop_and_the_next_one_is_refused(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        assert client.post(b"1\x1e4lost").text == "ok"
        assert client.poll().text == "6"
        assert client.poll().status == 400


def test_spec_0_7_a_body_over_the_limit_is_413_at_once_and_the_connection_lives(server: SioServer) -> None:
    with PollingClient(server.port) as client, HttpClient(server.port) as second:
        client.posts.ask("POST", client.target, Content_Length="2000000")
        answer = client.posts.answer_to()
        assert answer.status == 413
        assert answer.json["error"] == "too_large"
        assert answer.json["info"] == {"limit": 1_000_000, "reason": "too_large"}
        assert second.request("POST", client.target, b"4still here").text == "ok"
        assert client.packets() == ["4still here"]


def test_spec_0_7_two_megabytes_are_answered_also_to_a_client_that_sends_them_all(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.posts.ask("POST", client.target, b"4" + b"x" * 2_000_000)
        assert client.posts.answer_to().status == 413


def test_spec_0_7_chunks_beyond_the_limit_are_413(server: SioServer) -> None:
    with PollingClient(server.port) as client:
        client.posts.ask("POST", client.target, Transfer_Encoding="chunked")
        client.posts.send(b"f4241\r\n")
        assert client.posts.answer_to().status == 413


def test_a_post_that_stalls_is_408_and_one_that_is_cut_ends_the_connection() -> None:
    with SioServer(limits=short()) as server, PollingClient(server.port) as client:
        client.posts.ask("POST", client.target, Content_Length="10")
        client.posts.send(b"4half")
        assert client.posts.answer_to().status == 408
        assert client.posts.read_all() == b""
    with SioServer() as server, PollingClient(server.port) as client:
        client.posts.ask("POST", client.target, Content_Length="10")
        client.posts.send(b"4half")
        until(lambda: _posting(server, client.sid))
        client.posts.socket.close()
        until(lambda: server.call(lambda: len(server.echo)) == 0)


# Origins


@pytest.fixture(scope="module")
def production() -> Iterator[SioServer]:
    with SioServer(policy=OriginPolicy("production", ["https://app.example"])) as running:
        yield running


def test_spec_0_5_an_origin_that_is_not_allowed_is_refused(production: SioServer) -> None:
    with HttpClient(production.port) as http:
        answer = http.request("GET", f"{PATH}?{POLL}", Origin="https://evil.example")
        assert answer.status == 403
        assert answer.json["code"] == 4
        assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_origin_may_read_the_answers_refusals_included(production: SioServer) -> None:
    with HttpClient(production.port) as http:
        for query in (POLL, f"{POLL}&sid=unknown"):
            answer = http.request("GET", f"{PATH}?{query}", Origin="https://app.example")
            assert answer.headers["access-control-allow-origin"] == "https://app.example"
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["vary"] == "Origin"
        sid = json.loads(http.request("GET", f"{PATH}?{POLL}", Origin="https://app.example").text[1:])["sid"]
        http.ask("POST", f"{PATH}?{POLL}&sid={sid}", Content_Length="99999999", Origin="https://app.example")
        too_large = http.answer_to()
        assert too_large.status == 413
        assert too_large.headers["access-control-allow-origin"] == "https://app.example"


def test_a_preflight_is_answered_for_an_allowed_origin_only(production: SioServer) -> None:
    with HttpClient(production.port) as http:
        asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization, x-mine"}
        answer = http.request("OPTIONS", f"{PATH}?{POLL}", Origin="https://app.example", **asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-methods"] == "GET, POST"
        assert answer.headers["access-control-allow-headers"] == "authorization, x-mine"
        assert http.request("OPTIONS", f"{PATH}?{POLL}", Origin="https://evil.example", **asked).status == 403


# WebSocket


@pytest.mark.parametrize("packet", ["abc", "", "2", "2probe"])
def test_an_invalid_packet_on_a_websocket_ends_the_connection_with_1002(server: SioServer, packet: str) -> None:
    with RawClient(server.port) as client:
        client.open(f"{PATH}?{WS}").event()
        client.text(packet)
        assert client.close_code() == 1002


def test_text_and_binary_come_back_on_a_websocket(server: SioServer) -> None:
    with RawClient(server.port) as client:
        client.open(f"{PATH}?{WS}").event()
        client.text("4안녕")
        client.binary(b"\x01\x02")
        assert [client.event(), client.event()] == ["4안녕", b"\x01\x02"]


def test_spec_0_4_a_message_over_the_limit_is_dropped_and_the_connection_lives(server: SioServer) -> None:
    with RawClient(server.port) as client:
        client.open(f"{PATH}?{WS}").event()
        client.text("4" + "x" * 1_000_001)
        client.text("4still here")
        assert client.event() == "4still here"


def test_a_client_that_closes_its_websocket_connection_is_gone(server: SioServer) -> None:
    with RawClient(server.port) as client:
        client.open(f"{PATH}?{WS}").event()
        client.text("1")
        assert client.close_code() == 1000


# Heartbeat

QUICK = SocketIOLimits(ping_interval_s=0.3, ping_timeout_s=0.3)


@pytest.mark.slow
def test_the_server_pings_and_a_client_that_answers_lives() -> None:
    with SioServer(QUICK) as server, RawClient(server.port) as ws, PollingClient(server.port) as client:
        ws.open(f"{PATH}?{WS}").event()
        for _ in range(4):
            assert ws.event() == "2"
            ws.text("3")
            assert client.packets() == ["2"]
            assert client.post(b"3").text == "ok"


def test_a_client_that_does_not_answer_is_dropped() -> None:
    with SioServer(QUICK) as server, RawClient(server.port) as ws, PollingClient(server.port) as client:
        ws.open(f"{PATH}?{WS}").event()
        assert ws.event() == "2"
        assert client.packets() == ["2"]
        while (held := client.poll()).text == "2":
            pass
        assert (held.status, held.text) == (200, "6"), "the held poll ends"
        assert ws.close_code() == 1001
        assert client.poll().status == 400
        until(lambda: server.call(lambda: len(server.echo)) == 0)


def test_a_client_that_never_polls_is_dropped_too() -> None:
    with SioServer(QUICK) as server, PollingClient(server.port) as client:
        until(lambda: server.call(lambda: len(server.echo)) == 0)
        assert client.poll().status == 400
        assert server.call(lambda: server.gateway.stats.active_connections) == 0


# Upgrade


def test_the_upgrade_answers_the_held_poll_by_noop_and_takes_over(server: SioServer) -> None:
    with PollingClient(server.port) as client, RawClient(server.port) as ws:
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        assert client.polls.answer_to().text == "6"
        assert client.packets() == ["6"], "a poll while probing is answered at once"
        ws.text("5")
        ws.text("4over the WebSocket")
        assert ws.event() == "4over the WebSocket"
        assert client.poll().json["code"] == 3
        assert client.post(b"4x").status == 400


def test_what_waited_on_polling_comes_over_the_websocket_in_order(server: SioServer) -> None:
    with PollingClient(server.port) as client, RawClient(server.port) as ws:
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        client.post(b"4one\x1ebAQID\x1e4two")
        ws.text("2probe")
        assert ws.event() == "3probe"
        ws.text("5")
        ws.text("4three")
        assert [ws.event() for _ in range(4)] == ["4one", b"\x01\x02\x03", "4two", "4three"]


def test_a_poll_held_at_the_end_of_the_upgrade_is_answered_by_noop(server: SioServer) -> None:
    with PollingClient(server.port) as client, RawClient(server.port) as ws:
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        for _ in range(16):
            assert client.packets() == ["6"]
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        ws.text("5")
        assert client.polls.answer_to().text == "6"


def test_a_second_websocket_for_a_connection_is_closed_and_the_first_lives(server: SioServer) -> None:
    with PollingClient(server.port) as client, RawClient(server.port) as ws, RawClient(server.port) as second:
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        second.open(f"{PATH}?{WS}&sid={client.sid}")
        assert second.close_code() == 1000
        ws.text("5")
        ws.text("4here")
        assert ws.event() == "4here"
        with RawClient(server.port) as third:
            third.open(f"{PATH}?{WS}&sid={client.sid}")
            assert third.close_code() == 1000


@pytest.mark.parametrize("packet", ["5", "4hello", "3probe"])
def test_a_websocket_that_does_not_probe_is_closed_and_polling_goes_on(server: SioServer, packet: str) -> None:
    with PollingClient(server.port) as client, RawClient(server.port) as ws:
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text(packet)
        assert ws.close_code() == 1002
        client.post(b"4still polling")
        assert client.packets() == ["4still polling"]


def test_an_upgrade_that_is_not_completed_in_time_is_given_up_and_polling_goes_on() -> None:
    limits = SocketIOLimits(ping_interval_s=0.4, upgrade_timeout_s=0.2)
    with SioServer(limits) as server, PollingClient(server.port) as client, RawClient(server.port) as ws:
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        assert ws.close_code() == 1000
        client.post(b"4still polling")
        assert "4still polling" in client.packets()


# Limits


def test_spec_0_7_a_poller_that_never_polls_is_cut_and_others_do_not_wait() -> None:
    with SioServer(limits=FREE) as server, PollingClient(server.port) as client:
        for _ in range(3):
            client.post(b"\x1e".join([b"4" + b"x" * 50] * 300))
        assert server.call(lambda: len(server.echo)) == 1
        client.post(b"\x1e".join([b"4" + b"x" * 50] * 300))
        assert server.call(lambda: len(server.echo)) == 0
        assert server.gateway.stats.slow_consumers == 1
        assert client.poll().json["code"] == 1


def test_spec_0_7_polling_clients_count_among_the_connections() -> None:
    limits = GatewayLimits(max_connections=2)
    with (
        SioServer(limits=limits) as server,
        PollingClient(server.port),
        PollingClient(server.port) as second,
        HttpClient(server.port) as http,
    ):
        full = http.request("GET", f"{PATH}?{POLL}")
        assert full.status == 503
        assert full.json["error"] == "unavailable"
        second.post(b"1")
        assert http.request("GET", f"{PATH}?{POLL}").status == 200


def test_an_upgraded_connection_counts_once(server: SioServer) -> None:
    until(lambda: server.call(lambda: len(server.echo) + len(server.sio)) == _active(server))
    with PollingClient(server.port) as client, RawClient(server.port) as ws:
        before = _active(server)
        ws.open(f"{PATH}?{WS}&sid={client.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        ws.text("5")
        ws.text("4x")
        assert ws.event() == "4x"
        assert _active(server) == before
        ws.text("1")
        ws.close_code()
        until(lambda: _active(server) == before - 1)


def test_when_the_server_stops_held_polls_end_and_websockets_get_1012() -> None:
    with SioServer() as server, PollingClient(server.port) as client, RawClient(server.port) as ws:
        ws.open(f"{PATH}?{WS}").event()
        client.polls.ask("GET", client.target)
        until(lambda: _held(server, client.sid))
        server.stop()
        assert client.polls.answer_to().text == "6"
        assert ws.close_code() == 1012


def _held(server: SioServer, sid: str) -> bool:
    def look() -> bool:
        connection = server.echo.find(sid)
        return connection is not None and connection.polling is not None and connection.polling.waiting is not None

    return server.call(look)


def _posting(server: SioServer, sid: str) -> bool:
    def look() -> bool:
        connection = server.echo.find(sid)
        return connection is not None and connection.polling is not None and connection.polling.posting

    return server.call(look)


def _active(server: SioServer) -> int:
    return server.call(lambda: server.gateway.stats.active_connections)
