"""Socket.IO 5 on the wire: namespaces, events, acknowledgements both ways, attachments, limits."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.protocol.gateway.harness import short
from tests.protocol.socketio.harness import WS, PollingClient, Recorder, SioClient, SioServer
from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.engineio.polling import Polling
from vivavoce.gateway.engineio.requests import PollingHttp
from vivavoce.gateway.frames import Close
from vivavoce.gateway.limits import GatewayLimits, MessageRate
from vivavoce.gateway.socket import WebSocket
from vivavoce.gateway.socketio.connection import SioConnection
from vivavoce.gateway.socketio.limits import SocketIOLimits
from vivavoce.gateway.socketio.socket import SioSocket

FREE = GatewayLimits(message_rate=None, binary_rate=None)


@pytest.fixture
def server() -> Iterator[SioServer]:
    with SioServer(limits=FREE) as running:
        yield running


@pytest.fixture
def client(server: SioServer) -> Iterator[SioClient]:
    with SioClient(server.port) as connected:
        connected.connect()
        yield connected


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def only(room: Recorder) -> SioSocket:
    (socket,) = room.sockets
    return socket


def deny(error: VivavoceError) -> Callable[[SioSocket, dict[str, Any]], None]:
    def admit(_socket: SioSocket, _auth: dict[str, Any]) -> None:
        raise error

    return admit


# Connecting


def test_a_client_enters_a_namespace_with_what_it_brings(server: SioServer) -> None:
    with SioClient(server.port) as client:
        client.open(f"/socket.io/?{WS}").event()
        client.text('40{"token":"123"}')
        answer = client.event()
        assert isinstance(answer, str)
        assert list(json.loads(answer[2:])) == ["sid"]
        assert client.event() == '42["welcome",{"token":"123"}]'
        socket = only(server.room)
        assert json.loads(answer[2:])["sid"] == socket.id
        assert socket.transport == "websocket"
        assert socket.handshake.path == "/socket.io/"


def test_the_id_that_a_client_is_told_is_not_the_one_that_carries_its_connection(server: SioServer) -> None:
    with SioClient(server.port) as client:
        greeting = client.open(f"/socket.io/?{WS}").event()
        assert isinstance(greeting, str)
        client.text("40")
        assert json.loads(greeting[1:])["sid"] not in str(client.event())


def test_a_connection_may_be_in_several_namespaces(server: SioServer, client: SioClient) -> None:
    client.text('40/other,{"a":1}')
    assert str(client.event()).startswith('40/other,{"sid":')
    assert client.event() == '42/other,["welcome",{"a":1}]'
    client.text('42/other,["echo",1]')
    assert client.event() == '42/other,["echoed",1]'
    client.text("41/other,")
    client.text('42/other,["echo",2]')
    client.text('42["echo",3]')
    assert client.event() == '42["echoed",3]'
    assert server.other.ended == ["client namespace disconnect"]


def test_an_unknown_namespace_is_refused_as_clients_know_it(client: SioClient) -> None:
    client.text("40/random")
    assert client.event() == '44/random,{"message":"Invalid namespace"}'


def test_spec_0_4_a_refusal_is_connect_error_with_the_error_as_its_data(server: SioServer) -> None:
    server.room.admit = deny(VivavoceError("unauthorized", "no token", reason="no_token", info={"field": "token"}))
    with SioClient(server.port) as client:
        client.open(f"/socket.io/?{WS}", Accept_Language="ko").event()
        client.text("40{}")
        answer = str(client.event())
        assert json.loads(answer.removeprefix("44")) == {
            "message": "no_token (ko)",
            "data": {
                "error": "unauthorized",
                "message": "no_token (ko)",
                "details": "no token",
                "info": {"field": "token", "reason": "no_token"},
            },
        }
        server.room.admit = lambda _socket, _auth: None
        client.text("40{}")
        assert str(client.event()).startswith('40{"sid":'), "it may try again on the same connection"
    until(lambda: server.call(lambda: len(server.room.sockets)) == 1)


def test_who_is_asked_may_take_its_time(server: SioServer) -> None:
    async def later() -> None:
        await asyncio.sleep(0.05)

    server.room.admit = lambda _socket, _auth: later()
    with SioClient(server.port) as client:
        client.open(f"/socket.io/?{WS}").event()
        client.text("40")
        client.text('42["echo","too early"]')
        assert str(client.event()).startswith('40{"sid":')
        assert str(client.event()).startswith('42["welcome"')
        assert server.room.events == []


def test_who_is_asked_may_refuse_later_or_fail(server: SioServer) -> None:
    async def refuse(error: Exception) -> None:
        await asyncio.sleep(0)
        raise error

    for error, code in ((VivavoceError("forbidden", "no"), "forbidden"), (RuntimeError("broken"), "internal")):
        server.room.admit = lambda _socket, _auth, error=error: refuse(error)  # type: ignore[misc]
        with SioClient(server.port) as client:
            client.open(f"/socket.io/?{WS}").event()
            client.text("40")
            assert json.loads(str(client.event()).removeprefix("44"))["data"]["error"] == code
    assert server.room.ended == []


def test_who_is_gone_before_it_is_let_in_is_told_as_gone(server: SioServer) -> None:
    leave = asyncio.Event()

    async def wait() -> None:
        await leave.wait()

    server.room.admit = lambda _socket, _auth: wait()
    with SioClient(server.port) as client:
        client.open(f"/socket.io/?{WS}").event()
        client.text("40")
    until(lambda: server.call(lambda: len(server.sio)) == 0)
    server.call(leave.set)
    until(lambda: server.call(lambda: server.room.ended) == ["transport close"])
    assert server.room.sockets == []


def test_design_2_who_does_not_enter_in_time_is_closed() -> None:
    with (
        SioServer(limits=short()) as server,
        PollingClient(server.port, "/socket.io/") as poller,
        SioClient(server.port) as idle,
        SioClient(server.port) as settled,
    ):
        settled.connect()
        idle.open(f"/socket.io/?{WS}").event()
        assert idle.close_code() == 4401
        until(lambda: poller.poll().status == 400)
        settled.text('42["echo",1]')
        assert settled.event() == '42["echoed",1]'


def test_who_leaves_every_namespace_has_to_enter_again_in_time() -> None:
    with SioServer(limits=short()) as server, SioClient(server.port) as client:
        client.connect()
        client.text("41")
        assert client.close_code() == 4401
        assert server.room.ended == ["client namespace disconnect"]


# Events and acknowledgements


@pytest.mark.parametrize(
    "arguments",
    [
        '1,"2",{"3":[true]}',
        '{"a":{"b":[1.5,null]}}',
        '"면접"',
        "123456789012345678901234567890",
        '"' + "x" * 5_000 + '"',
        '{"text":"' + "y" * 70_000 + '"}',
        "[[[[]]]]",
        '"\\u001e"',
    ],
)
def test_events_and_acknowledgements_carry_their_arguments(client: SioClient, arguments: str) -> None:
    client.text(f'42["echo",{arguments}]')
    assert client.event() == f'42["echoed",{arguments}]'
    client.text(f'42456["ask",{arguments}]')
    assert client.event() == f"43456[{arguments}]"


def test_an_event_without_arguments(server: SioServer, client: SioClient) -> None:
    client.text('420["ask"]')
    assert client.event() == "430[]"
    assert server.room.events == [("ask", [])]


def test_the_server_asks_for_an_acknowledgement(server: SioServer, client: SioClient) -> None:
    got: list[Any] = []
    server.call(lambda: only(server.room).emit("question", 1, ack=got.append))
    question = str(client.event())
    packet_id = question.removeprefix("42").partition("[")[0]
    client.text(f'43{packet_id}["answer",{{"a":1}}]')
    client.text(f'43{packet_id}["again"]')
    client.text('42["echo",1]')
    assert client.event() == '42["echoed",1]'
    assert got == [["answer", {"a": 1}]]


@pytest.mark.parametrize("packet", ['43999["x"]', "43[]", "4399999999999999[]", "43/other,0[]", "43/nowhere,0[]"])
def test_unknown_acknowledgements_are_ignored(client: SioClient, packet: str) -> None:
    client.text(packet)
    client.text('42["echo",1]')
    assert client.event() == '42["echoed",1]'


def test_an_acknowledgement_that_does_not_come_is_given_up() -> None:
    with SioServer(SocketIOLimits(ack_timeout_s=0.2), FREE) as server, SioClient(server.port) as client:
        client.connect()
        got: list[Any] = []
        server.call(lambda: only(server.room).emit("question", ack=got.append))
        assert str(client.event()).endswith('["question"]')
        until(lambda: server.call(lambda: got) == [None])


def test_acknowledgements_of_a_client_that_leaves_are_given_up(server: SioServer) -> None:
    got: list[Any] = []
    with SioClient(server.port) as client:
        client.connect()
        server.call(lambda: only(server.room).emit("question", ack=got.append))
    until(lambda: server.call(lambda: got) == [None])
    server.call(lambda: only(server.room).emit("question", ack=got.append))
    assert got == [None, None]


def test_the_oldest_of_too_many_awaited_acknowledgements_is_given_up() -> None:
    with SioServer(SocketIOLimits(max_pending_acks=2), FREE) as server, SioClient(server.port) as client:
        client.connect()
        got: list[tuple[int, Any]] = []

        def ask(number: int) -> None:
            only(server.room).emit("question", ack=lambda answer: got.append((number, answer)))

        for number in range(3):
            server.call(lambda number=number: ask(number))  # type: ignore[misc]
        assert got == [(0, None)]


def test_spec_0_4_what_a_door_refuses_is_told_by_error_and_by_the_acknowledgement(client: SioClient) -> None:
    info = '{"reason":"forbidden"}'
    shape = f'{{"error":"forbidden","message":"forbidden","details":"not this one","info":{info}}}'
    client.text('42["forbidden"]')
    assert client.event() == f'42["error",{shape}]'
    client.text('427["forbidden"]')
    assert [client.event(), client.event()] == [f'42["error",{shape}]', f"437[{shape}]"]


def test_a_door_that_fails_does_not_take_the_connection_with_it(client: SioClient) -> None:
    client.text('427["fail",1]')
    assert json.loads(str(client.event())[2:])[1]["error"] == "internal"
    assert str(client.event()).startswith('437[{"error":"internal"')
    client.text('42["echo",1]')
    assert client.event() == '42["echoed",1]'


# Attachments


def test_attachments_both_ways(server: SioServer, client: SioClient) -> None:
    text = '["echo",{"_placeholder":true,"num":1},{"a":[{"_placeholder":true,"num":0}]}]'
    client.text("452-" + text)
    client.binary(b"\x01\x02\x03")
    client.binary(b"\x04\x05")
    assert client.event() == ('452-["echoed",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]')
    assert [client.event(), client.event()] == [b"\x04\x05", b"\x01\x02\x03"]
    assert server.room.events == [("echo", [b"\x04\x05", {"a": [b"\x01\x02\x03"]}])]


def test_attachments_of_acknowledgements_both_ways(server: SioServer, client: SioClient) -> None:
    client.text('451-789["ask",{"_placeholder":true,"num":0}]')
    client.binary(b"\x01")
    assert [client.event(), client.event()] == ['461-789[{"_placeholder":true,"num":0}]', b"\x01"]
    got: list[Any] = []
    server.call(lambda: only(server.room).emit("question", b"\x02", ack=got.append))
    question = str(client.event())
    assert client.event() == b"\x02"
    packet_id = question.removeprefix("451-").partition("[")[0]
    client.text(f'461-{packet_id}[{{"_placeholder":true,"num":0}}]')
    client.binary(b"\x03")
    until(lambda: server.call(lambda: got) == [[b"\x03"]])


def test_a_heartbeat_may_come_between_an_event_and_its_attachment(client: SioClient) -> None:
    client.text('451-["echo",{"_placeholder":true,"num":0}]')
    client.text("3")
    client.binary(b"\x01")
    assert [client.event(), client.event()] == ['451-["echoed",{"_placeholder":true,"num":0}]', b"\x01"]


@pytest.mark.parametrize("count", [11, 1_000_000_000, 9_999_999_999_999_999])
def test_spec_2_too_many_declared_attachments_end_the_connection_at_once(client: SioClient, count: int) -> None:
    client.text(f'45{count}-["echo",{{"_placeholder":true,"num":0}}]')
    assert client.close_code() == 1002


def test_attachments_that_are_too_large_together_are_told_and_the_connection_lives() -> None:
    with SioServer(SocketIOLimits(max_payload=1_000), FREE) as server, SioClient(server.port) as client:
        client.connect()
        client.text('452-9["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
        client.binary(b"x" * 600)
        client.binary(b"x" * 600)
        assert json.loads(str(client.event())[2:])[1]["error"] == "too_large"
        assert str(client.event()).startswith('439[{"error":"too_large"')
        client.text('42["echo",1]')
        assert client.event() == '42["echoed",1]'
        assert server.room.events == [("echo", [1])]


# What breaks the protocol, and what is only a bad message


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param("4abc", id="unknown type"),
        pytest.param("4", id="no type"),
        pytest.param("42", id="nothing in it"),
        pytest.param("42{}", id="no array"),
        pytest.param("42[]", id="no name"),
        pytest.param("42[{}]", id="no name but an object"),
        pytest.param('42["disconnect"]', id="a reserved name"),
        pytest.param('42abc["echo"]', id="an id that is no number"),
        pytest.param('4212345678901234567["echo"]', id="an id too long"),
        pytest.param('44{"message":"x"}', id="CONNECT_ERROR from a client"),
        pytest.param('45-["echo"]', id="no number of attachments"),
        pytest.param("40/other,[1]", id="auth that is no object"),
    ],
)
def test_a_packet_that_breaks_the_format_ends_the_connection(client: SioClient, packet: str) -> None:
    client.text(packet)
    assert client.close_code() == 1002


def test_binary_that_belongs_to_nothing_ends_the_connection(client: SioClient) -> None:
    client.binary(b"\x01")
    assert client.close_code() == 1002


def test_text_in_the_place_of_an_attachment_ends_the_connection(client: SioClient) -> None:
    client.text('451-["echo",{"_placeholder":true,"num":0}]')
    client.text('42["echo"]')
    assert client.close_code() == 1002


def test_a_placeholder_of_no_attachment_ends_the_connection(client: SioClient) -> None:
    client.text('451-["echo",{"_placeholder":true,"num":1}]')
    client.binary(b"\x01")
    assert client.close_code() == 1002


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param('["echo",' + "[" * 32 + "]" * 32 + "]", id="too deep"),
        pytest.param('["echo",' + "[" * 50_000 + "]" * 50_000 + "]", id="far too deep"),
        pytest.param('["echo",' + "9" * 300 + "]", id="a number too long"),
        pytest.param('["echo",1', id="cut off"),
        pytest.param('["echo",NaN]', id="not JSON"),
    ],
)
def test_spec_0_4_bad_json_is_told_and_the_connection_lives(client: SioClient, payload: str) -> None:
    client.text(f"425{payload}")
    assert json.loads(str(client.event())[2:])[1]["error"] == "invalid_payload"
    assert str(client.event()).startswith('435[{"error":"invalid_payload"')
    client.text("451-" + payload)
    client.binary(b"an attachment of what was refused")
    assert json.loads(str(client.event())[2:])[1]["error"] == "invalid_payload"
    client.text('42["echo",1]')
    assert client.event() == '42["echoed",1]'


def test_nesting_up_to_the_limit_is_taken(client: SioClient) -> None:
    nested = "[" * 31 + "]" * 31
    client.text(f'42["echo",{nested}]')
    assert client.event() == f'42["echoed",{nested}]'


def test_spec_0_7_a_flood_is_told_with_its_acknowledgement_and_the_connection_lives() -> None:
    limits = GatewayLimits(message_rate=MessageRate(1, 4), binary_rate=None)
    with SioServer(limits=limits) as server, SioClient(server.port) as client:
        client.connect()
        for number in range(3):
            client.text(f'42{number}["ask",1]')
            assert client.event() == f"43{number}[1]"
        client.text('429["ask",1]')
        error = json.loads(str(client.event())[2:])[1]
        assert error["error"] == "rate_limited"
        assert 0 < error["info"]["retry_after"] <= 1
        assert str(client.event()).startswith('439[{"error":"rate_limited"')
        client.text('451-["ask",{"_placeholder":true,"num":0}]')
        client.binary(b"an attachment of what was refused")
        assert json.loads(str(client.event())[2:])[1]["error"] == "rate_limited"
        assert len(server.room.events) == 3


def test_spec_0_7_a_flood_of_polling_is_told_too() -> None:
    limits = GatewayLimits(message_rate=MessageRate(1, 4), binary_rate=MessageRate(100, 1_000))
    with SioServer(limits=limits) as server, PollingClient(server.port, "/socket.io/") as client:
        client.post(b"40")
        assert client.packets()[-1] == '42["welcome",{}]'
        client.post(b'421["ask"]\x1e422["ask"]\x1e423["ask"]\x1e424["ask"]')
        found = client.packets()
        assert found[:3] == ["431[]", "432[]", "433[]"]
        assert '"rate_limited"' in found[3]
        assert found[4].startswith('434[{"error":"rate_limited"')


def test_spec_0_7_a_message_over_the_limit_is_told_and_the_connection_lives() -> None:
    with SioServer(SocketIOLimits(max_payload=1_000), FREE) as server, SioClient(server.port) as client:
        client.connect()
        client.text('42["echo","' + "x" * 1_000 + '"]')
        assert json.loads(str(client.event())[2:])[1]["error"] == "too_large"
        client.text('42["echo",1]')
        assert client.event() == '42["echoed",1]'


def test_events_for_a_namespace_one_is_not_in_are_ignored(server: SioServer) -> None:
    with SioClient(server.port) as client:
        client.open(f"/socket.io/?{WS}").event()
        client.text('42["echo",1]')
        client.text('42/other,["echo",1]')
        client.text("41/other")
        client.text("40")
        assert str(client.event()).startswith('40{"sid"')
        assert server.room.events == server.other.events == []


# Ends


def test_the_server_puts_a_client_out_of_a_namespace(server: SioServer, client: SioClient) -> None:
    server.call(lambda: only(server.room).disconnect())
    assert client.event() == "41"
    assert server.room.ended == ["server namespace disconnect"]
    client.text("40")
    assert str(client.event()).startswith('40{"sid"')


def test_the_server_ends_a_whole_connection(server: SioServer, client: SioClient) -> None:
    server.call(lambda: only(server.room).disconnect(close=True))
    assert client.close_code() == 1000
    assert server.room.ended == ["forced close"]
    server.call(lambda: only(server.room).emit("nobody hears this"))


def test_a_client_that_is_cut_off_is_gone(server: SioServer) -> None:
    with SioClient(server.port) as client:
        client.connect()
    until(lambda: server.call(lambda: server.room.ended) == ["transport close"])
    assert not only(server.room).connected


@pytest.mark.slow
def test_a_connection_that_has_ended_leaves_nothing_to_the_garbage_collector(server: SioServer) -> None:
    def count() -> int:
        kinds = (SioConnection, SioSocket, Polling, WebSocket, PollingHttp)
        return sum(isinstance(found, kinds) for found in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = count()
        with SioClient(server.port) as gone:
            gone.connect()
        with SioClient(server.port) as closed, PollingClient(server.port, "/socket.io/") as polled:
            closed.connect()
            enter_by_polling(polled)
            server.call(lambda: [socket.disconnect(close=True) for socket in server.room.sockets])
            closed.close_code()
            polled.poll()
        with PollingClient(server.port, "/socket.io/") as early, SioClient(server.port) as ws:
            ws.open(f"/socket.io/?{WS}&sid={early.sid}")
            ws.text("2probe")
            assert ws.event() == "3probe"
            ws.text("5")
        with PollingClient(server.port, "/socket.io/") as broken:
            broken.post(b"abc")
        until(lambda: server.call(lambda: len(server.sio)) == 0)
        server.room.sockets.clear()
        until(lambda: count() == before)
    finally:
        gc.enable()


# Many at once, on both transports


def enter_by_polling(client: PollingClient) -> None:
    client.post(b"40")
    packets = client.packets()
    while not packets[-1].startswith('42["welcome"'):
        packets += client.packets()


def test_a_broadcast_reaches_both_transports_with_its_attachments(server: SioServer, client: SioClient) -> None:
    with PollingClient(server.port, "/socket.io/") as poller:
        enter_by_polling(poller)
        assert sorted(socket.transport for socket in server.room.sockets) == ["polling", "websocket"]
        server.call(lambda: server.sio.broadcast(server.room.sockets, "audio", b"\x01\x02", {"n": 1}))
        text = '451-["audio",{"_placeholder":true,"num":0},{"n":1}]'
        assert [client.event(), client.event()] == [text, b"\x01\x02"]
        assert poller.packets() == [text, "bAQI="]


def test_polling_carries_events_and_acknowledgements_both_ways(server: SioServer) -> None:
    with PollingClient(server.port, "/socket.io/") as client:
        enter_by_polling(client)
        client.post(b'421["ask",1]\x1e451-2["ask",{"_placeholder":true,"num":0}]\x1ebAQI=')
        assert client.packets() == ["431[1]", '461-2[{"_placeholder":true,"num":0}]', "bAQI="]
        got: list[Any] = []
        server.call(lambda: only(server.room).emit("question", ack=got.append))
        packet_id = client.packets()[0].removeprefix("42").partition("[")[0]
        client.post(f'43{packet_id}["answer"]'.encode())
        assert got == [["answer"]]


def test_an_upgraded_client_keeps_its_socket_and_loses_nothing(server: SioServer) -> None:
    with PollingClient(server.port, "/socket.io/") as poller, SioClient(server.port) as ws:
        enter_by_polling(poller)
        ws.open(f"/socket.io/?{WS}&sid={poller.sid}")
        ws.text("2probe")
        assert ws.event() == "3probe"
        server.call(lambda: only(server.room).emit("between", b"\x01"))
        ws.text("5")
        assert [ws.event(), ws.event()] == ['451-["between",{"_placeholder":true,"num":0}]', b"\x01"]
        ws.text('427["ask",1]')
        assert ws.event() == "437[1]"
        assert only(server.room).transport == "websocket"
        assert server.room.ended == []


def test_spec_0_7_ephemeral_events_are_dropped_before_a_poller_is_cut() -> None:
    limits = GatewayLimits(message_rate=None, max_waiting_messages=10)
    with SioServer(limits=limits) as server, PollingClient(server.port, "/socket.io/") as client:
        enter_by_polling(client)
        socket = only(server.room)
        for number in range(30):
            server.call(lambda number=number: socket.emit("typing", number, ephemeral=True))  # type: ignore[misc]
        for number in range(5):
            server.call(lambda number=number: socket.emit("said", number))  # type: ignore[misc]
        assert client.packets() == [f'42["said",{number}]' for number in range(5)]
        for number in range(11):
            server.call(lambda number=number: socket.emit("said", number))  # type: ignore[misc]
        assert server.room.ended == ["slow consumer"]
        assert client.poll().status == 400


def test_spec_0_7_a_socket_that_does_not_read_is_cut_with_4008_and_others_do_not_wait(server: SioServer) -> None:
    with SioClient(server.port) as slow, SioClient(server.port) as quick:
        slow.connect()
        quick.connect()
        sockets = server.room.sockets
        event = "x" * 100_000
        sent = 0
        while server.call(lambda: sockets[0].connected):
            server.call(lambda: server.sio.broadcast(sockets, "said", event))
            sent += 1
            assert quick.event() == f'42["said","{event}"]'
            assert sent < 1_000
        assert server.room.ended == ["slow consumer"]
        found: Any = slow.event()
        while isinstance(found, str):
            found = slow.event()
        assert isinstance(found, Close)
        assert found.code == 4008


def test_a_client_that_catches_up_is_told_of(server: SioServer) -> None:
    with PollingClient(server.port, "/socket.io/") as client:
        enter_by_polling(client)
        socket = only(server.room)
        before = server.room.drains
        server.call(lambda: socket.emit("said", "x" * 100_000))
        assert not server.call(lambda: socket.writable)
        assert server.call(lambda: socket.buffered) > 100_000
        client.poll()
        assert server.call(lambda: socket.writable)
        assert server.call(lambda: socket.buffered) == 0
        assert server.room.drains > before
