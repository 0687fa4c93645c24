"""Bad input: not JSON, 1,000-deep JSON, NaN, a 20,000-digit number."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.json import MAX_DEPTH, MAX_NUMBER_LENGTH, decode_json


class Message(msgspec.Struct):
    type: str
    data: dict[str, int]


def refused(text: str | bytes) -> VivavoceError:
    with pytest.raises(VivavoceError) as caught:
        decode_json(text)
    assert caught.value.code == "invalid_payload"
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        '{"a":}',
        "[1,]",
        "NaN",
        "Infinity",
        "-Infinity",
        '{"a": NaN}',
        '"\\ud800"',
        '"\ud800"',
        "1e400",
        "{'a': 1}",
        "\ufeff{}",
        "01",
        "1 2",
        b"\xff\xfe",
        b'"\xff"',
    ],
)
def test_what_is_not_json_is_an_invalid_payload(text: str | bytes) -> None:
    refused(text)


@pytest.mark.parametrize("number", ["1" * 20_000, "-" + "1" * 20_000, "0." + "1" * 20_000, "1e" + "1" * 20_000])
@pytest.mark.parametrize("frame", ["{}", '{{"a": {}}}', '{{"text": "\\"{}", "b": [{}]}}'.replace("{}", "x", 1)])
def test_a_number_of_20_000_digits_is_refused(number: str, frame: str) -> None:
    error = refused(frame.format(number))
    assert error.info == {"limit": MAX_NUMBER_LENGTH}


def test_long_runs_of_digits_inside_strings_are_no_numbers() -> None:
    text = json.dumps({"text": 'he said \\"' + "1" * 20_000 + '" and so on', "1" * 300: 1})
    assert decode_json(text) == json.loads(text)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"b":[', '{"x]}":'])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 100, 1_000, 100_000])
def test_json_deeper_than_32_is_refused(opening: str, levels: int) -> None:
    closing = "".join({"[": "]", "{": "}"}[c] for c in reversed(opening.replace('"x]}"', "")) if c in "[{")
    refused(opening * levels + "1" + closing * levels)


def test_json_of_depth_32_is_taken() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    decode_json(text)
    decode_json('{"a": "[[[[{{{{\\"[[[[", "b": [' + ",".join([text[2:-2]] * 100) + "]}")


def test_many_brackets_side_by_side_are_not_depth() -> None:
    assert decode_json("[" + ",".join(["[]"] * 10_000) + "]") == [[]] * 10_000


def test_the_last_of_repeated_names_wins_and_integers_keep_every_digit() -> None:
    assert decode_json('{"a": 1, "a": 123456789012345678901234567890}') == {"a": 123456789012345678901234567890}


def test_a_typed_decoder_names_the_field() -> None:
    decoder = msgspec.json.Decoder(Message)
    assert decode_json('{"type": "x", "data": {}}', decoder) == Message("x", {})
    with pytest.raises(VivavoceError) as caught:
        decode_json('{"type": "x", "data": {"n": "one"}}', decoder)
    assert caught.value.code == "invalid_payload"
    assert caught.value.info["field"].startswith("data")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(value=values)
def test_what_json_can_say_comes_out_as_it_is(value: object) -> None:
    assert decode_json(json.dumps(value)) == value
