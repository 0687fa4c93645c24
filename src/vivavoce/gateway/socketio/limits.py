"""What a Socket.IO connection may cost, beside the limits of every door. Sizes are bytes, times seconds."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.gateway.engineio.limits import EngineIOLimits


@dataclass(frozen=True, slots=True)
class SocketIOLimits(EngineIOLimits):
    """Who has not been let into a namespace within `GatewayLimits.authentication_timeout_s` is closed."""

    max_attachments: int = 10
    """Of one event; their bytes together are at most `max_payload`."""
    ack_timeout_s: float = 10.0
    """How long an acknowledgement asked of a client is waited for, where `emit` does not say."""
    max_pending_acks: int = 1_000
    """A socket; beyond it the oldest one is given up."""
