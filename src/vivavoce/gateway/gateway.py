"""All sockets of the process: who is let in, and the one sweep that looks after everybody."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.addresses import NO_PROXIES, TrustedProxies, is_loopback_address
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.frames import CloseCode
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.http_door import HttpDoor
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.socket import WebSocket

# Short, so that the heartbeats of many sockets are spread over many ticks and none of them takes long.
_LONGEST_TICK_S: Final = 0.1
_TICKS_PER_TIMEOUT: Final = 4
_RETRY_AFTER_S: Final = 5


class Expiring(Protocol):
    """Something with a deadline."""

    def expire(self) -> None: ...


class Swept(Protocol):
    """A part of the gateway that keeps connections of its own beside the sockets."""

    def sweep(self, now: float) -> None:
        """A tick has passed; `now` is the monotonic clock in seconds."""
        ...

    def stop(self) -> None:
        """The gateway stops: end what is no socket."""
        ...


class Pending(Expiring, Protocol):
    """A connection that has not yet said what it wants."""

    def give_way(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer to a handshake that opens nothing: the HTTP status, the error for the body, further headers.

    `body` is for clients that know another shape than the system's own.
    """

    status: int
    error: VivavoceError
    headers: Sequence[tuple[str, str]] = ()
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Gives the endpoint for a handshake, a refusal, or None where another route may know the path."""

    match: Callable[[Handshake], Endpoint | Refusal | None]


@dataclass(slots=True)
class GatewayStats:
    """Plain counters since the start; messages are application messages, pings and pongs are not counted."""

    started_at: float = field(default_factory=time.time)
    """Epoch seconds."""
    total_connections: int = 0
    active_connections: int = 0
    messages_sent: int = 0
    messages_received: int = 0
    bytes_sent: int = 0
    """Bytes of message frames handed to the transport."""
    bytes_received: int = 0
    errors_count: int = 0
    """Refused messages, broken transports, cut clients, failures of a door."""
    slow_consumers: int = 0
    refused_handshakes: int = 0

    @property
    def uptime_seconds(self) -> float:
        return max(0.0, time.time() - self.started_at)


def plain_message(error: VivavoceError, accept_language: str) -> str:
    """The message of a refusal where no catalogue was given: its particulars, in English."""
    del accept_language
    return error.details or error.code.replace("_", " ")


class _Wheel:
    """The sockets that share one heartbeat, spread over as many buckets as it has ticks; one is due each tick.

    A new socket goes into one of the last quarter that had their turn, so that its first heartbeat is nearly a whole
    period away and those that came together do not stay together.
    """

    __slots__ = ("_back", "_buckets", "_turn")

    def __init__(self, period_s: float, tick_s: float) -> None:
        self._buckets: list[set[WebSocket]] = [set() for _ in range(max(1, round(period_s / tick_s)))]
        self._turn = 0
        self._back = itertools.cycle(range(max(1, len(self._buckets) // 4)))

    def place(self) -> set[WebSocket]:
        return self._buckets[self._turn - next(self._back)]

    def due(self) -> list[WebSocket]:
        self._turn = (self._turn + 1) % len(self._buckets)
        return list(self._buckets[self._turn])

    def __iter__(self) -> Iterator[WebSocket]:
        return itertools.chain.from_iterable(self._buckets)


class Gateway:
    """Admits handshakes, counts, and sweeps: heartbeats, silence, deadlines, throttled floods.

    Call `start` on the running loop before the first connection and `stop` at the end.
    """

    def __init__(
        self,
        limits: GatewayLimits,
        routes: Sequence[Route],
        policy: OriginPolicy,
        *,
        trusted_proxies: TrustedProxies = NO_PROXIES,
        describe: Callable[[VivavoceError, str], str] = plain_message,
    ) -> None:
        """`describe` gives the sentence for a person: of an error, in the language of an `Accept-Language`."""
        self.limits = limits
        self.routes = list(routes)
        self.policy = policy
        self.trusted_proxies = trusted_proxies
        self.stats = GatewayStats()
        self.deadlines: dict[Expiring, float] = {}
        self.http_doors: list[HttpDoor] = []
        """Paths that are answered beside the application; the first that serves a path takes its connection."""
        self._swept: list[Swept] = []
        self._pending: dict[Pending, None] = {}
        self.throttled: list[WebSocket] = []
        self.unflushed: list[WebSocket] = []
        self.tick = 0
        rate = limits.message_rate
        self.message_interval: float = 0.0 if rate is None else 1 / rate.per_second
        # Half a message more than exact, so that rounding never takes one from the burst.
        self.message_tolerance: float = 0.0 if rate is None else (rate.burst - 0.5) / rate.per_second
        self.loop: asyncio.AbstractEventLoop
        self._describe = describe
        self._wheels: dict[float, _Wheel] = {}
        self._by_address: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tick_s = self._shortest_tick()
        self.frames_per_tick = 0.0
        self._stopping = False
        self._gone: asyncio.Event | None = None

    # Admission

    def admit(self, handshake: Handshake) -> Endpoint | Refusal:
        """The endpoint for a valid handshake, or why not: 503 where full or stopping, 403 by origin, 404 by path."""
        if self._stopping or self.stats.active_connections >= self.limits.max_connections:
            return Refusal(503, self._full(), [("Retry-After", str(_RETRY_AFTER_S))])
        if not self.policy.allows(handshake.origin):
            return Refusal(403, VivavoceError("forbidden", "this origin may not connect", reason="origin_not_allowed"))
        for route in self.routes:
            found = route.match(handshake)
            if found is not None:
                return found
        return Refusal(404, VivavoceError("not_found", "there is no WebSocket at this path"))

    def _full(self) -> VivavoceError:
        why = "the server is restarting" if self._stopping else "the server is full"
        return VivavoceError("unavailable", why, info={"retry_after": _RETRY_AFTER_S})

    def error_body(self, error: VivavoceError, accept_language: str = "") -> Mapping[str, object]:
        """SPEC 0.4, as the body of an HTTP answer."""
        return error.shape(self._describe(error, accept_language))

    def open(
        self,
        transport: asyncio.Transport,
        handshake: Handshake,
        endpoint: Endpoint,
        early: bytes,
        acceptance: bytes = b"",
    ) -> WebSocket:
        """Take over the transport of a handshake; `early` bytes came along with it, `acceptance` answers it."""
        ws = WebSocket(transport, self, endpoint, handshake)
        ws.accept_with(acceptance)
        transport.set_protocol(ws)
        error = self._enter(handshake.client_address)
        if error is not None:
            ws.turn_away_unopened(error, CloseCode.TOO_MANY)
            return ws
        self._place(ws, endpoint)
        self.expire_after(ws, self.limits.authentication_timeout_s)
        ws.begin(early)
        return ws

    def forget(self, ws: WebSocket) -> None:
        """A socket's transport is gone."""
        self.deadlines.pop(ws, None)
        ws.leave_bucket()
        self.leave_place(ws.handshake.client_address)

    def take_place(self, address: str) -> VivavoceError | None:
        """Count a connection that is no socket among the others, or say why it may not be; see `leave_place`."""
        if self._stopping or self.stats.active_connections >= self.limits.max_connections:
            return self._full()
        error = self._enter(address)
        if error is not None:
            self.leave_place(address)
        return error

    def _enter(self, address: str) -> VivavoceError | None:
        self.stats.total_connections += 1
        self.stats.active_connections += 1
        count = self._by_address.get(address, 0) + 1
        self._by_address[address] = count
        most = self.limits.max_connections_per_address
        if 0 < most < count and not is_loopback_address(address):
            return VivavoceError(
                "rate_limited", "too many connections from this address", reason="too_many_connections"
            )
        return None

    def leave_place(self, address: str) -> None:
        """A connection from this address is over."""
        self.stats.active_connections -= 1
        count = self._by_address.get(address, 0) - 1
        if count > 0:
            self._by_address[address] = count
        else:
            self._by_address.pop(address, None)
        if self._gone is not None and not self.stats.active_connections:
            self._gone.set()

    def __iter__(self) -> Iterator[WebSocket]:
        """The live sockets, in no order; take a list of it before anything is awaited or closed."""
        return itertools.chain.from_iterable(self._wheels.values())

    # Connections whose request head has not come yet

    def await_head(self, connection: Pending) -> None:
        """Give a new connection its time; beyond the bound of such connections, the oldest one gives way."""
        if len(self._pending) >= self.limits.max_pending_handshakes:
            next(iter(self._pending)).give_way()
        self._pending[connection] = None
        self.expire_after(connection, self.limits.head_timeout_s)

    def head_came(self, connection: Pending) -> None:
        """The head is here, or the connection is gone."""
        if connection in self._pending:
            del self._pending[connection]
            self.deadlines.pop(connection, None)

    # Time

    def flush(self) -> None:
        """The end of a tick of the loop: each socket writes what was sent to it in one piece."""
        unflushed, self.unflushed = self.unflushed, []
        for ws in unflushed:
            ws.flush()

    def start(self) -> None:
        """Begin sweeping, on the running loop."""
        self.loop = asyncio.get_running_loop()
        self.frames_per_tick = max(1.0, self.limits.frames_per_second * self._tick_s)
        self._stopping = False
        if self._timer is None:
            self._timer = self.loop.call_later(self._tick_s, self._sweep)

    async def stop(
        self, code: int = CloseCode.SERVICE_RESTART, reason: str = "the server restarts", *, grace_s: float = 2.0
    ) -> None:
        """Refuse new sockets, close all, wait up to `grace_s` for them to go, and break off the rest."""
        self._stopping = True
        self.close_all(code, reason)
        for part in self._swept:
            part.stop()
        if not await self._all_gone(grace_s):
            for ws in list(self):
                ws.abort()
            for what in list(self.deadlines):
                what.expire()
            await self._all_gone(grace_s)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _all_gone(self, within_s: float) -> bool:
        """Whether the last socket goes in this time."""
        if not self.stats.active_connections:
            return True
        self._gone = asyncio.Event()
        try:
            await asyncio.wait_for(self._gone.wait(), within_s)
        except TimeoutError:
            return False
        return True

    def close_all(self, code: int = CloseCode.GOING_AWAY, reason: str = "") -> None:
        """Close every socket with one code."""
        for ws in list(self):
            ws.close(code, reason)

    def sweep_with(self, part: Swept, within_s: float = _LONGEST_TICK_S * _TICKS_PER_TIMEOUT) -> float:
        """Let a part be swept too, often enough to keep times of `within_s`; the seconds between two of its ticks.

        To be called before `start`.
        """
        self._swept.append(part)
        self._tick_s = min(self._tick_s, within_s / _TICKS_PER_TIMEOUT)
        return self._tick_s

    def http_door(self, path: str) -> HttpDoor | None:
        """Who answers plain requests for this path, if it is not the application."""
        return next((door for door in self.http_doors if door.serves(path)), None)

    def expire_after(self, what: Expiring, seconds: float) -> None:
        """Call `what.expire()` after about `seconds`; a new deadline replaces the one before."""
        self.deadlines[what] = time.monotonic() + seconds

    def _sweep(self) -> None:
        self._timer = self.loop.call_later(self._tick_s, self._sweep)
        self.tick += 1
        now = time.monotonic()
        throttled, self.throttled = self.throttled, []
        for ws in throttled:
            ws.end_throttling()
        for what in [what for what, at in self.deadlines.items() if at <= now]:
            self.deadlines.pop(what, None)
            what.expire()
        for part in self._swept:
            part.sweep(now)
        for wheel in list(self._wheels.values()):
            for ws in wheel.due():
                idle_timeout_s = ws.endpoint.idle_timeout_s
                ws.beat(now, self.limits.idle_timeout_s if idle_timeout_s is None else idle_timeout_s)

    def _place(self, ws: WebSocket, endpoint: Endpoint) -> None:
        period_s = self.limits.heartbeat_s if endpoint.heartbeat_s is None else endpoint.heartbeat_s
        wheel = self._wheels.get(period_s)
        if wheel is None:
            wheel = self._wheels[period_s] = _Wheel(period_s, self._tick_s)
        ws.enter_bucket(wheel.place())

    def _shortest_tick(self) -> float:
        limits = self.limits
        shortest = min(
            limits.heartbeat_s,
            limits.idle_timeout_s,
            limits.authentication_timeout_s,
            limits.closing_timeout_s,
            limits.head_timeout_s,
            limits.body_timeout_s,
        )
        return min(_LONGEST_TICK_S, shortest / _TICKS_PER_TIMEOUT)
