"""Engine.IO 4: packets, payloads, what a client is told when it is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.gateway.engineio.packets import (
    SEPARATOR,
    PacketError,
    Problem,
    decode_payload,
    encode_binary,
    open_packet,
    to_frames,
)
from vivavoce.gateway.frames import FrameParser


def test_the_open_packet_tells_times_in_milliseconds_and_the_largest_payload() -> None:
    packet = open_packet(["websocket"], 25.0, 60.0, 8 << 20) % "0.abc"
    assert packet[:1] == "0"
    assert json.loads(packet[1:]) == {
        "sid": "0.abc",
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 60000,
        "maxPayload": 8388608,
    }


def test_packets_of_a_payload_are_split_at_the_record_separator() -> None:
    assert decode_payload(b"4hello\x1e3\x1ebAQIDBA==\x1e1", 10) == ["4hello", "3", b"\x01\x02\x03\x04", "1"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"abc", id="unknown type"),
        pytest.param(b"4a\x1e", id="an empty packet"),
        pytest.param(b"4\xff", id="not UTF-8"),
        pytest.param(b"bAQI", id="base64 cut off"),
        pytest.param(b"b\xc3\xa9===", id="base64 of other letters"),
        pytest.param(b"7", id="a type beyond the last"),
    ],
)
def test_a_payload_that_breaks_the_format_is_refused(body: bytes) -> None:
    with pytest.raises(PacketError):
        decode_payload(body, 10)


def test_a_payload_of_too_many_packets_is_refused_before_it_is_split() -> None:
    assert len(decode_payload(b"\x1e".join([b"3"] * 10), 10)) == 10
    with pytest.raises(PacketError):
        decode_payload(b"\x1e".join([b"3"] * 11), 10)


@given(st.lists(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: "4" + text)), min_size=1))
def test_what_waited_for_a_poll_is_the_same_as_frames(packets: list[str | bytes]) -> None:
    packets = [packet.replace("\x1e", "") if isinstance(packet, str) else packet for packet in packets]
    payload = SEPARATOR.join(
        packet.encode(errors="replace") if isinstance(packet, str) else encode_binary(packet) for packet in packets
    )
    parser = FrameParser(max_message=1 << 20, from_client=False)
    parser.feed(to_frames(payload))
    assert [parser.next_event() for _ in packets] == decode_payload(payload, 1 << 20)
    assert parser.next_event() is None


def test_problems_have_the_codes_that_clients_know() -> None:
    assert [problem.body["code"] for problem in Problem] == [0, 1, 2, 3, 4, 5]
    assert Problem.UNKNOWN_SID.body == {"code": 1, "message": "Session ID unknown"}
    assert [problem.status for problem in Problem] == [400, 400, 400, 400, 403, 400]
