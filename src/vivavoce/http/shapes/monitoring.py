"""Bodies of the monitoring API."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vivavoce.http.shapes.base import Shape


class SocketFiguresShape(Shape):
    """Counters are since the start; a percentage that cannot be read is null."""

    connections: int
    total_connections: int
    messages_sent: int
    messages_received: int
    errors_count: int
    queued_bytes: int = Field(description="What waits for slow readers")
    loop_delay_ms: float = Field(description="How long the event loop made somebody wait at most")
    pool_percent: float = Field(description="How many of the connections there may be are taken")
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None


class SocketMetricsShape(SocketFiguresShape):
    uptime_seconds: float
    anomalies: list[str] = Field(description="The figures that are out of the ordinary")


class SocketSampleShape(SocketFiguresShape):
    at: str


class SocketHistoryShape(Shape):
    items: list[SocketSampleShape]


class ConnectionShape(Shape):
    connection_id: str
    door: str
    path: str
    user_id: str
    address: str
    idle_s: float
    queued_bytes: int


class ConnectionsShape(Shape):
    items: list[ConnectionShape]


class ClosedShape(Shape):
    closed: int


class SocketHealthShape(Shape):
    """`degraded` where a figure is out of the ordinary; `anomalies` names them."""

    status: Literal["ok", "degraded"]
    anomalies: list[str]
    connections: int
    uptime_seconds: float
