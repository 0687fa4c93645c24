"""Every route asks who is there (SPEC 0.5)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.fakes.api import ApiHouse

OPEN = {
    ("POST", "/api/v1/auth/sign-in"),
    ("POST", "/api/v1/auth/links"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/sign-out"),
    ("POST", "/api/v1/invitations/accept"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}


def operations(house: ApiHouse) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, item in house.api.openapi()["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    ]


def routes_of(routes: Any) -> set[tuple[str, str]]:
    """Every route that the application would answer, through included routers too."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        nested = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if nested:
            found |= routes_of(nested)
            continue
        found |= {(method, route.path) for method in getattr(route, "methods", None) or ()}
    return found


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "s1", path)


async def test_spec_0_5_production_refuses_every_anonymous_caller_but_at_the_open_doors() -> None:
    house = ApiHouse()
    checked = 0
    async with house.client(headers={"Content-Type": "application/json"}) as client:
        for method, path in operations(house):
            if (method, path) in OPEN:
                continue
            for content in (b"", b"{}", b"not json"):
                if method == "GET" and content:
                    continue
                answer = await client.request(method, filled(path), content=content)
                assert answer.status_code == 401, (method, path, content)
                assert answer.json()["error"] == "unauthorized"
                checked += 1
    assert checked > 30


async def test_no_route_is_left_out_of_the_list_above() -> None:
    house = ApiHouse()
    hidden = routes_of(house.api.routes) - {("HEAD", path) for _, path in operations(house)} - set(operations(house))
    shown_anyway = {"/openapi.json", "/asyncapi.json", "/docs", "/docs/docs.js", "/docs/docs.css"}
    prefixes = ("/api/v1", "/api")
    unknown = {
        (method, path)
        for method, path in hidden
        if path not in shown_anyway and not {(method, prefix + path) for prefix in prefixes} & set(operations(house))
    }
    assert unknown == set()
    assert set(operations(house)) >= OPEN


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json", "/docs"])
async def test_what_operators_need_is_open(house: ApiHouse, path: str) -> None:
    async with house.client() as client:
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("role", ["recruiter", "interviewer", "observer", "candidate", "teacher"])
async def test_spec_2_the_admin_api_is_for_admins(house: ApiHouse, role: Any) -> None:
    async with house.as_("u1", role) as client:
        for path in ("/api/v1/websocket/stats", "/api/v1/websocket/sessions", "/api/v1/users", "/api/v1/audit"):
            assert (await client.get(path)).status_code == 403, path
        answer = await client.post("/api/v1/websocket/broadcast", json={"message": "hello"})
        assert answer.status_code == 403
    assert house.sockets.sent == []


async def test_spec_2_guests_get_no_admin_api(development: ApiHouse) -> None:
    async with development.local() as client:
        assert (await client.get("/api/v1/auth/me")).json()["user_id"] == "guest:anonymous"
        for path in ("/api/v1/websocket/stats", "/api/v1/users", "/api/v1/audit"):
            assert (await client.get(path)).status_code == 403, path


@pytest.mark.parametrize(
    "spoil",
    [
        {"headers": {"X-Forwarded-For": "1.2.3.4"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"headers": {"Origin": "https://evil.example"}},
        {"base_url": "http://rebound.example:8000"},
        {"address": ("192.0.2.7", 50000)},
    ],
)
async def test_spec_0_5_who_is_not_plainly_local_is_no_guest(development: ApiHouse, spoil: dict[str, Any]) -> None:
    async with development.client(**{"base_url": "http://127.0.0.1:8000", **spoil}) as client:
        assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_spec_0_5_a_token_may_stand_in_the_query(house: ApiHouse) -> None:
    async with house.client() as client:
        answer = await client.get("/api/v1/auth/me", params={"token": house.token("u7", "recruiter")})
        assert answer.json()["user_id"] == "u7"


async def test_a_bad_jwt_is_refused_where_guests_are_welcome(development: ApiHouse) -> None:
    async with development.local(token="eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.") as client:
        answer = await client.get("/api/v1/auth/me")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
