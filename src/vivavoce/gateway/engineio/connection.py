"""One Engine.IO connection, whichever transport carries it. Subclass it: what it carries is up to the subclass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.gateway.engineio.packets import (
    CLOSE,
    NOOP,
    PING,
    PING_FRAME,
    PONG,
    PROBE,
    PROBE_ANSWER,
    UPGRADE,
    PacketError,
    Problem,
    check_text,
    decode_payload,
    encode_binary,
    to_frames,
)
from vivavoce.gateway.engineio.polling import Exchange, Polling
from vivavoce.gateway.frames import CloseCode, binary_frame, text_frame

if TYPE_CHECKING:
    from vivavoce.gateway.engineio.server import EngineIOServer
    from vivavoce.gateway.gateway import Gateway
    from vivavoce.gateway.handshake import Handshake
    from vivavoce.gateway.socket import WebSocket

TRANSPORT_CLOSE: Final = "transport close"
PING_TIMEOUT: Final = "ping timeout"
PARSE_ERROR: Final = "parse error"
SERVER_CLOSE: Final = "forced close"
SLOW_CONSUMER: Final = "slow consumer"
_MESSAGE: Final = "4"
_PONG: Final = PONG.decode()


class EngineConnection:
    """Packets in and out, a heartbeat, and one end. What it carries is for a subclass, by the methods `on_…`.

    Every call happens on the event loop.
    """

    __slots__ = ("_bucket", "_polling", "handshake", "server", "sid", "ws")

    def __init__(self, server: EngineIOServer[Any], sid: str, handshake: Handshake) -> None:
        self.server = server
        self.sid = sid
        self.handshake = handshake
        """The request that opened it."""
        self.ws: WebSocket | None = None
        """The transport, where it is a WebSocket."""
        self._polling: Polling | None = None
        self._bucket: set[Any] | None = None

    # For the subclass

    def on_open(self) -> None:
        """The greeting was sent."""

    def on_text(self, packet: str) -> None:
        """A message, with its type in front (`4…`). A PacketError raised here ends the connection."""

    def on_binary(self, data: bytes) -> None:
        """A binary message. A PacketError raised here ends the connection."""

    def on_refused(self, error: VivavoceError, packet: str | bytes | None) -> None:
        """A message was not taken (`rate_limited`, `too_large`), or the connection is about to be closed
        (`unauthorized` after the time to sign in): tell the client. `packet` is the message where it is known."""

    def on_drained(self) -> None:
        """The client has caught up: `writable` is true again."""

    def on_close(self, reason: str) -> None:
        """It is over; called once. Nothing can be sent any more."""

    # State

    @property
    def transport(self) -> str:
        """`websocket` or `polling`."""
        return "polling" if self._polling is not None else "websocket"

    @property
    def closed(self) -> bool:
        return self._bucket is None

    @property
    def buffered(self) -> int:
        """Bytes that wait for the client."""
        if self.ws is not None:
            return self.ws.buffered
        return 0 if self._polling is None else self._polling.size

    @property
    def writable(self) -> bool:
        """Whether the client keeps up; where not, `on_drained` tells when it does again."""
        if self.ws is not None:
            return self.ws.writable
        return self._polling is not None and self._polling.writable

    # Sending

    def send_text(self, packet: bytes, *, ephemeral: bool = False) -> None:
        """Send a packet of UTF-8, its type in front (`4…`). Never waits; a client that does not read is cut."""
        if self.ws is not None:
            self.ws.send_frame(text_frame(packet), ephemeral=ephemeral)
        else:
            self.queue(packet, ephemeral)

    def send_binary(self, data: bytes) -> None:
        """Send a binary message."""
        if self.ws is not None:
            self.ws.send_frame(binary_frame(data))
        else:
            self.queue(encode_binary(data), False)

    def queue(self, payload: bytes, ephemeral: bool) -> None:
        """Send packets in the form they have on polling; without effect where polling is not the transport."""
        polling = self._polling
        if polling is None or polling.closing:
            return
        gateway = self.server.gateway
        most = (gateway.limits.max_waiting_bytes, gateway.limits.max_waiting_messages)
        gateway.stats.messages_sent += 1
        gateway.stats.bytes_sent += len(payload)
        if polling.put(payload, ephemeral, *most):
            return
        # With a poll at hand it is not the client who is slow: much was sent within one tick.
        if not (polling.flush() and polling.put(payload, ephemeral, *most)):
            gateway.stats.slow_consumers += 1
            gateway.stats.errors_count += 1
            self._end(SLOW_CONSUMER)

    def close(self, reason: str = SERVER_CLOSE, code: int = CloseCode.NORMAL) -> None:
        """End it after what is waiting has been sent."""
        ws, polling = self.ws, self._polling
        self._end(reason, keep_polling=True)
        if ws is not None:
            ws.close(code, reason)
        elif polling is not None and not polling.closing:
            if polling.close():
                self.server.forget_sid(self)
            else:
                gateway = self.server.gateway
                gateway.expire_after(self, gateway.limits.closing_timeout_s)

    # The server's calls

    def open_on_websocket(self, ws: WebSocket, bucket: set[Any], greeting: bytes) -> None:
        """The WebSocket is the first transport."""
        self.ws = ws
        self._bucket = bucket
        ws.send_frame(text_frame(greeting))
        self.on_open()

    def open_on_polling(self, polling: Polling, bucket: set[Any], exchange: Exchange, greeting: bytes) -> None:
        """Polling is the first transport; `exchange` is the request that opens the connection."""
        self._polling = polling
        self._bucket = bucket
        exchange.answer(200, greeting)
        self.on_open()

    def beat(self) -> None:
        """Ask for a sign of life."""
        ws = self.ws
        if ws is not None:
            if ws.writable:
                ws.send_frame(PING_FRAME)
        else:
            self.queue(PING, False)

    def judge(self, asked_at: float) -> None:
        """A time-out ago the client was asked for a sign of life: end the connection if there was none since."""
        ws, polling = self.ws, self._polling
        last = ws.last_frame_at if ws is not None else polling.last_pong_at if polling is not None else asked_at
        if last < asked_at:
            self.time_out()

    def is_overdue(self, now: float) -> bool:
        """Whether a polling client has let its time for a sign of life pass, to the instant."""
        limits = self.server.limits
        polling = self._polling
        return polling is not None and now - polling.last_pong_at >= limits.ping_interval_s + limits.ping_timeout_s

    def time_out(self) -> None:
        self._break_off(PING_TIMEOUT, CloseCode.GOING_AWAY)

    def expire(self) -> None:
        """The deadline of the connection has passed: for saying who is there, or for fetching the last packets."""
        if self.closed:
            self.server.forget_sid(self)
            return
        error = VivavoceError("unauthorized", "nobody signed in within the time for that", reason="not_signed_in")
        self.on_refused(error, None)
        self.close(error.code, CloseCode.UNAUTHORIZED)

    # WebSocket

    def take(self, packet: str | bytes) -> None:
        """A message of the WebSocket that is the transport."""
        try:
            if not isinstance(packet, str):
                self.on_binary(packet)
            elif packet[:1] == _MESSAGE:
                self.on_text(packet)
            else:
                self._control(packet)
        except PacketError:
            self._break_off(PARSE_ERROR, CloseCode.PROTOCOL_ERROR)

    def websocket_closed(self, code: int) -> None:
        self.ws = None
        self._end(SLOW_CONSUMER if code == CloseCode.SLOW_CONSUMER else TRANSPORT_CLOSE)

    def _control(self, packet: str) -> None:
        check_text(packet)
        kind = packet[0]
        if kind == "1":
            self._break_off(TRANSPORT_CLOSE, CloseCode.NORMAL)
        elif kind == "2":
            raise PacketError("the server sends the pings")

    # Polling

    @property
    def polling(self) -> Polling | None:
        """What is kept for the polling transport while it is the transport."""
        return self._polling

    def drop_polling(self) -> None:
        """The last packets were fetched, or will not be."""
        self._polling = None

    def poll(self, exchange: Exchange) -> None:
        """A request for packets; a second one at a time ends the connection."""
        polling = self._polling
        if polling is None:
            return
        if polling.waiting is not None:
            self._end(TRANSPORT_CLOSE)
            polling.release(CLOSE)
            exchange.refuse(Problem.BAD_REQUEST)
            return
        emptied = polling.poll(exchange)
        if polling.closing:
            self.server.forget_sid(self)
        elif emptied:
            self.on_drained()

    def flush(self) -> None:
        """What was sent in this tick goes out with the poll that waits."""
        if self._polling is not None and self._polling.flush():
            self.on_drained()

    def posted(self, body: bytes, now: float) -> bool:
        """The body of a request with packets; False where it broke the protocol or the connection is over."""
        polling = self._polling
        if polling is None or polling.closing:
            return False
        polling.posting = False
        try:
            for packet in decode_payload(body, self.server.limits.max_packets_per_payload):
                if self._polling is None or polling.closing:  # by the packet before
                    return True
                self._take_polled(polling, packet, now)
        except PacketError:
            self._end(PARSE_ERROR)
            polling.release(NOOP)
            return False
        return True

    def polling_broken(self) -> None:
        """A request was cut off: what it carried is lost, and the client knows."""
        self._end(TRANSPORT_CLOSE)

    def _take_polled(self, polling: Polling, packet: str | bytes, now: float) -> None:
        if isinstance(packet, bytes):
            if self._may_take_bytes(polling, packet, now):
                self.on_binary(packet)
        elif packet[0] == _MESSAGE:
            if self._may_take_message(polling, packet, now):
                self.on_text(packet)
        elif packet == _PONG:
            polling.last_pong_at = now
        elif packet[0] == "1":
            self._left(polling)
        elif packet[0] == "2":
            raise PacketError("the server sends the pings")

    def _left(self, polling: Polling) -> None:
        """The client has ended it. Its poll, be it held or overtaken by this request on the way, ends in peace."""
        held = polling.waiting is not None
        self._end(TRANSPORT_CLOSE, keep_polling=True)
        polling.close()
        if held:
            self.server.forget_sid(self)
        else:
            self.server.gateway.expire_after(self, self.server.gateway.limits.closing_timeout_s)

    def _may_take_message(self, polling: Polling, packet: str, now: float) -> bool:
        gateway = self.server.gateway
        gateway.stats.messages_received += 1
        interval = gateway.message_interval
        free_at = max(polling.message_free_at, now)
        if interval and free_at - now > gateway.message_tolerance:
            self.on_refused(_too_many(gateway, "messages", free_at - now - gateway.message_tolerance), packet)
            return False
        polling.message_free_at = free_at + interval
        return True

    def _may_take_bytes(self, polling: Polling, data: bytes, now: float) -> bool:
        gateway = self.server.gateway
        gateway.stats.messages_received += 1
        rate = gateway.limits.binary_rate
        limit = self.server.limits.max_payload
        if len(data) > limit:
            self.on_refused(too_large(f"a message is at most {limit} bytes", limit), data)
            return False
        if rate is None:
            return True
        free_at = max(polling.binary_free_at, now) + len(data) / rate.per_second
        wait_s = free_at - now - rate.burst / rate.per_second
        if wait_s > 0:
            self.on_refused(_too_many(gateway, "bytes", wait_s), data)
            return False
        polling.binary_free_at = free_at
        return True

    # From polling to WebSocket

    def probed(self) -> None:
        """The WebSocket works."""
        if self._polling is not None:
            self._polling.begin_probe()

    def probe_failed(self) -> None:
        if self._polling is not None:
            self._polling.end_probe()

    def upgraded(self, ws: WebSocket) -> None:
        """The client has moved over: so does what waits for it."""
        polling = self._polling
        if polling is None:
            return
        self._polling = None
        self.ws = ws
        ws.state = self
        polling.release(NOOP)
        payload = polling.take()
        if payload:
            ws.send_frame(to_frames(payload))
        self.server.upgraded(self)
        self.on_drained()

    # Ends

    def _break_off(self, reason: str, code: int) -> None:
        """End it now: what waits on polling is of no use any more."""
        ws, polling = self.ws, self._polling
        self._end(reason)
        if ws is not None:
            ws.close(code, reason)
        if polling is not None:
            polling.close()

    def _end(self, reason: str, *, keep_polling: bool = False) -> None:
        """Out of the server's books, and told, once; `keep_polling` until the last packets were fetched."""
        if self._bucket is None:
            return
        self.server.forget(self, self._bucket, keep_sid=keep_polling and self._polling is not None)
        self._bucket = None
        try:
            self.on_close(reason)
        finally:
            self.ws = None
            if not keep_polling:
                self._polling = None


