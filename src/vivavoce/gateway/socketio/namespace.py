"""What a door is to Socket.IO: the calls it gets for the sockets of one namespace."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

from vivavoce.domain.errors import VivavoceError

if TYPE_CHECKING:
    from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket


class Namespace(Protocol):
    """One namespace. Subclass it: what has a body here is a default.

    Every call happens on the event loop and must return quickly. For one socket they come in order: `connecting`, then
    `connected`, then any of the others, then `disconnected` once.
    """

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> Awaitable[None] | None:
        """A client wants in; `auth` is what it brought. Return None to let it in, or an awaitable that does later.

        A VivavoceError, raised here or by the awaitable, becomes CONNECT_ERROR: its sentence as the message, the
        error shape as the data. Nothing can be sent yet. Where it is let in, `disconnected` will be called, also when
        the client is gone before `connected`.
        """
        ...

    def connected(self, socket: SioSocket) -> None:
        """The client was told that it is in: what is sent now comes next."""
        return

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        """An event; `ack` is to be called once, now or later, where the client wants an acknowledgement.

        A VivavoceError raised here goes to `refused`. Attachments are `bytes` in their places.
        """
        ...

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        """It is over. Nothing can be sent any more."""
        ...

    def drained(self, socket: SioSocket) -> None:
        """The client has caught up: `socket.writable` is true again."""
        return

    def refused(self, socket: SioSocket, error: VivavoceError, ack: Acknowledge | None) -> None:
        """An event was not taken, by the limits or by `event`: the event `error` and the acknowledgement tell."""
        shape = socket.describe(error)
        socket.emit("error", shape)
        if ack is not None:
            ack(shape)
