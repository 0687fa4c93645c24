"""What a door is to the gateway: the calls it gets for the sockets it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from vivavoce.domain.errors import VivavoceError

if TYPE_CHECKING:
    from vivavoce.gateway.socket import WebSocket


class Endpoint(Protocol):
    """One door. Subclass it: what has a body here is a default.

    Every call happens on the event loop and must return quickly; work that waits belongs into tasks of the door's
    own. For one socket the calls come in order: `opened`, then any of the others, then `closed` once. (A socket
    refused for too many connections of its address gets `refused` alone.)
    """

    max_message: int = 8 << 20
    """Bytes; a longer message is discarded while it streams in, told by `refused`, and the connection lives on."""

    counts_binary_by_bytes: bool = False
    """Whether binary frames are limited by `GatewayLimits.binary_rate` instead of by their number."""

    heartbeat_s: float | None = None
    """Seconds between calls of `heartbeat`; None for `GatewayLimits.heartbeat_s`."""

    idle_timeout_s: float | None = None
    """Seconds without any frame until the socket is dropped; None for `GatewayLimits.idle_timeout_s`."""

    subprotocols: Sequence[str] = ()
    """The subprotocols this door speaks; the client's first wish among them is accepted."""

    def opened(self, ws: WebSocket) -> None:
        """The handshake is done; the door may send. Set `ws.authenticated` once it is known who is there."""
        ...

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        """A text message (`str`) or a binary one (`bytes`). A VivavoceError raised here goes to `refused`."""
        ...

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        """The connection is over: the peer's or our own close code, 1006 where it broke off. Nothing can be sent."""
        ...

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        """A message was not taken (`rate_limited`, `too_large`, `internal`) or the socket is about to be closed
        (`unauthorized` after the time to sign in, `rate_limited` for too many connections): tell the client."""
        ...

    def refused_message(self, ws: WebSocket, error: VivavoceError, data: str | bytes) -> None:
        """Like `refused`, where the message is at hand: for doors whose messages say how to answer them."""
        self.refused(ws, error)

    def drained(self, ws: WebSocket) -> None:
        """The client has caught up: what waited has been handed over and `ws.writable` is true again."""
        return

    def heartbeat(self, ws: WebSocket) -> bool:
        """Called every `heartbeat_s`. True: the door has sent a heartbeat of its own; False: send a WebSocket ping."""
        return False
