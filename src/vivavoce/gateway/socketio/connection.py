"""One Socket.IO connection: its namespaces, and packets that come in pieces."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.gateway.engineio.connection import EngineConnection
from vivavoce.gateway.engineio.packets import PacketError
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.json import MAX_NUMBER_LENGTH
from vivavoce.gateway.socketio.packets import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    RESERVED_NAMES,
    Head,
    decode_arguments,
    decode_auth,
    encode_control,
    parse_head,
    put_attachments,
)
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket

if TYPE_CHECKING:
    from vivavoce.gateway.socketio.server import SocketIOServer

logger = logging.getLogger(__name__)

CLIENT_DISCONNECT: Final = "client namespace disconnect"
_ID_BYTES: Final = 15
_LONGEST_HEAD: Final = 18  # of an event of the main namespace, with an acknowledgement id
# What nearly every event has: its name, and objects without nesting. Anything deeper is decoded again, under limits.
_Scalar = str | int | float | bool | None
_decode_flat: Final = msgspec.json.Decoder(list[_Scalar | dict[str, _Scalar]]).decode


class _Assembly:
    """An event or acknowledgement whose attachments are still coming."""

    __slots__ = ("args", "attachments", "head", "size")

    def __init__(self, head: Head, args: list[Any], size: int) -> None:
        self.head = head
        self.args = args
        self.size = size
        self.attachments: list[bytes] = []


class SioConnection(EngineConnection):
    """Decodes packets and gives them to the sockets of the namespaces they name."""

    __slots__ = ("_assembly", "_main", "_others", "_skips_binary", "sio")

    def __init__(self, sio: SocketIOServer, sid: str, handshake: Handshake) -> None:
        super().__init__(sio.engine, sid, handshake)
        self.sio = sio
        self._main: SioSocket | None = None  # of the namespace `/`, where most connections have their only socket
        self._others: dict[str, SioSocket] | None = None
        self._assembly: _Assembly | None = None
        self._skips_binary = False  # the packet that binary messages belong to was not taken

    # What comes from the client

    def take(self, packet: str | bytes) -> None:
        """A message of the WebSocket. By far most are small events of the main namespace: those go straight through."""
        socket = self._main
        if socket is None or self._assembly is not None or packet[:2] != "42" or len(packet) > MAX_NUMBER_LENGTH:
            super().take(packet)
            return
        text: str = packet  # type: ignore[assignment]
        at = text.find("[", 2, _LONGEST_HEAD)
        packet_id = ""
        if at != 2:
            packet_id = text[2:at]
            if at < 0 or not (packet_id.isdecimal() and packet_id.isascii()):
                super().take(packet)
                return
        try:
            args: list[Any] = _decode_flat(text[at:])
            name = args.pop(0)
        except (msgspec.MsgspecError, UnicodeError, IndexError):
            super().take(packet)
            return
        if name.__class__ is not str or name in RESERVED_NAMES or socket.out is None:
            super().take(packet)
            return
        self._skips_binary = False
        ack = Acknowledge(socket, packet_id) if packet_id else None
        try:
            socket.namespace.event(socket, name, args, ack)
        except Exception as error:
            self._failed(socket, name, error, ack)

    def on_open(self) -> None:
        self.server.expect_identity(self)

    def on_text(self, packet: str) -> None:
        if self._assembly is not None:
            raise PacketError("text instead of an attachment")
        self._skips_binary = False
        head = parse_head(packet)
        kind = head.kind
        if kind == EVENT:
            found = self._socket(head.namespace)
            if found is not None:
                self._event(found, packet, head.at, head.id)
        elif kind == ACK:
            self._acknowledged(head, packet)
        elif kind == CONNECT:
            self._connect(head, packet)
        elif kind == DISCONNECT:
            found = self._socket(head.namespace)
            if found is not None:
                self.leave(found, CLIENT_DISCONNECT)
        elif kind in (BINARY_EVENT, BINARY_ACK):
            self._begin_assembly(head, packet)
        else:
            raise PacketError("clients do not send this")

    def on_binary(self, data: bytes) -> None:
        assembly = self._assembly
        if assembly is None:
            if self._skips_binary:
                return
            raise PacketError("an attachment of nothing")
        assembly.size += len(data)
        limit = self.server.limits.max_payload
        if assembly.size > limit:
            self._drop_assembly(too_large(f"an event with its attachments is at most {limit} bytes", limit))
            return
        assembly.attachments.append(data)
        if len(assembly.attachments) == assembly.head.attachments:
            self._assembly = None
            self._finish_assembly(assembly)

    def on_refused(self, error: VivavoceError, packet: str | bytes | None) -> None:
        """The limits did not let a message through: tell by the acknowledgement it asked for, and by `error`."""
        socket, packet_id = self._main, ""
        if isinstance(packet, str):
            self._assembly = None
            self._skips_binary = True
            try:
                head = parse_head(packet)
            except PacketError:
                return
            if head.kind in (EVENT, BINARY_EVENT):
                socket, packet_id = self._socket(head.namespace), head.id
        elif self._assembly is not None:
            self._drop_assembly(error)
            return
        else:
            self._skips_binary = True
        if socket is None and self._others:
            socket = next(iter(self._others.values()))
        if socket is not None and socket.connected:
            self._refuse(socket, error, packet_id)

    def on_drained(self) -> None:
        for socket in self._sockets():
            if socket.connected:
                self._guarded(socket.namespace.drained, socket)

    def on_close(self, reason: str) -> None:
        self._assembly = None
        for socket in self._sockets():
            self.leave(socket, reason)

    # Namespaces

    def leave(self, socket: SioSocket, reason: str) -> None:
        """A socket's time in its namespace is over."""
        if self._main is socket:
            self._main = None
        elif self._others is not None:
            self._others.pop(socket.path, None)
        was_in = socket.connected
        socket.leave()
        if was_in:
            self._guarded(socket.namespace.disconnected, socket, reason)
        if self._main is None and not self._others and not self.closed:
            self.server.expect_identity(self)

    def _socket(self, path: str) -> SioSocket | None:
        """The socket that is in this namespace."""
        socket = self._main if path == "/" else self._others.get(path) if self._others is not None else None
        return socket if socket is not None and socket.connected else None

    def _sockets(self) -> list[SioSocket]:
        sockets = [] if self._main is None else [self._main]
        return sockets if self._others is None else sockets + list(self._others.values())

    def _connect(self, head: Head, packet: str) -> None:
        path = head.namespace
        namespace = self.sio.namespaces.get(path)
        if namespace is None:
            self.send_text(encode_control(CONNECT_ERROR, path, {"message": "Invalid namespace"}))
            return
        if (path == "/" and self._main is not None) or (self._others is not None and path in self._others):
            return
        socket = SioSocket(self, namespace, path, secrets.token_urlsafe(_ID_BYTES))
        if path == "/":
            self._main = socket
        else:
            self._others = {**(self._others or {}), path: socket}
        try:
            waiting = namespace.connecting(socket, decode_auth(packet[head.at :]))
        except VivavoceError as error:
            self._turn_away(socket, error)
        except PacketError:
            self._remove(socket)
            raise
        except Exception:
            logger.exception("a namespace failed", extra={"namespace": path})
            self._turn_away(socket, VivavoceError("internal"))
        else:
            if waiting is None:
                self._let_in(socket)
            else:
                self.sio.spawn(self._let_in_later(socket, waiting))

    async def _let_in_later(self, socket: SioSocket, waiting: Awaitable[None]) -> None:
        try:
            await waiting
        except VivavoceError as error:
            self._turn_away(socket, error)
        except Exception:
            logger.exception("a namespace failed", extra={"namespace": socket.path})
            self._turn_away(socket, VivavoceError("internal"))
        else:
            self._let_in(socket)

    def _let_in(self, socket: SioSocket) -> None:
        if self.closed:
            self._guarded(socket.namespace.disconnected, socket, "transport close")
            return
        self.server.identity_known(self)
        if self.ws is not None:
            # Crowds come at once, and answers that leave together wake whoever takes them once.
            self.ws.answer_with_others()
        self.send_text(encode_control(CONNECT, socket.path, {"sid": socket.id}))
        socket.enter()
        self._guarded(socket.namespace.connected, socket)

    def _turn_away(self, socket: SioSocket, error: VivavoceError) -> None:
        self._remove(socket)
        if not self.closed:
            self.server.gateway.stats.errors_count += 1
            shape = socket.describe(error)
            content = {"message": shape["message"], "data": shape}
            self.send_text(encode_control(CONNECT_ERROR, socket.path, content))

    def _remove(self, socket: SioSocket) -> None:
        if self._main is socket:
            self._main = None
        elif self._others is not None:
            self._others.pop(socket.path, None)

    # Events

    def _event(self, socket: SioSocket, packet: str, at: int, packet_id: str) -> None:
        try:
            args = decode_arguments(packet[at:], names_event=True)
        except VivavoceError as error:
            self._refuse(socket, error, packet_id)
            return
        self._deliver(socket, args, packet_id)

    def _deliver(self, socket: SioSocket, args: list[Any], packet_id: str) -> None:
        ack = Acknowledge(socket, packet_id) if packet_id else None
        name = args.pop(0)
        try:
            socket.namespace.event(socket, name, args, ack)
        except Exception as error:
            self._failed(socket, name, error, ack)

    def _failed(self, socket: SioSocket, name: str, error: Exception, ack: Acknowledge | None) -> None:
        """An event was refused by its namespace, or made it fail."""
        if not isinstance(error, VivavoceError):
            logger.error("a namespace failed", extra={"namespace": socket.path, "event": name}, exc_info=error)
            error = VivavoceError("internal")
        self.server.gateway.stats.errors_count += 1
        self._guarded(socket.namespace.refused, socket, error, ack)

    def _refuse(self, socket: SioSocket, error: VivavoceError, packet_id: str) -> None:
        ack = Acknowledge(socket, packet_id) if packet_id else None
        self._guarded(socket.namespace.refused, socket, error, ack)

    def _acknowledged(self, head: Head, packet: str) -> None:
        socket = self._socket(head.namespace)
        if socket is None or not head.id:
            return
        try:
            args = decode_arguments(packet[head.at :], names_event=False)
        except VivavoceError as error:
            raise PacketError("an acknowledgement is JSON within its limits") from error
        self._guarded(socket.acknowledged, head.id, args)

    # Attachments

    def _begin_assembly(self, head: Head, packet: str) -> None:
        limits = self.sio.limits
        if head.attachments > limits.max_attachments:
            raise PacketError(f"an event has at most {limits.max_attachments} attachments")
        socket = self._socket(head.namespace)
        if socket is None:
            self._skips_binary = True
            return
        try:
            args = decode_arguments(packet[head.at :], names_event=head.kind == BINARY_EVENT)
        except VivavoceError as error:
            self._skips_binary = True
            self._refuse(socket, error, head.id if head.kind == BINARY_EVENT else "")
            return
        assembly = _Assembly(head, args, len(packet))
        if head.attachments:
            self._assembly = assembly
        else:
            self._finish_assembly(assembly)

    def _finish_assembly(self, assembly: _Assembly) -> None:
        args = put_attachments(assembly.args, assembly.attachments)
        head = assembly.head
        socket = self._socket(head.namespace)
        if socket is None:
            return
        if head.kind == BINARY_EVENT:
            self._deliver(socket, args, head.id)
        else:
            self._guarded(socket.acknowledged, head.id, args)

    def _drop_assembly(self, error: VivavoceError) -> None:
        assembly, self._assembly = self._assembly, None
        self._skips_binary = True
        if assembly is not None:
            socket = self._socket(assembly.head.namespace)
            if socket is not None:
                self._refuse(socket, error, assembly.head.id if assembly.head.kind == BINARY_EVENT else "")

    def _guarded(self, call: Any, *args: Any) -> None:
        """A door's failure is the door's: it is logged, and the connection goes on."""
        try:
            call(*args)
        except Exception:
            self.server.gateway.stats.errors_count += 1
            logger.exception("a namespace failed")
