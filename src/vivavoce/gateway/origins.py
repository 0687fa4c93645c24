"""One origin check for every door: browsers let any page open a WebSocket, so the server has to ask from where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal
from urllib.parse import urlsplit

from vivavoce.gateway.addresses import is_loopback_origin

Mode = Literal["development", "production"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class OriginPolicy:
    """Which pages may connect.

    A request without an `Origin` does not come from a page and is judged by its token alone. In development
    loopback origins and `null` (a file, a sandboxed frame) are let in too; production knows only the configured ones.
    `*` among them lets every page in.
    """

    __slots__ = ("_allowed", "_allows_all", "mode")

    def __init__(self, mode: Mode, allowed_origins: Iterable[str] = ()) -> None:
        """Raises ValueError naming an entry that is no origin (`scheme://host[:port]`), `null` or `*`."""
        self.mode: Mode = mode
        entries = [entry.strip() for entry in allowed_origins if entry.strip()]
        self._allows_all = "*" in entries
        self._allowed = frozenset(_configured(entry) for entry in entries if entry != "*")

    def allows(self, origin: str | None) -> bool:
        """Whether a request with this `Origin` header (None: it has none) may go on."""
        if origin is None or self._allows_all:
            return True
        if self.mode == "development" and (origin == "null" or is_loopback_origin(origin)):
            return True
        return _normal(origin) in self._allowed


def _configured(entry: str) -> str:
    origin = _normal(entry.rstrip("/"))
    if origin is None:
        raise ValueError(f"{entry!r} is not an origin: write scheme://host or scheme://host:port")
    return origin


def _normal(origin: str) -> str | None:
    """Lower case and without a default port; None for what is no origin."""
    if origin == "null":
        return origin
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not parts.scheme or not host or parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    named = f"[{host}]" if ":" in host else host
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{named}"
    return f"{parts.scheme}://{named}:{port}"
