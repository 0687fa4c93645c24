"""RFC 6455 sections 5 to 8: frames without I/O."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.gateway.frames import (
    Close,
    CloseCode,
    Event,
    FrameError,
    FrameParser,
    Opcode,
    Oversize,
    Ping,
    Pong,
    binary_frame,
    client_frame,
    close_frame,
    is_valid_close_code,
    ping_frame,
    pong_frame,
    text_frame,
)

MASK = b"\x37\xfa\x21\x3d"
MIB = 1 << 20


def parser(max_message: int = 8 * MIB, max_transport: int = 64 * MIB, *, from_client: bool = True) -> FrameParser:
    return FrameParser(max_message=max_message, max_transport=max_transport, from_client=from_client)


def events(parsing: FrameParser, *pieces: bytes) -> list[Event]:
    found: list[Event] = []
    for piece in pieces:
        parsing.feed(piece)
        while (event := parsing.next_event()) is not None:
            found.append(event)
    return found


def failure(*pieces: bytes, parsing: FrameParser | None = None) -> CloseCode:
    with pytest.raises(FrameError) as caught:
        events(parsing or parser(), *pieces)
    return caught.value.code


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def test_rfc_5_7_a_masked_hello_from_the_examples_of_the_rfc() -> None:
    assert events(parser(), bytes.fromhex("818537fa213d7f9f4d5158")) == ["Hello"]


def test_rfc_5_7_a_fragmented_unmasked_hello_from_the_examples_of_the_rfc() -> None:
    assert events(parser(from_client=False), bytes.fromhex("010348656c80026c6f")) == ["Hello"]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 65_537])
def test_rfc_5_2_every_form_of_the_length_round_trips_both_ways(size: int) -> None:
    text = "v" * size
    assert events(parser(from_client=False), text_frame(text)) == [text]
    assert events(parser(), client_frame(Opcode.BINARY, text.encode())) == [text.encode()]
    assert events(parser(from_client=False), binary_frame(text.encode())) == [text.encode()]


@pytest.mark.parametrize("bits", [0x40, 0x20, 0x10, 0x70])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.PING, Opcode.CLOSE])
def test_rfc_5_2_a_reserved_bit_fails_at_the_second_byte(bits: int, opcode: Opcode) -> None:
    assert failure(client_frame(opcode, b"x", reserved_bits=bits)[:2]) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_rfc_5_2_a_reserved_opcode_fails(opcode: int) -> None:
    assert failure(client_frame(opcode, b"")) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_1_an_unmasked_frame_from_a_client_fails() -> None:
    assert failure(text_frame("hello")) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_1_a_masked_frame_from_a_server_fails() -> None:
    assert failure(client_frame(Opcode.TEXT, b"x"), parsing=parser(from_client=False)) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_2_a_length_with_its_highest_bit_set_fails() -> None:
    assert failure(struct.pack("!BBQ", 0x82, 0xFF, 1 << 63)) == CloseCode.PROTOCOL_ERROR


def test_spec_0_7_a_declared_length_of_2_to_the_62_is_1009_before_any_payload() -> None:
    assert failure(struct.pack("!BBQ", 0x82, 0xFF, 1 << 62)) == CloseCode.TOO_BIG


@pytest.mark.parametrize(
    "head", [struct.pack("!BBH", 0x81, 0xFE, 125), struct.pack("!BBQ", 0x81, 0xFF, 65_535)], ids=["16 bit", "64 bit"]
)
def test_rfc_5_2_a_length_not_in_its_shortest_form_fails(head: bytes) -> None:
    assert failure(head) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
def test_rfc_5_5_a_control_frame_is_neither_fragmented_nor_longer_than_125(opcode: Opcode) -> None:
    assert failure(client_frame(opcode, b"", fin=False)) == CloseCode.PROTOCOL_ERROR
    assert failure(client_frame(opcode, b"x" * 126)) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_4_control_frames_may_come_between_fragments() -> None:
    stream = (
        client_frame(Opcode.TEXT, b"one ", fin=False)
        + client_frame(Opcode.PING, b"a")
        + client_frame(Opcode.CONTINUATION, b"two ", fin=False)
        + client_frame(Opcode.PONG, b"b")
        + client_frame(Opcode.CONTINUATION, b"three")
    )
    expected = [Ping(b"a"), Pong(b"b"), "one two three"]
    assert events(parser(), stream) == expected
    assert events(parser(), *bytewise(stream)) == expected


def test_rfc_5_4_a_continuation_of_nothing_fails() -> None:
    assert failure(client_frame(Opcode.CONTINUATION, b"x")) == CloseCode.PROTOCOL_ERROR
    assert failure(client_frame(Opcode.TEXT, b"x"), client_frame(Opcode.CONTINUATION, b"x")) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_4_a_new_message_inside_a_fragmented_one_fails() -> None:
    first = client_frame(Opcode.TEXT, b"x", fin=False)
    assert failure(first, client_frame(Opcode.TEXT, b"y")) == CloseCode.PROTOCOL_ERROR


def test_rfc_5_4_fragments_may_be_empty() -> None:
    stream = (
        client_frame(Opcode.TEXT, b"", fin=False)
        + client_frame(Opcode.CONTINUATION, b"", fin=False)
        + client_frame(Opcode.CONTINUATION, b"")
    )
    assert events(parser(), stream) == [""]
    assert events(parser(), *bytewise(stream)) == [""]


def test_rfc_8_1_a_character_may_be_split_between_fragments() -> None:
    encoded = "면접 𝄞".encode()
    frames = [client_frame(Opcode.TEXT, encoded[:1], fin=False)]
    frames += [client_frame(Opcode.CONTINUATION, encoded[at : at + 1], fin=False) for at in range(1, len(encoded))]
    assert events(parser(), *frames, client_frame(Opcode.CONTINUATION, b"")) == ["면접 𝄞"]


INVALID_UTF8 = [
    b"\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\x80",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
]


@pytest.mark.parametrize("text", INVALID_UTF8)
def test_rfc_8_1_text_that_is_not_utf_8_is_1007(text: bytes) -> None:
    assert failure(client_frame(Opcode.TEXT, text)) == CloseCode.INVALID_DATA
    assert failure(*bytewise(client_frame(Opcode.TEXT, text))) == CloseCode.INVALID_DATA


@pytest.mark.parametrize("cut", [b"\xce", b"\xe1\xbd", b"\xf0\x9d\x84"])
def test_rfc_8_1_text_that_ends_inside_a_character_is_1007(cut: bytes) -> None:
    assert failure(client_frame(Opcode.TEXT, b"x" + cut)) == CloseCode.INVALID_DATA
    pieces = client_frame(Opcode.TEXT, b"x", fin=False), client_frame(Opcode.CONTINUATION, cut)
    assert failure(*pieces) == CloseCode.INVALID_DATA
    assert failure(*pieces, parsing=parser()) == CloseCode.INVALID_DATA


@pytest.mark.parametrize("start", [b"\xf4\x90", b"\xed\xa0", b"\xc1", b"\xe0\x9f", b"\xf0\x8f", b"\xf5"])
def test_rfc_8_1_text_fails_at_the_first_byte_that_cannot_be_right(start: bytes) -> None:
    """The rest of the frame never comes."""
    frame = client_frame(Opcode.TEXT, b"valid" + start + b"x" * 100, mask=MASK)
    head = len(frame) - 105 - len(start)
    assert failure(frame[: head + 5 + len(start)]) == CloseCode.INVALID_DATA


def test_rfc_8_1_binary_messages_are_not_checked() -> None:
    assert events(parser(), client_frame(Opcode.BINARY, b"\xff\xfe")) == [b"\xff\xfe"]


def test_rfc_5_5_1_close_frames() -> None:
    assert events(parser(), client_frame(Opcode.CLOSE, b"")) == [Close(CloseCode.NO_STATUS, "")]
    assert events(parser(), client_frame(Opcode.CLOSE, b"\x03\xe8\xea\xb0\x80")) == [Close(1000, "가")]
    assert failure(client_frame(Opcode.CLOSE, b"\x03")) == CloseCode.PROTOCOL_ERROR
    assert failure(client_frame(Opcode.CLOSE, b"\x03\xe8\xff")) == CloseCode.INVALID_DATA


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
def test_rfc_7_4_codes_that_may_not_be_sent(code: int) -> None:
    assert not is_valid_close_code(code)
    assert failure(client_frame(Opcode.CLOSE, code.to_bytes(2, "big"))) == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4008, 4999])
def test_rfc_7_4_codes_that_may_be_sent(code: int) -> None:
    assert events(parser(), client_frame(Opcode.CLOSE, code.to_bytes(2, "big"))) == [Close(code, "")]
    assert events(parser(from_client=False), close_frame(code, "why")) == [Close(code, "why")]


def test_rfc_7_4_a_close_frame_with_a_forbidden_code_is_not_built() -> None:
    with pytest.raises(ValueError, match="1006"):
        close_frame(1006)


def test_rfc_5_5_a_long_close_reason_is_cut_at_a_character() -> None:
    [closing] = events(parser(from_client=False), close_frame(1000, "가" * 100))
    assert closing == Close(1000, "가" * 41)


def test_rfc_5_5_control_frames_are_built_up_to_125_bytes() -> None:
    assert events(parser(from_client=False), ping_frame(b"p" * 125), pong_frame()) == [Ping(b"p" * 125), Pong(b"")]
    with pytest.raises(ValueError, match="125"):
        ping_frame(b"p" * 126)


def test_spec_0_7_a_message_over_the_limit_is_told_once_and_the_next_one_is_read() -> None:
    parsing = parser(max_message=1000)
    stream = (
        client_frame(Opcode.TEXT, b"x" * 600, fin=False)
        + client_frame(Opcode.CONTINUATION, b"\xff" * 600, fin=False)
        + client_frame(Opcode.PING, b"still here")
        + client_frame(Opcode.CONTINUATION, b"x" * 600)
        + client_frame(Opcode.BINARY, b"y" * 1001)
        + client_frame(Opcode.TEXT, b"z" * 1000)
    )
    expected = [Oversize(1200), Ping(b"still here"), Oversize(1001), "z" * 1000]
    assert events(parsing, stream) == expected
    assert parsing.idle
    assert events(parser(max_message=1000), *bytewise(stream)) == expected


def test_spec_0_7_a_message_over_the_limit_is_not_held() -> None:
    parsing = parser(max_message=1000)
    parsing.feed(struct.pack("!BBQ", 0x82, 0xFF, 32 * MIB) + MASK)
    assert parsing.next_event() == Oversize(32 * MIB)
    piece = b"x" * MIB
    for _ in range(32):
        parsing.feed(piece)
        assert parsing.next_event() is None
        assert parsing._parts is None
        assert parsing._chunk == b""
    assert parsing.idle


def test_spec_0_7_fragments_that_add_up_beyond_the_transport_bound_are_1009() -> None:
    parsing = parser(max_message=1000, max_transport=3000)
    events(parsing, client_frame(Opcode.BINARY, b"x" * 2000, fin=False))
    assert failure(client_frame(Opcode.CONTINUATION, b"x" * 1001)[:4], parsing=parsing) == CloseCode.TOO_BIG


def test_a_reader_that_stops_between_two_events_finds_the_rest_later() -> None:
    parsing = parser()
    parsing.feed(client_frame(Opcode.TEXT, b"one") + client_frame(Opcode.TEXT, b"two"))
    assert parsing.next_event() == "one"
    parsing.feed(client_frame(Opcode.TEXT, b"three"))
    assert not parsing.idle
    assert [parsing.next_event(), parsing.next_event(), parsing.next_event()] == ["two", "three", None]
    assert parsing.idle


def test_no_more_frames_are_begun_than_allowed() -> None:
    parsing = parser()
    parsing.frame_limit = 100
    parsing.feed(client_frame(Opcode.TEXT, b"", fin=False) + client_frame(Opcode.CONTINUATION, b"", fin=False) * 1000)
    assert parsing.next_event() is None
    assert parsing.frames == 100
    parsing.frame_limit = 10_000
    parsing.feed(client_frame(Opcode.CONTINUATION, b"end"))
    assert parsing.next_event() == "end"


messages = st.lists(st.one_of(st.text(max_size=400), st.binary(max_size=400)), max_size=8)


@settings(max_examples=300, deadline=None)
@given(messages=messages, data=st.data())
def test_any_messages_in_any_fragments_and_any_chunks_come_out_as_they_went_in(
    messages: list[str | bytes], data: st.DataObject
) -> None:
    stream = b""
    expected: list[Event] = []
    for message in messages:
        payload = message.encode() if isinstance(message, str) else message
        opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=4)))
        bounds = list(zip([0, *cuts], [*cuts, len(payload)], strict=True))
        for number, (start, end) in enumerate(bounds):
            last = number == len(bounds) - 1
            stream += client_frame(Opcode.CONTINUATION if number else opcode, payload[start:end], fin=last)
            if not last and data.draw(st.booleans()):
                stream += client_frame(Opcode.PING, b"between")
                expected.append(Ping(b"between"))
        expected.append(message)
    splits = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[start:end] for start, end in zip([0, *splits], [*splits, len(stream)], strict=True)]
    parsing = parser()
    assert events(parsing, *pieces) == expected
    assert parsing.idle


@settings(max_examples=300, deadline=None)
@given(stream=st.binary(max_size=300), split=st.integers(0, 300))
def test_garbage_gives_events_or_a_frame_error_and_the_same_however_it_is_cut(stream: bytes, split: int) -> None:
    def outcome(*pieces: bytes) -> tuple[list[Event], CloseCode | None]:
        parsing, found = parser(max_message=64), list[Event]()
        try:
            for piece in pieces:
                parsing.feed(piece)
                while (event := parsing.next_event()) is not None:
                    found.append(event)
        except FrameError as error:
            return found, error.code
        return found, None

    assert outcome(stream) == outcome(stream[:split], stream[split:])


@settings(max_examples=200, deadline=None)
@given(prefix=st.text(max_size=20), garbage=st.binary(min_size=1, max_size=8), split=st.integers(0, 30))
def test_utf_8_is_judged_as_python_judges_it_however_it_is_cut(prefix: str, garbage: bytes, split: int) -> None:
    payload = prefix.encode() + garbage
    first = client_frame(Opcode.TEXT, payload[:split], fin=False)
    last = client_frame(Opcode.CONTINUATION, payload[split:])
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        assert failure(first, last) == CloseCode.INVALID_DATA
    else:
        assert events(parser(), first, last) == [text]
