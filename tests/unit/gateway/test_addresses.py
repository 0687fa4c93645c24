"""SPEC 0.5: who may be a guest, and whose X-Forwarded-For is believed."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers as StarletteHeaders

from vivavoce.gateway.addresses import (
    TrustedProxies,
    client_address,
    is_forwarded_securely,
    is_local_request,
    is_loopback_origin,
)

LOCAL = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8000"])
@pytest.mark.parametrize("origin", [None, "null", "http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"])
def test_spec_0_5_a_guest_comes_from_loopback_by_a_loopback_name(peer: str, host: str, origin: str | None) -> None:
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    assert is_local_request(peer, headers)


@pytest.mark.parametrize("peer", ["10.0.0.1", "192.168.1.2", "::2", "8.8.8.8", "unix", "", None, "localhost"])
def test_spec_0_5_another_peer_is_no_guest(peer: str | None) -> None:
    assert not is_local_request(peer, LOCAL)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1:8000",
        "",
        "localhost:x",
        "[::2]",
        "localhost:80:80",
        "127.0.0.1@evil.example",
        "0.0.0.0",
        "2130706433",
    ],
)
def test_spec_0_5_another_host_name_is_no_guest(host: str) -> None:
    assert not is_local_request("127.0.0.1", {"host": host})


def test_spec_0_5_a_request_without_a_host_or_with_two_is_no_guest() -> None:
    assert not is_local_request("127.0.0.1", {})
    two = StarletteHeaders(raw=[(b"host", b"localhost"), (b"host", b"evil.example")])
    assert not is_local_request("127.0.0.1", two)


@pytest.mark.parametrize(
    "name",
    [
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-FORWARDED-PROTO",
        "X-Forwarded-Anything",
        "X-Real-IP",
        "Via",
    ],
)
def test_spec_0_5_a_header_of_a_proxy_is_no_guest(name: str) -> None:
    assert not is_local_request("127.0.0.1", LOCAL | {name: "127.0.0.1"})


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://localhost.evil.example",
        "http://127.0.0.1.nip.io",
        "file://",
        "chrome://x",
        "",
        "http://localhost@evil.example",
        "http://127.0.0.1:99999999",
        "http://[::1",
        "x" * 1000,
    ],
)
def test_spec_0_5_another_origin_is_no_guest(origin: str) -> None:
    assert not is_local_request("127.0.0.1", LOCAL | {"origin": origin})
    assert not is_loopback_origin(origin)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2"),
        ("unix", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
    ],
)
def test_spec_0_5_the_address_is_the_right_most_one_that_no_trusted_proxy_has(
    peer: str, forwarded: str | None, expected: str
) -> None:
    trusted = TrustedProxies(["10.0.0.0/8", "unix"])
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_address(peer, headers, trusted) == expected


def test_spec_0_5_repeated_headers_are_read_as_one_list() -> None:
    headers = StarletteHeaders(raw=[(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"1.2.3.4")])
    assert client_address("10.0.0.1", headers, TrustedProxies(["10.0.0.1"])) == "1.2.3.4"


def test_spec_0_5_without_trusted_proxies_a_header_says_nothing() -> None:
    assert client_address("10.0.0.1", {"X-Forwarded-For": "1.2.3.4"}) == "10.0.0.1"
    assert not is_forwarded_securely("10.0.0.1", {"X-Forwarded-Proto": "https"}, TrustedProxies())
    assert is_forwarded_securely("10.0.0.1", {"X-Forwarded-Proto": "https"}, TrustedProxies(["10.0.0.1"]))


def test_a_proxy_that_is_no_address_is_named() -> None:
    with pytest.raises(ValueError, match=r"proxy\.example"):
        TrustedProxies(["10.0.0.1", "proxy.example"])
