"""What programs do with a running server: a key of their own, rooms, events, the description of the sockets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.protocol.house import receive, send, served


@pytest.mark.slow
async def test_a_program_with_a_key_uses_http_and_the_sockets(tmp_path: Path) -> None:
    async with served(tmp_path, ping_interval_s=7.0, ping_timeout_s=11.0, max_connections_per_address=5) as house:
        async with house.http(house.token("root", "admin")) as admin:
            key = (await admin.post("/api/v1/api-keys", json={"name": "ATS", "role": "recruiter"})).json()
        async with house.http(key["secret"]) as program:
            room = await program.post("/api/v1/sessions", json={"kind": "room", "title": "Round two"})
            assert room.status_code == 201, room.text
            path = f"/api/v1/sessions/{room.json()['session_id']}"
            emitted = await program.post(f"{path}/events", json={"event": "poll_opened", "data": {"n": 1}})
            assert (emitted.status_code, emitted.json()["status"]) == (201, "ok")
            assert (await program.get(f"{path}/status")).json()["status"] == "scheduled"
            described = (await program.get("/asyncapi.json")).json()
            assert described["servers"]["sockets"]["host"] == f"127.0.0.1:{house.port}"
            opened = await program.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
            greeting = json.loads(opened.text[1:])
            assert (greeting["pingInterval"], greeting["pingTimeout"]) == (7000, 11000)
        assert house.house.gateway.limits.max_connections_per_address == 5
        async with house.socket("by_key", key["secret"]) as ws:
            assert (await receive(ws))["type"] == "connected"
            await send(ws, "ping")
            assert (await receive(ws))["type"] == "pong"
        async with house.http(house.token("root", "admin")) as admin:
            assert (await admin.delete(f"/api/v1/api-keys/{key['key_id']}")).status_code == 204
        async with house.socket("by_key", key["secret"]) as ws:
            refused = (await receive(ws))["data"]
            assert (refused["error"], refused["info"]["reason"]) == ("unauthorized", "token_revoked")
            with pytest.raises(ConnectionClosed) as closed:
                await ws.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
