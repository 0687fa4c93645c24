"""HTTP as polling needs it: heads, lengths, chunks, limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.gateway.engineio.request_head import BadRequestError, Body, RequestHead, TooLargeError


def head(first: str, *fields: str) -> RequestHead:
    return RequestHead("\r\n".join([first, *fields, "", ""]).encode("latin-1"))


def test_the_query_is_read_and_the_path_kept() -> None:
    found = head("GET /socket.io/?EIO=4&transport=polling&sid=0.a%2Bb&t=x+y HTTP/1.1", "Host: a", "ORIGIN: http://b")
    assert found.method == "GET"
    assert found.path == "/socket.io/"
    assert found.query == {"EIO": "4", "transport": "polling", "sid": "0.a+b", "t": "x y"}
    assert found.headers["origin"] == "http://b"
    assert found.length == 0


@pytest.mark.parametrize(
    ("first", "connection", "keeps_alive"),
    [("GET / HTTP/1.1", "keep-alive", True), ("GET / HTTP/1.1", "close", False), ("GET / HTTP/1.0", "x", False)],
)
def test_a_connection_is_kept_where_both_can(first: str, connection: str, keeps_alive: bool) -> None:
    assert head(first, f"Connection: {connection}").keeps_alive is keeps_alive


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["Content-Length: -1"], id="negative"),
        pytest.param(["Content-Length: 1", "Content-Length: 2"], id="two lengths"),
        pytest.param(["Content-Length: 1", "Transfer-Encoding: chunked"], id="length and chunks"),
        pytest.param(["Transfer-Encoding: gzip, chunked"], id="another coding"),
        pytest.param(["Content-Length: 99999999999999999999"], id="too many digits"),
        pytest.param(["no colon"], id="no field"),
    ],
)
def test_a_head_that_can_be_read_two_ways_is_refused(fields: list[str]) -> None:
    with pytest.raises(BadRequestError):
        head("POST / HTTP/1.1", *fields)


@pytest.mark.parametrize("first", ["GET  / HTTP/1.1", "GET / HTTP/2.0", "GET a HTTP/1.1", "", "get / HTTP/1.1"])
def test_a_malformed_request_line_is_refused(first: str) -> None:
    with pytest.raises(BadRequestError):
        head(first)


def test_a_query_of_too_many_fields_is_refused() -> None:
    with pytest.raises(BadRequestError):
        head(f"GET /?{'&'.join('a=1' for _ in range(70))} HTTP/1.1")


def chunked(data: bytes, sizes: list[int]) -> bytes:
    found = b""
    for size in sizes:
        piece, data = data[:size], data[size:]
        if piece:
            found += f"{len(piece):x};a=b\r\n".encode() + piece + b"\r\n"
    if data:
        found += f"{len(data):X}\r\n".encode() + data + b"\r\n"
    return found + b"0\r\nTrailer: x\r\n\r\n"


@given(st.binary(max_size=400), st.lists(st.integers(1, 50), max_size=8), st.integers(1, 60), st.binary(max_size=20))
def test_chunks_come_together_however_they_are_cut(data: bytes, sizes: list[int], cut: int, after: bytes) -> None:
    body = Body(None, 1 << 20)
    wire = chunked(data, sizes) + after
    pieces = [wire[at : at + cut] for at in range(0, len(wire), cut)]
    rest = None
    for number, piece in enumerate(pieces):
        rest = body.feed(piece)
        if rest is not None:
            rest += b"".join(pieces[number + 1 :])
            break
    assert body.value() == data
    assert rest == after


@given(st.binary(min_size=1, max_size=200), st.integers(1, 60))
def test_a_body_of_known_length_ends_there(data: bytes, cut: int) -> None:
    body = Body(len(data), 1 << 20)
    wire = data + b"next"
    found = [body.feed(wire[at : at + cut]) for at in range(0, len(data), cut)]
    assert body.value() == data
    assert found[-1] is not None
    assert b"next".startswith(found[-1])


def test_a_body_over_the_limit_is_refused_before_it_is_kept() -> None:
    with pytest.raises(TooLargeError):
        Body(101, 100)
    body = Body(None, 100)
    body.feed(b"40\r\n" + b"x" * 64 + b"\r\n")
    with pytest.raises(TooLargeError):
        body.feed(b"40\r\n")


@pytest.mark.parametrize("wire", [b"xyz\r\n", b"-1\r\n", b"\r\n", b"2\r\nabc\r\n", b"1" * 2000])
def test_malformed_chunks_are_refused(wire: bytes) -> None:
    with pytest.raises((BadRequestError, TooLargeError)):
        Body(None, 100).feed(wire)
