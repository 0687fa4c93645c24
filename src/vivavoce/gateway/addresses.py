"""Who is at the other end: the client's address behind trusted proxies, and whether a request is local (SPEC 0.5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNIX_PEER: Final = "unix"
"""The peer of a Unix socket; it may be listed among the trusted proxies under this name."""

_PROXY_HEADERS: Final = frozenset({"forwarded", "x-real-ip", "via"})
_LONGEST_ORIGIN: Final = 512
_PROXY_HEADER_PREFIX: Final = "x-forwarded-"


class HeaderFields(Protocol):
    """What these rules need of a request's headers: all fields, repeated ones included."""

    def items(self) -> Iterable[tuple[str, str]]: ...


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` is believed: addresses, networks, or `unix`."""

    __slots__ = ("_networks", "_trusts_unix")

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        """Raises ValueError naming an entry that is neither an address, a network, nor `unix`."""
        entries = [entry.strip() for entry in proxies if entry.strip()]
        self._trusts_unix = UNIX_PEER in entries
        self._networks: tuple[Network, ...] = tuple(
            ipaddress.ip_network(entry, strict=False) for entry in entries if entry != UNIX_PEER
        )

    def __bool__(self) -> bool:
        return self._trusts_unix or bool(self._networks)

    def __contains__(self, address: str) -> bool:
        if address == UNIX_PEER:
            return self._trusts_unix
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)


NO_PROXIES: Final = TrustedProxies()


def field(headers: HeaderFields, name: str) -> str | None:
    """The value of a header by its lower-case name; the values of a repeated one joined with commas."""
    values = [value for key, value in headers.items() if key.lower() == name]
    return ", ".join(values) if values else None


def client_address(peer: str, headers: HeaderFields, trusted_proxies: TrustedProxies = NO_PROXIES) -> str:
    """The address of the client: the right-most one of `X-Forwarded-For` that is not a trusted proxy's.

    Without trusted proxies, or from a peer that is none of them, it is the peer's own address: anyone can write
    a header.
    """
    if not trusted_proxies or peer not in trusted_proxies:
        return peer
    nearest = peer
    for entry in reversed((field(headers, "x-forwarded-for") or "").split(",")):
        address = _parse_address(_without_port(entry.strip()))
        if address is None:
            break
        nearest = str(address)
        if nearest not in trusted_proxies:
            break
    return nearest


def is_forwarded_securely(peer: str, headers: HeaderFields, trusted_proxies: TrustedProxies) -> bool:
    """Whether a trusted proxy says that the client came over TLS."""
    if not trusted_proxies or peer not in trusted_proxies:
        return False
    scheme = (field(headers, "x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
    return scheme in {"https", "wss"}


def is_loopback_name(name: str) -> bool:
    """Whether a host name without its port is `localhost` or a loopback address."""
    if name.lower() == "localhost":
        return True
    address = _parse_address(name.removeprefix("[").removesuffix("]"))
    return address is not None and address.is_loopback


def is_loopback_origin(origin: str) -> bool:
    """Whether an `Origin` is an http(s) one of a loopback host."""
    return len(origin) <= _LONGEST_ORIGIN and _is_loopback_origin(origin)


@lru_cache(maxsize=1024)
def _is_loopback_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and host is not None and is_loopback_name(host)


def is_local_request(peer: str | None, headers: HeaderFields) -> bool:
    """SPEC 0.5: whether a client without a token may be a guest, in development mode.

    The peer's address and the `Host` name are loopback, no `Forwarded`, `X-Forwarded-*`, `X-Real-IP` or `Via`
    header is present, and the `Origin` is absent, `null` or a loopback one. A page elsewhere whose name was made
    to resolve to 127.0.0.1 fails by its `Host`, and a proxy on the same machine by the headers it adds.
    """
    address = _parse_address(peer or "")
    if address is None or not address.is_loopback:
        return False
    hosts: list[str] = []
    origins: list[str] = []
    for key, value in headers.items():
        name = key.lower()
        if name in _PROXY_HEADERS or name.startswith(_PROXY_HEADER_PREFIX):
            return False
        if name == "host":
            hosts.append(value)
        elif name == "origin":
            origins.append(value)
    if len(hosts) != 1 or not _is_loopback_host(hosts[0]):
        return False
    return all(origin == "null" or is_loopback_origin(origin) for origin in origins)


@lru_cache(maxsize=1024)
def is_loopback_address(address: str) -> bool:
    """Whether an address, of either family, is this machine's own."""
    parsed = _parse_address(address)
    return parsed is not None and parsed.is_loopback


def _is_loopback_host(host: str) -> bool:
    name, bracket, port = host.rpartition("]")
    if bracket:
        name, port = name + "]", port.removeprefix(":")
    elif host.count(":") == 1:
        name, _, port = host.partition(":")
    else:
        name, port = host, ""
    return (not port or port.isdecimal()) and is_loopback_name(name)


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _parse_address(text: str) -> Address | None:
    """An address; an IPv4 one that came wrapped in IPv6 is taken out of it."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
