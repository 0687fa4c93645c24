"""The figures of all sockets over time: a sample every 30 s, kept for 6 h, and what in them is out of the ordinary."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

import msgspec

from vivavoce.gateway.frames import CloseCode
from vivavoce.gateway.gateway import Gateway
from vivavoce.ports import Clock
from vivavoce.protocols.times import iso

SAMPLE_EVERY_S: Final = 30.0
KEPT_S: Final = 6 * 3600.0
_LOOK_EVERY_S: Final = 0.5
#: Samples that say what is ordinary, and the fewest that do.
_ORDINARY: Final = 120
_FEWEST: Final = 10
#: So many times the usual spread above the usual value is out of the ordinary.
_SPREADS: Final = 6.0
#: For each watched figure: below the first value nothing is wrong, above the second something always is.
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "pool_percent": (50.0, 90.0),
    "queued_bytes": (1 << 20, 64 << 20),
    "loop_delay_ms": (100.0, 1_000.0),
}

Machine = Callable[[], Mapping[str, float | None]]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is epoch ms. `pool_percent`: how many of the connections there may be are taken; `queued_bytes`: what waits
    for slow readers; `loop_delay_ms`: how long the event loop made somebody wait at most, since the last sample."""

    at: int
    connections: int
    total_connections: int
    messages_sent: int
    messages_received: int
    errors_count: int
    queued_bytes: int
    loop_delay_ms: float
    pool_percent: float
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None


def anomalies(before: Sequence[Sample], now: Sample) -> list[str]:
    """The watched figures of `now` that are far above what was usual in the samples before."""
    found = []
    for name, (least, most) in BOUNDS.items():
        value = getattr(now, name)
        if value > most:
            found.append(name)
        elif value > least and len(before) >= _FEWEST:
            usual = [getattr(sample, name) for sample in before[-_ORDINARY:]]
            middle = median(usual)
            spread = 1.4826 * median(abs(one - middle) for one in usual)
            if value > middle + max(_SPREADS * spread, least):
                found.append(name)
    return found


class Monitor:
    """Watches a gateway. `machine` reads the percentages of CPU, memory and disk in use."""

    def __init__(self, gateway: Gateway, machine: Machine, clock: Clock) -> None:
        self.samples: deque[Sample] = deque(maxlen=int(KEPT_S / SAMPLE_EVERY_S))
        self._gateway = gateway
        self._machine = machine
        self._clock = clock
        self._delay_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        due = time.monotonic() + SAMPLE_EVERY_S
        while True:
            began = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
            now = time.monotonic()
            self._delay_s = max(self._delay_s, now - began - _LOOK_EVERY_S)
            if now >= due:
                due = now + SAMPLE_EVERY_S
                self.sample()

    def sample(self) -> Sample:
        """Take a sample and keep it."""
        taken = self._look()
        self.samples.append(taken)
        self._delay_s = 0.0
        return taken

    def _look(self) -> Sample:
        stats, most = self._gateway.stats, self._gateway.limits.max_connections
        machine = self._machine()
        return Sample(
            at=self._clock.now_ms(),
            connections=stats.active_connections,
            total_connections=stats.total_connections,
            messages_sent=stats.messages_sent,
            messages_received=stats.messages_received,
            errors_count=stats.errors_count,
            queued_bytes=sum(ws.buffered for ws in self._gateway),
            loop_delay_ms=round(self._delay_s * 1000, 3),
            pool_percent=round(100 * stats.active_connections / most, 3) if most else 0.0,
            cpu_percent=machine.get("cpu_percent"),
            memory_percent=machine.get("memory_percent"),
            disk_percent=machine.get("disk_percent"),
        )

    # --- what administrators ask --------------------------------------------------------------------------------

    def now(self) -> dict[str, Any]:
        """The figures of this moment and what is out of the ordinary in them."""
        sample = self._look()
        figures = msgspec.structs.asdict(sample)
        del figures["at"]
        return {
            **figures,
            "uptime_seconds": round(self._gateway.stats.uptime_seconds, 3),
            "anomalies": anomalies(list(self.samples), sample),
        }

    def history(self, hours: float) -> list[dict[str, Any]]:
        """The samples of the last `hours`, from old to new."""
        since = self._clock.now_ms() - int(hours * 3_600_000)
        return [
            {**msgspec.structs.asdict(sample), "at": iso(sample.at)} for sample in self.samples if sample.at >= since
        ]

    def connections(self) -> list[dict[str, Any]]:
        """Every socket: whose it is, what it speaks, how long nothing came from it, and what waits for it."""
        now = time.monotonic()
        return [
            {
                "connection_id": ws.id,
                "door": getattr(ws.endpoint, "name", type(ws.endpoint).__name__),
                "path": ws.handshake.path,
                "user_id": getattr(getattr(ws.state, "identity", None), "user_id", ""),
                "address": ws.handshake.client_address,
                "idle_s": round(now - ws.last_frame_at, 3),
                "queued_bytes": ws.buffered,
            }
            for ws in list(self._gateway)
        ]

    def disconnect(self, connection_id: str) -> bool:
        """Close a socket; False where there is none of this id."""
        found = next((ws for ws in list(self._gateway) if ws.id == connection_id), None)
        if found is None:
            return False
        found.close(CloseCode.GOING_AWAY, "closed by an administrator")
        return True

    def clean_up(self, idle_minutes: float) -> int:
        """Close the sockets from which nothing came for so long; how many those were."""
        before = time.monotonic() - idle_minutes * 60
        stale = [ws for ws in list(self._gateway) if ws.last_frame_at < before]
        _close(stale)
        return len(stale)


def _close(sockets: Iterable[Any]) -> None:
    for ws in sockets:
        ws.close(CloseCode.GOING_AWAY, "nothing came for long")
