"""RFC 6455 section 4.2: what a server checks before it opens a WebSocket."""

from __future__ import annotations

import pytest

from vivavoce.gateway.addresses import TrustedProxies
from vivavoce.gateway.handshake import (
    Handshake,
    HandshakeError,
    acceptance,
    check_upgrade,
    choose_subprotocol,
    is_upgrade,
    parse_head,
    refusal,
)

FIELDS = {
    "Host": "127.0.0.1:8000",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def head(request: str = "GET /ws HTTP/1.1", **changed: str | None) -> bytes:
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [request, *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def refused(request: bytes) -> int:
    with pytest.raises(HandshakeError) as caught:
        method, _, headers = parse_head(request)
        check_upgrade(method, headers)
    return caught.value.status


def test_rfc_1_3_the_accept_of_the_example_of_the_rfc() -> None:
    method, target, headers = parse_head(head())
    assert (method, target) == ("GET", "/ws")
    accept = check_upgrade(method, headers)
    assert accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert acceptance(accept).startswith(b"HTTP/1.1 101 Switching Protocols\r\n")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head("POST /ws HTTP/1.1"), 405),
        (head("GET /ws HTTP/1.0"), 400),
        (head("GET ws HTTP/1.1"), 400),
        (head("GET  /ws HTTP/1.1"), 400),
        (head(Host=None), 400),
        (head(Connection="close"), 426),
        (head(Upgrade="h2c"), 426),
        (head(Sec_WebSocket_Version="8"), 426),
        (head(Sec_WebSocket_Version=None), 426),
        (head(Sec_WebSocket_Key=None), 400),
        (head(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (head(Sec_WebSocket_Key="!!!!"), 400),
        (head(Sec_WebSocket_Key="é"), 400),
        (head(Content_Length="5"), 400),
        (head(Transfer_Encoding="chunked"), 400),
        (head(X_Broken="a\x00b"), 400),
        (head(X_Broken="a\nb: c"), 400),
        (head().replace(b"Host:", b"Host :"), 400),
        (head().replace(b"\r\n\r\n", b"\r\nHost: evil.example\r\n\r\n"), 400),
        (head().replace(b"\r\n\r\n", b"\r\n folded\r\n\r\n"), 400),
    ],
)
def test_rfc_4_2_1_a_handshake_that_is_none(request_head: bytes, status: int) -> None:
    assert refused(request_head) == status


def test_rfc_4_2_2_the_wrong_version_is_told_the_right_one() -> None:
    method, _, headers = parse_head(head(Sec_WebSocket_Version="7"))
    with pytest.raises(HandshakeError) as caught:
        check_upgrade(method, headers)
    assert ("Sec-WebSocket-Version", "13") in caught.value.headers


@pytest.mark.parametrize("connection", ["upgrade", "keep-alive, Upgrade", "UPGRADE"])
def test_rfc_4_2_1_tokens_are_found_in_lists_and_in_any_case(connection: str) -> None:
    request = head(Connection=connection, Upgrade="WebSocket")
    assert is_upgrade(request)
    method, _, headers = parse_head(request)
    check_upgrade(method, headers)


def test_other_requests_are_not_taken_for_handshakes() -> None:
    assert not is_upgrade(b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade-Insecure-Requests: 1\r\n\r\n")
    assert not is_upgrade(b"GET /websocket HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nX: websocket\r\n\r\n")
    assert is_upgrade(b"GET / HTTP/1.1\r\nuPgRaDe: WEBSOCKET\r\n\r\n")


def test_a_handshake_tells_path_query_headers_and_addresses() -> None:
    request = head(
        "GET /api/ws/%ED%95%9C?token=a%2Bb&empty=&token=last HTTP/1.1",
        Origin="http://localhost:5173",
        X_Forwarded_For="1.2.3.4",
        X_Forwarded_Proto="https",
    )
    _, target, headers = parse_head(request)
    trusted = TrustedProxies(["10.0.0.1"])
    handshake = Handshake(request, target, headers, peer="10.0.0.1", secure=False, trusted_proxies=trusted)
    assert handshake.path == "/api/ws/한"
    assert handshake.query == {"token": "last", "empty": ""}
    assert handshake.headers["HOST"] == handshake.host == "127.0.0.1:8000"
    assert handshake.headers.get("missing") is None
    assert handshake.client_address == "1.2.3.4"
    assert handshake.origin == "http://localhost:5173"
    assert handshake.secure
    assert not handshake.is_local


def test_a_query_of_a_thousand_fields_is_refused() -> None:
    request = head("GET /ws?" + "&".join(f"a{n}=1" for n in range(1000)) + " HTTP/1.1")
    _, target, headers = parse_head(request)
    with pytest.raises(HandshakeError):
        Handshake(request, target, headers, peer="127.0.0.1", secure=False)


def test_the_clients_first_wish_among_the_spoken_subprotocols_is_taken() -> None:
    headers = {"sec-websocket-protocol": "v3, v2, v1"}
    assert choose_subprotocol(headers, ["v1", "v2"]) == "v2"
    assert choose_subprotocol(headers, ["other"]) is None
    assert choose_subprotocol({}, ["v1"]) is None


def test_spec_0_4_a_refusal_has_the_error_as_its_body() -> None:
    answer = refusal(403, {"error": "forbidden"}, [("Retry-After", "5")])
    headers, _, body = answer.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"Retry-After: 5" in headers
    assert body == b'{"error":"forbidden"}'
