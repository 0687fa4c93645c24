"""A client in one namespace, as a door sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from orjson import JSONEncodeError, dumps

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.frames import text_frame
from vivavoce.gateway.socket import broadcast as send_to_all
from vivavoce.gateway.socketio.packets import ACK, DISCONNECT, EVENT, Prepared, encode, encode_control

if TYPE_CHECKING:
    from vivavoce.gateway.handshake import Handshake
    from vivavoce.gateway.socket import WebSocket
    from vivavoce.gateway.socketio.connection import SioConnection
    from vivavoce.gateway.socketio.namespace import Namespace

OnAck = Callable[[list[Any] | None], None]
"""Gets the arguments of a client's acknowledgement, or None where none came in time or the client is gone."""

SERVER_DISCONNECT: Final = "server namespace disconnect"


class SioSocket:
    """A client in a namespace. Use it on the event loop only."""

    __slots__ = ("_acks", "connection", "id", "namespace", "out", "path", "state", "where")

    def __init__(self, connection: SioConnection, namespace: Namespace, path: str, socket_id: str) -> None:
        self.id = socket_id
        """Unguessable, and known to the client: the id of this connection to this namespace."""
        self.connection = connection
        """The transport's side; one connection may be in several namespaces."""
        self.namespace = namespace
        self.where = "" if path == "/" else f"{path},"
        """The namespace as it stands in packets."""
        self.path = path
        """The name of the namespace."""
        self.state: Any = None
        """Free for the door."""
        self.out: SioConnection | None = None
        """The connection, while this socket is in the namespace."""
        self._acks: dict[str, tuple[float, OnAck]] | None = None

    @property
    def connected(self) -> bool:
        """Whether the client is in the namespace."""
        return self.out is not None

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection."""
        return self.connection.handshake

    @property
    def transport(self) -> str:
        """`websocket` or `polling`, as it is now."""
        return self.connection.transport

    @property
    def buffered(self) -> int:
        """Bytes that wait for the client."""
        return 0 if self.out is None else self.out.buffered

    @property
    def writable(self) -> bool:
        """Whether the client keeps up; where not, `drained` of the namespace tells when it does again."""
        return self.out is not None and self.out.writable

    def emit(
        self,
        event: str,
        *args: Any,
        ephemeral: bool = False,
        ack: OnAck | None = None,
        ack_timeout_s: float | None = None,
    ) -> None:
        """Send an event. Never waits; without effect on a socket that is not connected.

        Bytes among the arguments travel as attachments. An `ephemeral` event is dropped before a client that reads
        too slowly is cut. `ack` is called once: with the client's answer, or with None.
        """
        connection = self.out
        if connection is None:
            if ack is not None:
                ack(None)
            return
        packet_id = "" if ack is None else self._await_ack(connection, ack, ack_timeout_s)
        self.send_packet("42", EVENT, (event, *args), packet_id, ephemeral)

    def send_prepared(self, packet: Prepared, *, ephemeral: bool = False) -> None:
        """Send a packet that was built once for many sockets of this namespace."""
        connection = self.out
        if connection is None:
            return
        ws = connection.ws
        if ws is not None:
            ws.send_frame(packet.frame, ephemeral)
        else:
            connection.queue(packet.payload, ephemeral)

    def send_packet(
        self, head: str, kind: str, arguments: tuple[Any, ...], packet_id: str, ephemeral: bool = False
    ) -> None:
        """An event or an acknowledgement of this socket; `head` is the type of Engine.IO and the kind together."""
        connection = self.out
        if connection is None:
            return
        try:
            packet = (head + self.where + packet_id).encode() + dumps(arguments)
        except JSONEncodeError:
            # Attachments among them, or what JSON has in another way.
            self.send_prepared(encode(kind, self.path, arguments, packet_id), ephemeral=ephemeral)
            return
        ws = connection.ws
        if ws is not None:
            ws.send_frame(text_frame(packet), ephemeral)
        else:
            connection.queue(packet, ephemeral)

    def disconnect(self, close: bool = False) -> None:
        """Put the client out of the namespace; with `close`, end its whole connection so that it comes again."""
        connection = self.out
        if connection is None:
            return
        if close:
            connection.close()
        else:
            connection.send_text(encode_control(DISCONNECT, self.path))
            connection.leave(self, SERVER_DISCONNECT)

    def describe(self, error: VivavoceError) -> Mapping[str, object]:
        """SPEC 0.4 of an error, in the language of the client's `Accept-Language`."""
        language = self.handshake.headers.get("accept-language", "")
        return self.connection.server.gateway.error_body(error, language)

    # The connection's calls

    def enter(self) -> None:
        """From now on it is in the namespace."""
        self.out = self.connection

    def leave(self) -> None:
        """It is in the namespace no more; acknowledgements will not come."""
        self.out = None
        acks, self._acks = self._acks, None
        if acks is not None:
            for _, ack in acks.values():
                ack(None)

    def acknowledged(self, packet_id: str, args: list[Any]) -> None:
        """The client acknowledges; an id that nobody waits for is none of ours."""
        entry = self._acks.pop(packet_id, None) if self._acks is not None else None
        if entry is not None:
            entry[1](args)

    def give_up_acks(self, now: float) -> bool:
        """Stop waiting for what has not come in time; whether nothing is waited for any more."""
        acks = self._acks
        if acks is None:
            return True
        for packet_id in [packet_id for packet_id, (until, _) in acks.items() if until <= now]:
            late = acks.pop(packet_id, None)
            if late is not None:
                late[1](None)
        return not acks

    def _await_ack(self, connection: SioConnection, ack: OnAck, timeout_s: float | None) -> str:
        acks = self._acks
        if acks is None:
            acks = self._acks = {}
        packet_id, until, most = connection.sio.expect_ack(self, timeout_s)
        if len(acks) >= most:
            oldest = acks.pop(next(iter(acks)))
            oldest[1](None)
        acks[packet_id] = (until, ack)
        return packet_id


class Acknowledge:
    """Answers one event of a client; only the first call counts."""

    __slots__ = ("_id", "_socket")

    def __init__(self, socket: SioSocket, packet_id: str) -> None:
        self._socket: SioSocket | None = socket
        self._id = packet_id

    def __call__(self, *args: Any) -> None:
        socket = self._socket
        if socket is None or socket.out is None:
            return
        self._socket = None
        ws = socket.out.ws
        if ws is None:
            socket.send_packet("43", ACK, args, self._id)
            return
        # As send_packet does, in one go: this is what most messages are answered by.
        try:
            packet = ("43" + socket.where + self._id).encode() + dumps(args)
        except JSONEncodeError:
            socket.send_packet("43", ACK, args, self._id)
        else:
            ws.send_frame(text_frame(packet))


def broadcast(sockets: Iterable[SioSocket], packet: Prepared, *, ephemeral: bool = False) -> None:
    """Send one packet to many sockets of one namespace; nobody waits for anybody."""
    websockets: list[WebSocket] = []
    for socket in sockets:
        connection = socket.out
        if connection is not None:
            ws = connection.ws
            if ws is not None:
                websockets.append(ws)
            else:
                connection.queue(packet.payload, ephemeral)
    send_to_all(websockets, packet.frame, ephemeral=ephemeral)
