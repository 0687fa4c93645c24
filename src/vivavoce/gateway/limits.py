"""What a connection may cost (SPEC 0.7). Sizes are bytes, times seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MessageRate:
    """A token bucket: `per_second` units a second on average, `burst` of them at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """The limits of every door; the defaults are those of SPEC 0.7."""

    max_connections: int = 20_000
    max_connections_per_address: int = 1_000
    """0: no limit. Loopback is exempt: a proxy on this machine that was not declared trusted is all clients at
    once."""
    max_pending_handshakes: int = 4_096
    """Connections that have not yet sent a whole request head; beyond it the oldest one gives way."""

    max_transport_message: int = 64 << 20
    max_message: int = 8 << 20
    message_rate: MessageRate | None = MessageRate(20, 40)
    binary_rate: MessageRate | None = MessageRate(256 << 10, 8 << 20)
    """Units are bytes; for endpoints that count their binary frames by size."""
    frames_per_second: int = 10_000
    """Frames, refused messages and pings a connection is served before its next ones wait for the next second."""

    max_waiting_bytes: int = 1 << 20
    max_waiting_messages: int = 1_000

    heartbeat_s: float = 30.0
    idle_timeout_s: float = 300.0
    authentication_timeout_s: float = 15.0
    closing_timeout_s: float = 10.0

    max_head_bytes: int = 32 << 10
    head_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    """How long a request body may stall."""
    keep_alive_s: float = 15.0
    max_body_bytes: int = 8 << 20
    body_limits: Sequence[tuple[str, int]] = field(default=())
    """Pairs of a path and bytes for what takes more (or less) than `max_body_bytes`; first match wins. A path stands
    for itself and everything below it; `*` is any one segment."""

    def body_limit(self, path: str) -> int:
        """How many bytes a request body for `path` may have."""
        segments = path.split("/")
        for pattern, limit in self.body_limits:
            wanted = pattern.split("/")
            if len(wanted) <= len(segments) and all(
                want in ("*", segment) for want, segment in zip(wanted, segments, strict=False)
            ):
                return limit
        return self.max_body_bytes