class Probe:
    """A WebSocket that wants to take over from polling."""

    __slots__ = ("_connection", "_ws")

    def __init__(self, connection: EngineConnection, ws: WebSocket) -> None:
        self._connection: EngineConnection = connection
        self._ws = ws

    @property
    def connection(self) -> EngineConnection:
        return self._connection

    def take(self, packet: str | bytes) -> None:
        """The WebSocket has to show that it works, then the client has to say that it moves over."""
        polling = self._connection.polling
        if polling is None or polling.closing:
            self._ws.close(CloseCode.NORMAL, TRANSPORT_CLOSE)
        elif packet == PROBE and not polling.probed:
            self._ws.send(PROBE_ANSWER)
            self._connection.probed()
        elif packet == UPGRADE and polling.probed:
            self._connection.server.end_probe(self)
            self._connection.upgraded(self._ws)
        else:
            self._ws.close(CloseCode.PROTOCOL_ERROR, PARSE_ERROR)

    def expire(self) -> None:
        """The upgrade took too long; polling goes on."""
        self._ws.close(CloseCode.NORMAL, "upgrade timeout")


def _too_many(gateway: Gateway, unit: str, wait_s: float) -> VivavoceError:
    rate = gateway.limits.message_rate if unit == "messages" else gateway.limits.binary_rate
    limit = 0 if rate is None else rate.per_second
    info = {"limit": limit, "retry_after": max(0.001, round(wait_s, 3))}
    return VivavoceError("rate_limited", f"more than {limit:g} {unit} a second", info=info)
