"""Prometheus figures of the sockets, the sessions and the interviewer, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class SocketFigures(Protocol):
    total_connections: int
    active_connections: int
    messages_sent: int
    messages_received: int
    errors_count: int
    bytes_sent: int
    bytes_received: int


class HasSockets(Protocol):
    @property
    def stats(self) -> SocketFigures: ...


class HasSessions(Protocol):
    @property
    def loaded(self) -> int: ...


class HasReplies(Protocol):
    @property
    def under_way(self) -> int: ...


_COUNTERS: Final = {
    "vivavoce_gateway_connections": ("Sockets opened", "total_connections"),
    "vivavoce_gateway_messages_sent": ("Messages sent over sockets", "messages_sent"),
    "vivavoce_gateway_messages_received": ("Messages received over sockets", "messages_received"),
    "vivavoce_gateway_errors": ("Messages and sockets refused", "errors_count"),
    "vivavoce_gateway_sent_bytes": ("Bytes sent over sockets", "bytes_sent"),
    "vivavoce_gateway_received_bytes": ("Bytes received over sockets", "bytes_received"),
}


class _House(Collector):
    def __init__(self, gateway: HasSockets, gauges: dict[str, tuple[str, Callable[[], int]]]) -> None:
        self._gateway = gateway
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        stats = self._gateway.stats
        for name, (text, field) in _COUNTERS.items():
            yield CounterMetricFamily(name, text, value=getattr(stats, field))
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=read())


def registry_of(gateway: HasSockets, sessions: HasSessions, responder: HasReplies) -> CollectorRegistry:
    """A registry of this house's figures and the process's."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    gauges: dict[str, tuple[str, Callable[[], int]]] = {
        "vivavoce_gateway_connections_active": ("Sockets open now", lambda: gateway.stats.active_connections),
        "vivavoce_session_loaded_sessions": ("Sessions in memory", lambda: sessions.loaded),
        "vivavoce_dialogue_replies_under_way": ("Replies being made now", lambda: responder.under_way),
    }
    registry.register(_House(gateway, gauges))
    return registry
