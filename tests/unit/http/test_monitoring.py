"""The monitoring API is for administrators."""

from __future__ import annotations

from tests.fakes.api import ApiHouse

PATHS = ("metrics", "metrics/history?hours=1", "connections", "health")


async def test_spec_4_administrators_watch_sockets_and_close_them() -> None:
    house = ApiHouse()
    root = house.as_("root", "admin")
    for path in PATHS:
        assert (await root.get(f"/api/websocket/{path}")).status_code == 200, path
        assert (await house.as_("ann", "teacher").get(f"/api/websocket/{path}")).status_code == 403, path
    assert (await root.get("/api/websocket/health")).json()["status"] == "ok"
    house.monitor.anomalies = ["queued_bytes"]
    assert (await root.get("/api/websocket/health")).json()["status"] == "degraded"
    assert (await root.post("/api/websocket/connections/c1/disconnect")).status_code == 204
    assert (await root.post("/api/websocket/connections/c2/disconnect")).status_code == 404
    cleaned = await root.post("/api/websocket/cleanup/stale-connections", params={"timeout_minutes": 5})
    assert cleaned.json() == {"closed": 2}
    assert house.monitor.closed == ["c1", "c2"]
