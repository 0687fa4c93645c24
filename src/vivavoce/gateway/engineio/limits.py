"""What an Engine.IO connection may cost, beside the limits of every door. Sizes are bytes, times seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineIOLimits:
    """Defaults of SPEC 0.7."""

    ping_interval_s: float = 25.0
    ping_timeout_s: float = 60.0
    max_payload: int = 8 << 20
    """The largest message, and the largest body of a polling request."""
    max_packets_per_payload: int = 10_000
    upgrade_timeout_s: float = 10.0
    """From the second transport's handshake to the end of the upgrade."""
