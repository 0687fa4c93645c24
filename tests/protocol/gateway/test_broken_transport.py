"""SPEC 0.4: only breaking the transport closes a connection (1002, 1007, 1009), and nobody else notices."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.protocol.gateway.harness import RawClient, RecordingEndpoint, Server
from vivavoce.gateway.frames import CloseCode, Opcode, client_frame, text_frame
from vivavoce.gateway.limits import GatewayLimits

BROKEN = {
    "an unmasked text frame": (text_frame("hello"), 1002),
    "an unmasked empty ping": (b"\x89\x00", 1002),
    "reserved bit 1": (client_frame(Opcode.TEXT, b"x", reserved_bits=0x40), 1002),
    "reserved bit 2": (client_frame(Opcode.TEXT, b"x", reserved_bits=0x20), 1002),
    "reserved bit 3": (client_frame(Opcode.PING, b"x", reserved_bits=0x10), 1002),
    "a reserved data opcode": (client_frame(3, b"x"), 1002),
    "a reserved control opcode": (client_frame(11, b"x"), 1002),
    "a declared length of 2^62": (struct.pack("!BBQ", 0x82, 0xFF, 1 << 62) + b"mask", 1009),
    "a declared length of 2^63": (struct.pack("!BBQ", 0x82, 0xFF, 1 << 63) + b"mask", 1002),
    "a length just over 64 MiB": (struct.pack("!BBQ", 0x82, 0xFF, (64 << 20) + 1) + b"mask", 1009),
    "a length not in its shortest form": (struct.pack("!BBH", 0x81, 0xFE, 5) + b"\0\0\0\0hello", 1002),
    "invalid UTF-8": (client_frame(Opcode.TEXT, b"\xce\xba\xff"), 1007),
    "a surrogate": (client_frame(Opcode.TEXT, b"\xed\xa0\x80"), 1007),
    "a character cut short": (client_frame(Opcode.TEXT, b"\xe1\xbd"), 1007),
    "a fragmented ping": (client_frame(Opcode.PING, b"x", fin=False), 1002),
    "a ping of 126 bytes": (client_frame(Opcode.PING, b"x" * 126), 1002),
    "a continuation of nothing": (client_frame(Opcode.CONTINUATION, b"x"), 1002),
    "a message inside a message": (
        client_frame(Opcode.TEXT, b"a", fin=False) + client_frame(Opcode.TEXT, b"b"),
        1002,
    ),
    "a close frame of one byte": (client_frame(Opcode.CLOSE, b"\x03"), 1002),
    "a close code that may not be sent": (client_frame(Opcode.CLOSE, b"\x03\xed"), 1002),
    "a close reason that is not UTF-8": (client_frame(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_spec_0_4_a_broken_transport_is_closed_with_its_code_and_others_live_on(server: Server, broken: str) -> None:
    data, code = BROKEN[broken]
    with RawClient(server.port) as bystander, RawClient(server.port) as client:
        bystander.open()
        client.open()
        client.send(data)
        assert client.close_code() == code
        bystander.text("still here")
        assert bystander.event() == "still here"


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_spec_0_4_the_same_when_it_comes_byte_by_byte_and_more_follows(server: Server, broken: str) -> None:
    data, code = BROKEN[broken]
    with RawClient(server.port) as client:
        client.open()
        client.text("before")
        assert client.event() == "before"
        for at in range(min(len(data), 140)):
            try:
                client.send(data[at : at + 1])
            except ConnectionError:
                break
        assert client.close_code() == code


def test_spec_0_4_what_comes_after_the_break_is_thrown_away(server: Server) -> None:
    with RawClient(server.port) as client:
        client.open()
        client.send(client_frame(3, b"") + client_frame(Opcode.TEXT, b"never") * 100)
        client.send(client_frame(Opcode.TEXT, b"never") * 100)
        assert client.close_code() == CloseCode.PROTOCOL_ERROR
    endpoint = server.endpoint
    assert isinstance(endpoint, RecordingEndpoint)
    server.settle()
    assert "never" not in endpoint.received_data


def test_rfc_7_1_the_door_hears_once_how_it_ended() -> None:
    endpoint = RecordingEndpoint()
    with Server(endpoint, GatewayLimits(closing_timeout_s=0.3)) as server:
        with RawClient(server.port) as client:
            client.open()
            client.send(client_frame(Opcode.CLOSE, b"\x0f\xa0bye"))
            assert client.close_code() == 4000
        with RawClient(server.port) as client:
            client.open()
            client.send(client_frame(Opcode.CLOSE, b""))
            assert client.close_code() == CloseCode.NO_STATUS
        with RawClient(server.port) as client:
            client.open()
            client.send(client_frame(5, b""))
            assert client.close_code() == CloseCode.PROTOCOL_ERROR
        with RawClient(server.port) as client:
            client.open()
        with RawClient(server.port) as client:
            client.open()
            server.call(lambda: endpoint.sockets[-1].close(4401, "who are you"))
            assert client.close_code() == 4401
            server.call(lambda: endpoint.sockets[-1].close(1000))
        for _ in range(100):
            server.settle()
            if len(endpoint.ended) == 5:
                break
        assert endpoint.ended == [
            (4000, "bye"),
            (1005, ""),
            (1002, "reserved opcode 5"),
            (1006, ""),
            (4401, "who are you"),
        ]
        assert server.gateway.stats.active_connections == 0
        assert server.gateway.stats.total_connections == 5
        assert server.call(lambda: list(server.gateway)) == []


def test_rfc_5_5_1_messages_before_a_close_are_answered_and_those_after_it_are_not() -> None:
    endpoint = RecordingEndpoint()
    with Server(endpoint) as server, RawClient(server.port) as client:
        client.open()
        client.send(
            client_frame(Opcode.TEXT, b"before")
            + client_frame(Opcode.CLOSE, b"\x03\xe8")
            + client_frame(Opcode.TEXT, b"after")
        )
        assert client.event() == "before"
        assert client.close_code() == 1000
        assert endpoint.received_data == ["before"]
