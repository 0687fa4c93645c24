"""Socket.IO 5 packets: heads, payloads, attachments."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.engineio.packets import PacketError, decode_payload
from vivavoce.gateway.frames import FrameParser
from vivavoce.gateway.socketio.packets import (
    ACK,
    EVENT,
    Head,
    decode_arguments,
    decode_auth,
    encode,
    encode_control,
    parse_head,
    put_attachments,
)


@pytest.mark.parametrize(
    ("packet", "head"),
    [
        ("40", Head("0", 0, "/", "", 2)),
        ('40{"a":1}', Head("0", 0, "/", "", 2)),
        ("40/custom,", Head("0", 0, "/custom", "", 10)),
        ("40/custom", Head("0", 0, "/custom", "", 10)),
        ("40/custom?token=1,{}", Head("0", 0, "/custom", "", 18)),
        ('42["a"]', Head("2", 0, "/", "", 2)),
        ('4217["a"]', Head("2", 0, "/", "17", 4)),
        ('42/n,17["a"]', Head("2", 0, "/n", "17", 7)),
        ('452-["a"]', Head("5", 2, "/", "", 4)),
        ('4512-/n,3["a"]', Head("5", 12, "/n", "3", 9)),
        ("43/n,3[]", Head("3", 0, "/n", "3", 6)),
        ("41/n,", Head("1", 0, "/n", "", 5)),
    ],
)
def test_the_head_of_a_packet(packet: str, head: Head) -> None:
    assert parse_head(packet) == head


@pytest.mark.parametrize(
    "packet",
    ["4", "4abc", "47[]", "45[]", "45-[]", "45x-[]", "45²-[]", "42" + "1" * 17 + "[]", "42/" + "n" * 300 + ",[]"],
)
def test_a_head_that_breaks_the_format_is_refused(packet: str) -> None:
    with pytest.raises(PacketError):
        parse_head(packet)


def test_a_billion_declared_attachments_are_a_number_and_nothing_is_made_for_them() -> None:
    assert parse_head('451000000000-["a"]').attachments == 1_000_000_000


@pytest.mark.parametrize("text", ["{}", "1", "null", "[]", "[1]", "[{}]", '["connect"]', '["disconnecting"]'])
def test_a_payload_that_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(PacketError):
        decode_arguments(text, names_event=True)


@pytest.mark.parametrize("text", ["[", '["a",}', '["a",' + "[" * 40 + "]" * 40 + "]", '["a",' + "1" * 300 + "]"])
def test_spec_0_4_bad_json_is_a_bad_message_not_a_broken_transport(text: str) -> None:
    with pytest.raises(VivavoceError) as caught:
        decode_arguments(text, names_event=True)
    assert caught.value.code == "invalid_payload"


def test_auth_is_an_object_or_nothing() -> None:
    assert decode_auth("") == {}
    assert decode_auth('{"token":"t"}') == {"token": "t"}
    with pytest.raises(PacketError):
        decode_auth("[1]")


class Answer(msgspec.Struct):
    status: str
    audio: bytes = b""


def test_events_and_acknowledgements_as_they_travel() -> None:
    assert encode(EVENT, "/", ("a", 1, {"b": [True]})).payload == b'42["a",1,{"b":[true]}]'
    assert encode(EVENT, "/n", ("a",), "7").payload == b'42/n,7["a"]'
    assert encode(ACK, "/", (Answer("ok"),), "7").payload.startswith(b'461-7[{"status":"ok","audio":{"_placeholder"')
    assert encode(EVENT, "/", ("a", 2**80)).payload == b'42["a",1208925819614629174706176]'
    assert encode_control("0", "/", {"sid": "x"}) == b'40{"sid":"x"}'
    assert encode_control("1", "/n") == b"41/n,"


def test_what_json_and_attachments_cannot_carry_is_told_to_the_sender() -> None:
    with pytest.raises(TypeError):
        encode(EVENT, "/", ("a", object()))


def test_attachments_follow_their_packet_on_both_transports() -> None:
    packet = encode(EVENT, "/", ("a", b"\x01\x02", {"x": [b"\x03"], "n": 2**70}))
    text = '452-["a",{"_placeholder":true,"num":0},{"x":[{"_placeholder":true,"num":1}],"n":1180591620717411303424}]'
    assert decode_payload(packet.payload, 10) == [text, b"\x01\x02", b"\x03"]
    parser = FrameParser(max_message=1 << 20, from_client=False)
    parser.feed(packet.frame)
    assert [parser.next_event() for _ in range(3)] == [text, b"\x01\x02", b"\x03"]


@pytest.mark.parametrize("number", ["2", "-1", '"0"', "true", "0.0", "null"])
def test_a_placeholder_out_of_range_is_refused(number: str) -> None:
    value = json.loads('["a",{"_placeholder":true,"num":' + number + "}]")
    with pytest.raises(PacketError):
        put_attachments(value, [b"x", b"y"])


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(), st.binary(max_size=50)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@given(st.lists(plain, max_size=4))
def test_arguments_come_back_as_they_were_sent(arguments: list[Any]) -> None:
    packets = decode_payload(encode(EVENT, "/", ("name", *arguments)).payload, 1 << 20)
    text = packets[0]
    assert isinstance(text, str)
    head = parse_head(text)
    attachments = [packet for packet in packets[1:] if isinstance(packet, bytes)]
    assert head.attachments == len(attachments)
    assert put_attachments(decode_arguments(text[head.at :], names_event=True), attachments) == ["name", *arguments]
