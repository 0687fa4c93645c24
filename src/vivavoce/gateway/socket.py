"""One WebSocket connection as an `asyncio.Protocol`: no task, no queue and no timer of its own.

A whole small masked frame is read without a parser, and what is sent to one client in one tick of the loop leaves
in one write (at most about 64 KiB at a time); only the first answer given while a message is being taken goes out at
once. The parser and the queue exist only while something is half-read or waiting.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from uuid_utils import uuid7

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.frames import (
    Close,
    CloseCode,
    Event,
    FrameError,
    FrameParser,
    Ping,
    Pong,
    binary_frame,
    close_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.masking import apply_mask
from vivavoce.gateway.send_queue import SendQueue

if TYPE_CHECKING:
    from vivavoce.gateway.gateway import Gateway, GatewayStats

logger = logging.getLogger(__name__)

# The states of a socket, as bits. The fast paths test for "none" and "at most _FULL".
_FULL: Final = 1  # the transport's buffer is full: what is sent waits in the queue
_HELD: Final = 2  # the door asked to stop reading
_THROTTLED: Final = 4  # the gateway stopped reading until its next tick
_CLOSING: Final = 8  # a close frame was sent; nothing more will be
_DEAF: Final = 16  # what comes in is thrown away: the transport was broken or the close is complete
_LOST: Final = 32  # the transport is gone
_TOLD: Final = 64  # the door knows that it is over
_ANSWERING: Final = 128  # the door is taking a message that came alone: its answer need not wait for others
_NOT_READING: Final = _HELD | _THROTTLED | _DEAF | _LOST
_NOT_SENDING: Final = _CLOSING | _LOST
_NOT_WRITABLE: Final = _FULL | _NOT_SENDING

_REFUSAL_COST: Final = 10  # frames of budget that one refused message uses up
_LINGER_S: Final = 2.0  # time for a peer that broke the rules to read why
_LINGER_READS: Final = 64
_GATHERED_BYTES: Final = 64 << 10
_PING: Final = ping_frame()
_TEXT_HEAD: Final = 0x81


class WebSocket(asyncio.Protocol):
    """A connected client, as a door sees it. Use it on the event loop only."""

    __slots__ = (
        "_authenticated",
        "_binary_free_at",
        "_bucket",
        "_ending",
        "_endpoint",
        "_fd",
        "_gateway",
        "_gathered",
        "_gathered_size",
        "_id",
        "_message_free_at",
        "_parser",
        "_queue",
        "_status",
        "_transport",
        "_work",
        "_work_tick",
        "handshake",
        "last_frame_at",
        "state",
    )

    def __init__(
        self, transport: asyncio.Transport, gateway: Gateway, endpoint: Endpoint, handshake: Handshake
    ) -> None:
        self._transport = transport
        self._fd = _descriptor(transport)
        self._gateway = gateway
        self._endpoint = endpoint
        self.handshake = handshake
        self.state: Any = None
        """Free for the door."""
        self.last_frame_at: float = monotonic()
        """When bytes last came in, on the monotonic clock, in seconds."""
        self._id: str | None = None
        self._status = 0
        self._authenticated = False
        self._parser: FrameParser | None = None
        self._queue: SendQueue | None = None
        self._gathered: list[bytes] | None = None
        self._gathered_size = 0
        self._ending: tuple[int, str] | None = None
        self._bucket: set[WebSocket] | None = None
        self._message_free_at = 0.0
        self._binary_free_at = 0.0
        self._work = 0
        self._work_tick = 0

    # What doors use

    @property
    def id(self) -> str:
        """A UUIDv7, made when it is first asked for."""
        if self._id is None:
            self._id = str(uuid7())
        return self._id

    @property
    def endpoint(self) -> Endpoint:
        return self._endpoint

    @property
    def closed(self) -> bool:
        """Whether nothing more can be sent: closed, being closed, or cut."""
        return self._status & _NOT_SENDING != 0

    @property
    def authenticated(self) -> bool:
        """Whether the door knows who this is; until then the time for that is running."""
        return self._authenticated

    @authenticated.setter
    def authenticated(self, known: bool) -> None:
        self._authenticated = known
        if known and not self.closed:
            self._gateway.deadlines.pop(self, None)

    @property
    def buffered(self) -> int:
        """Bytes that wait beyond what the kernel has taken."""
        if self._status & _LOST:
            return 0
        waiting = self._gathered_size if self._queue is None else self._queue.size
        return waiting + self._transport.get_write_buffer_size()

    @property
    def writable(self) -> bool:
        """Whether what is sent now goes to the kernel; where not, `drained` tells when it does again."""
        return self._status & _NOT_WRITABLE == 0

    def send(self, data: str | bytes, *, ephemeral: bool = False) -> None:
        """Send a text (`str`) or binary (`bytes`) message. Never waits; without effect on a closed socket.

        A client that lets too much pile up is cut with 4008; `ephemeral` messages are dropped before that.
        """
        self.send_frame(text_frame(data) if isinstance(data, str) else binary_frame(data), ephemeral)

    def send_frame(self, frame: bytes, ephemeral: bool = False) -> None:
        """Like `send`, of a complete frame built once for many receivers."""
        status = self._status
        if status & _NOT_WRITABLE:
            self._send_later(frame, ephemeral)
            return
        gateway = self._gateway
        size = len(frame)
        stats = gateway.stats
        stats.messages_sent += 1
        stats.bytes_sent += size
        gathered = self._gathered
        if gathered is not None:
            gathered.append(frame)
            self._gathered_size += size
            if self._gathered_size > _GATHERED_BYTES:
                self.flush()
        elif status & _ANSWERING or size > _GATHERED_BYTES:
            self._status = status & ~_ANSWERING
            self._write(frame)
        else:
            self._gathered = [frame]
            self._gathered_size = size
            unflushed = gateway.unflushed
            if not unflushed:
                gateway.loop.call_soon(gateway.flush)
            unflushed.append(self)

    def answer_with_others(self) -> None:
        """What is sent in answer to the message that is being taken leaves at the end of the tick."""
        self._status &= ~_ANSWERING

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Close after what is waiting has been sent. `closed` of the door is called when the connection is over."""
        if self._status & _NOT_SENDING:
            return
        self._begin_closing(code, reason)

    def pause_reading(self) -> None:
        """Take no further message from this client until `resume_reading`."""
        if not self._status & (_HELD | _LOST | _DEAF):
            self._status |= _HELD
            if not self._status & _THROTTLED:
                self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading; messages that were already here come first, on the next tick of the loop."""
        if self._status & _HELD:
            self._status &= ~_HELD
            self._resume()

    # The transport's calls

    def data_received(self, data: bytes) -> None:
        now = self.last_frame_at = monotonic()
        size = len(data)
        gateway = self._gateway
        gateway.stats.bytes_received += size
        # The usual case by far: one small masked text frame, whole and alone.
        if self._parser is None and self._status <= _FULL and 6 < size <= self._endpoint.max_message:
            length = data[1]
            if data[0] != _TEXT_HEAD:
                payload = None
            elif length == 254:
                whole = size > 133 and size == 8 + (data[2] << 8 | data[3])
                payload = apply_mask(data[8:], data[4:8]) if whole else None
            else:
                payload = apply_mask(data[6:], data[2:6]) if size == length - 122 and length != 255 else None
            if payload is not None:
                try:
                    text = payload.decode()
                except UnicodeDecodeError:
                    self._fail(CloseCode.INVALID_DATA, "text is not UTF-8")
                    return
                self._status |= _ANSWERING
                self._take_message(text, now)
                self._status &= ~_ANSWERING
                return
        self._parse(data)

    def eof_received(self) -> None:
        """A client that stops sending without a close frame is gone; returning None closes the transport."""

    def pause_writing(self) -> None:
        self._status |= _FULL

    def resume_writing(self) -> None:
        self._status &= ~_FULL
        queue = self._queue
        if queue is not None:
            stats = self._gateway.stats
            while queue and not self._status & _FULL:
                frame = queue.pop()
                self._transport.write(frame)
                stats.messages_sent += 1
                stats.bytes_sent += len(frame)
            if queue:
                return
            self._queue = None
        if not self._status & _NOT_WRITABLE:
            self._guarded(self._endpoint.drained)

    def connection_lost(self, exc: Exception | None) -> None:
        self._status |= _LOST | _DEAF
        self._fd = -1
        self._parser = None
        self._queue = None
        self._gathered = None
        self._gateway.forget(self)
        self._tell_closed()

    # The gateway's calls

    def accept_with(self, acceptance: bytes) -> None:
        """The answer to the handshake: it leaves in one write with what the door says first."""
        if acceptance:
            self._gathered = [acceptance]
            self._gathered_size = len(acceptance)

    def begin(self, early: bytes) -> None:
        """The transport is ours: tell the door, then read what came along with the handshake."""
        try:
            self._endpoint.opened(self)
        except Exception:
            self._report_failure()
            self._begin_closing(CloseCode.INTERNAL_ERROR, "internal error")
            return
        self.flush()
        if early and not self._status & _LOST:
            self.data_received(early)

    def flush(self) -> None:
        """Hand over what was gathered in this tick."""
        gathered = self._gathered
        if gathered is not None:
            self._gathered = None
            self._gathered_size = 0
            self._write(gathered[0] if len(gathered) == 1 else b"".join(gathered))

    def beat(self, now: float, idle_timeout_s: float) -> None:
        """The gateway's sweep passes: drop a client that has fallen silent, send the others a heartbeat."""
        if self._status & _NOT_SENDING:
            return
        if now - self.last_frame_at > idle_timeout_s:
            self._begin_closing(CloseCode.GOING_AWAY, "no frame for too long")
        elif not self._guarded(self._endpoint.heartbeat):
            self._send_control(_PING)

    def expire(self) -> None:
        """The deadline of this socket has passed: for closing, or for saying who is there."""
        if self._status & _NOT_SENDING:
            if not self._status & _LOST:
                self._transport.abort()
        elif not self._authenticated:
            self.turn_away(
                VivavoceError("unauthorized", "nobody signed in within the time for that", reason="not_signed_in"),
                CloseCode.UNAUTHORIZED,
            )

    def turn_away(self, error: VivavoceError, code: CloseCode) -> None:
        """Tell the client why, in the door's words, and close."""
        self._tell_refused(error)
        self.close(code, error.code)

    def end_throttling(self) -> None:
        """A new tick: read on."""
        if self._status & _THROTTLED:
            self._status &= ~_THROTTLED
            self._resume()

    def turn_away_unopened(self, error: VivavoceError, code: CloseCode) -> None:
        """Like `turn_away`, for a socket its door will never hear of again."""
        self._status |= _TOLD
        self.turn_away(error, code)

    def enter_bucket(self, bucket: set[WebSocket]) -> None:
        """Join the sockets that the sweep visits together."""
        self._bucket = bucket
        bucket.add(self)

    def leave_bucket(self) -> None:
        if self._bucket is not None:
            self._bucket.discard(self)

    def abort(self) -> None:
        """Break off at once, without a close frame."""
        if not self._status & _LOST:
            self._transport.abort()

    # Reading

    def _parse(self, data: bytes) -> None:
        if self._status & (_DEAF | _LOST):
            self._ignore()
            return
        parser = self._parser
        if parser is None:
            parser = self._parser = FrameParser(
                max_message=self._endpoint.max_message, max_transport=self._gateway.limits.max_transport_message
            )
        parser.feed(data)
        if not self._status & _NOT_READING:
            self._take_events(parser)

    def _take_events(self, parser: FrameParser) -> None:
        now = self.last_frame_at
        limit = self._gateway.frames_per_tick
        begun = parser.frames
        parser.frame_limit = begun + max(1, int(limit) - self._spent())
        try:
            while not self._status & _NOT_READING:
                event = parser.next_event()
                if event is None:
                    break
                self._handle(event, now)
        except FrameError as error:
            self._fail(error.code, error.reason)
            return
        self._work += parser.frames - begun
        if self._work >= limit:
            self._throttle()
        if parser.idle:
            self._parser = None

    def _handle(self, event: Event, now: float) -> None:
        if isinstance(event, str):
            self._take_message(event, now)
        elif isinstance(event, bytes):
            if self._endpoint.counts_binary_by_bytes:
                self._take_binary(event, now)
            else:
                self._take_message(event, now)
        elif isinstance(event, Ping):
            self._send_control(pong_frame(event.payload))
        elif isinstance(event, Close):
            self._end(event)
        elif not isinstance(event, Pong):
            limit = self._endpoint.max_message
            self._refuse(too_large(f"a message of {event.size} bytes or more; at most {limit} are taken", limit))

    def _take_message(self, data: str | bytes, now: float) -> None:
        gateway = self._gateway
        if self._status & _CLOSING:
            return
        interval = gateway.message_interval
        if interval:
            free_at = self._message_free_at
            if free_at < now:
                self._message_free_at = now + interval
            elif free_at - now > gateway.message_tolerance:
                self._refuse_rate(free_at - now - gateway.message_tolerance + interval / 2, "messages", data)
                return
            else:
                self._message_free_at = free_at + interval
        self._deliver(data)

    def _take_binary(self, data: bytes, now: float) -> None:
        rate = self._gateway.limits.binary_rate
        if self._status & _CLOSING:
            return
        if rate is not None:
            free_at = max(self._binary_free_at, now)
            cost_s = len(data) / rate.per_second
            wait_s = free_at + cost_s - now - rate.burst / rate.per_second
            if wait_s > 0:
                self._refuse_rate(wait_s, "bytes", data)
                return
            self._binary_free_at = free_at + cost_s
        self._deliver(data)

    def _deliver(self, data: str | bytes) -> None:
        """Give a message to the door; whatever it raises, the connection lives on."""
        self._gateway.stats.messages_received += 1
        try:
            self._endpoint.received(self, data)
        except VivavoceError as error:
            self._tell_refused(error)
        except Exception:
            self._report_failure()
            self._tell_refused(VivavoceError("internal"))

    def _refuse_rate(self, wait_s: float, unit: str, data: str | bytes) -> None:
        rate = self._gateway.limits.message_rate if unit == "messages" else self._gateway.limits.binary_rate
        limit = 0 if rate is None else rate.per_second
        self._refuse(
            VivavoceError(
                "rate_limited",
                f"more than {limit:g} {unit} a second",
                info={"limit": limit, "retry_after": max(0.001, round(wait_s, 3))},
            ),
            data,
        )

    def _refuse(self, error: VivavoceError, data: str | bytes | None = None) -> None:
        """Tell the client; one that is refused all the time is read more slowly, so that its flood costs little."""
        self._work = self._spent() + _REFUSAL_COST
        self._tell_refused(error, data)
        if self._work >= self._gateway.frames_per_tick:
            self._throttle()

    def _spent(self) -> int:
        """The frames of this tick's budget that are used up."""
        tick = self._gateway.tick
        if self._work_tick != tick:
            self._work_tick = tick
            self._work = 0
        return self._work

    def _throttle(self) -> None:
        if not self._status & (_THROTTLED | _DEAF | _LOST):
            if not self._status & _HELD:
                self._transport.pause_reading()
            self._status |= _THROTTLED
            self._gateway.throttled.append(self)

    def _resume(self) -> None:
        """Read on where nothing forbids it any more; what was fed already is taken on the next tick of the loop."""
        if not self._status & _NOT_READING:
            self._transport.resume_reading()
            if self._parser is not None:
                self._gateway.loop.call_soon(self._take_held)

    def _take_held(self) -> None:
        if self._parser is not None and not self._status & _NOT_READING:
            self._take_events(self._parser)

    def _ignore(self) -> None:
        self._work += 1
        if self._work > _LINGER_READS and not self._status & _LOST:
            self._transport.abort()

    # Sending

    def _send_later(self, frame: bytes, ephemeral: bool) -> None:
        if self._status & _NOT_SENDING:
            return
        if self._queue is None:
            self._queue = SendQueue()
        limits = self._gateway.limits
        if not self._queue.put(frame, ephemeral, limits.max_waiting_bytes, limits.max_waiting_messages):
            self._cut()

    def _send_control(self, frame: bytes) -> None:
        """Pings and pongs: not worth a place in the queue of a client that does not read."""
        if not self._status & _NOT_WRITABLE:
            self._write_last(frame)

    def _write(self, data: bytes) -> None:
        """Hand bytes to the kernel, without the event loop where nothing waits there; what is not taken is the loop's.

        The descriptor is ours as long as the transport is: it is closed after `connection_lost` at the earliest.
        """
        fd = self._fd
        if fd >= 0 and not self._transport.get_write_buffer_size():
            try:
                taken = os.write(fd, data)
            except OSError:  # full, or broken: the transport finds that out too, and knows what to do
                taken = 0
            if taken == len(data):
                return
            data = data[taken:]
        self._transport.write(data)

    def _write_last(self, frame: bytes) -> None:
        """Write behind everything that was gathered."""
        self.flush()
        self._transport.write(frame)

    def _cut(self) -> None:
        """Slow consumer: what waits is thrown away, so that the close frame is the next thing it reads (SPEC 0.7)."""
        stats = self._gateway.stats
        stats.slow_consumers += 1
        stats.errors_count += 1
        self._queue = None
        self._begin_closing(CloseCode.SLOW_CONSUMER, "too much is waiting: reconnect and resume")
        # Not from inside `send`: the door may be walking over its sockets.
        self._gateway.loop.call_soon(self._tell_closed)

    # Ending

    def _begin_closing(self, code: int, reason: str) -> None:
        self._ending = (code, reason)
        frame = close_frame(code, reason)
        if self._queue:
            self._queue.append(frame)
        else:
            self._write_last(frame)
        self._status |= _CLOSING
        self._gateway.expire_after(self, self._gateway.limits.closing_timeout_s)
        # The peer's answer is to be read; messages before it are not taken any more.
        self.resume_reading()

    def _end(self, close: Close) -> None:
        """The peer's close frame: answer it if it is the first one; the server closes the connection."""
        if not self._status & _CLOSING:
            self._ending = (close.code, close.reason)
            self._queue = None
            self._write_last(close_frame(close.code))
        self._status |= _CLOSING | _DEAF
        self._gateway.expire_after(self, self._gateway.limits.closing_timeout_s)
        self._transport.close()

    def _fail(self, code: CloseCode, reason: str) -> None:
        """The peer broke the transport: say which rule, then listen to nothing more."""
        self._gateway.stats.errors_count += 1
        self._parser = None
        if self._status & _CLOSING:
            self._status |= _DEAF
            self._transport.close()
            return
        self._ending = (code, reason)
        self._queue = None
        self._write_last(close_frame(code, reason))
        self._status |= _CLOSING | _DEAF
        self._work = 0
        self._gateway.expire_after(self, _LINGER_S)
        # Closing a socket that still receives makes the kernel send a reset, which can overtake the close frame.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _tell_closed(self) -> None:
        if self._status & _TOLD:
            return
        self._status |= _TOLD
        code, reason = self._ending or (CloseCode.ABNORMAL, "")
        try:
            self._endpoint.closed(self, code, reason)
        except Exception:
            self._report_failure()

    def _tell_refused(self, error: VivavoceError, data: str | bytes | None = None) -> None:
        self._gateway.stats.errors_count += 1
        try:
            if data is None:
                self._endpoint.refused(self, error)
            else:
                self._endpoint.refused_message(self, error, data)
        except Exception:
            self._report_failure()

    def _guarded(self, call: Any) -> bool:
        try:
            return bool(call(self))
        except Exception:
            self._report_failure()
            return False

    def _report_failure(self) -> None:
        self._gateway.stats.errors_count += 1
        logger.exception("a door failed", extra={"path": self.handshake.path})


def _descriptor(transport: asyncio.BaseTransport) -> int:
    """The descriptor that bytes may be written to directly: that of a plain connection; -1 where there is none."""
    socket = transport.get_extra_info("socket")
    if socket is None or transport.get_extra_info("sslcontext") is not None:
        return -1
    return int(socket.fileno())


def broadcast(sockets: Iterable[WebSocket], frame: bytes, *, ephemeral: bool = False) -> None:
    """Send one prebuilt frame to many; nobody waits for anybody."""
    size = len(frame)
    room = _GATHERED_BYTES - size
    stats: GatewayStats | None = None
    count = 0
    for socket in sockets:
        gathered = socket._gathered
        # As `send_frame` does where more was sent in this tick already, without the call: with many broadcasts a tick
        # this is nearly every message there is.
        if gathered is not None and socket._gathered_size <= room and not socket._status & _NOT_WRITABLE:
            gathered.append(frame)
            socket._gathered_size += size
            stats = socket._gateway.stats
            count += 1
        else:
            socket.send_frame(frame, ephemeral)
    if stats is not None:
        stats.messages_sent += count
        stats.bytes_sent += count * size
