"""JSON from outside, under limits: depth, length of numbers, no NaN (SPEC: bad input is told, never carried on)."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, Final, TypeVar, overload

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid

T = TypeVar("T")

MAX_DEPTH: Final = 32
MAX_NUMBER_LENGTH: Final = 256

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9.eE+-]{%d}" % (MAX_NUMBER_LENGTH + 1))
_ALL_BUT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_PATH = re.compile(r"^(?P<what>.*?) - at `(?P<path>[^`]+)`$", re.DOTALL)
_untyped: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


@overload
def decode_json(text: str | bytes) -> Any: ...
@overload
def decode_json(text: str | bytes, decoder: msgspec.json.Decoder[T]) -> T: ...
def decode_json(text: str | bytes, decoder: msgspec.json.Decoder[Any] | None = None) -> Any:
    """The value of a JSON text, at most 32 levels deep, with numbers of at most 256 characters.

    Integers keep every digit, the last of repeated names wins. Raises VivavoceError `invalid_payload`, with
    `info.field` where a typed decoder names one, and `info.limit` where a limit was passed.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > MAX_NUMBER_LENGTH:
        _check_numbers(data)
    try:
        value = (decoder or _untyped).decode(data)
    except msgspec.ValidationError as error:
        raise _as_invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(f"not valid JSON: {error}", reason="not_json") from None
    except RecursionError:
        raise _too_deep() from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(data)
    return value


def _check_numbers(data: bytes) -> None:
    # The first search is cheap and may find a run inside a string; only then are the strings taken out.
    if _LONG_NUMBER.search(data) is not None and _LONG_NUMBER.search(_STRING.sub(b'""', data)) is not None:
        raise invalid(f"a number has at most {MAX_NUMBER_LENGTH} characters", limit=MAX_NUMBER_LENGTH)


def _check_depth(data: bytes) -> None:
    """`data` is known to be JSON: without its strings, the brackets that are left tell its depth."""
    brackets = _STRING.sub(b"", data).translate(None, _ALL_BUT_BRACKETS)
    if len(brackets) <= 2 * MAX_DEPTH:  # each level has two
        return
    if max(accumulate(map(_STEPS.__getitem__, brackets))) > MAX_DEPTH:
        raise _too_deep()


def _too_deep() -> VivavoceError:
    return invalid(f"JSON is at most {MAX_DEPTH} levels deep", limit=MAX_DEPTH)


def _as_invalid(error: msgspec.ValidationError) -> VivavoceError:
    found = _PATH.match(str(error))
    if found is None:
        return invalid(str(error))
    return invalid(found["what"], field=found["path"].removeprefix("$").removeprefix("."))
