"""Health, metrics, security headers, CORS, the web app's files, sockets' figures, OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.catalogue import negotiate, text
from vivavoce.locales import catalogue


async def test_spec_7_readiness_names_its_parts(house: ApiHouse) -> None:
    async with house.client() as client:
        answer = (await client.get("/readyz")).json()
        assert answer["ready"] is True
        assert set(answer["parts"]) == {"database", "migrations", "redis", "jobs", "voice"}


async def test_spec_7_without_a_database_the_server_is_not_ready() -> None:
    async def parts() -> Mapping[str, str]:
        return {"database": "off", "migrations": "ready"}

    async with ApiHouse(parts=parts).client() as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)


async def test_metrics_count_by_route_and_never_by_path(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        await client.get("/api/v1/sessions/very-private-id")
        figures = (await client.get("/metrics")).text
    assert (
        'vivavoce_http_requests_total{method="GET",route="/api/v1/sessions/{session_id}",status="404"} 1.0' in figures
    )
    assert "very-private-id" not in figures


async def test_every_answer_carries_the_security_headers(house: ApiHouse, web_app: Path) -> None:
    house = ApiHouse(web_app=web_app)
    async with house.as_("rec", "recruiter") as client:
        for path in ("/", "/api/v1/sessions", "/api/v1/sessions/nope", "/healthz", "/docs", "/assets/index-abc123.js"):
            headers = (await client.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "script-src 'self';" in headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert "Strict-Transport-Security" in headers
        assert (await client.get("/api/v1/sessions")).headers["Cache-Control"] == "no-store"


async def preflight(house: ApiHouse, origin: str) -> str | None:
    async with house.client() as client:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await client.options("/api/v1/sessions", headers=headers)
        allowed: str | None = answer.headers.get("access-control-allow-origin")
        return allowed


async def test_spec_0_5_production_lets_only_configured_origins_call() -> None:
    assert await preflight(ApiHouse(), "https://app.example") is None
    configured = ApiHouse(allowed_origins=("https://app.example",))
    assert await preflight(configured, "https://app.example") == "https://app.example"
    assert await preflight(configured, "https://evil.example") is None
    assert await preflight(configured, "http://localhost:5173") is None


async def test_spec_0_5_development_lets_loopback_origins_call(development: ApiHouse) -> None:
    assert await preflight(development, "http://localhost:5173") == "http://localhost:5173"
    assert await preflight(development, "http://localhost.evil.example") is None


async def test_the_web_app_is_served_with_its_own_addresses(web_app: Path) -> None:
    async with ApiHouse(web_app=web_app).client() as client:
        for path in ("/", "/sign-in?link=abc", "/i/TOKEN", "/interviews/s1/report"):
            page = await client.get(path)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "<title>Vivavoce" in page.text
            assert page.headers["Cache-Control"] == "no-cache"
        script = await client.get("/assets/index-abc123.js")
        assert "immutable" in script.headers["Cache-Control"]
        assert script.headers["content-type"].startswith("text/javascript")
        assert (await client.get("/favicon.svg")).headers["content-type"].startswith("image/svg+xml")
        assert (await client.head("/")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt", "/.secret", "/assets/../.secret",
     "/assets/%00", "/missing.png", "/assets"],
)  # fmt: skip
async def test_nothing_outside_the_web_app_is_served(web_app: Path, path: str) -> None:
    async with ApiHouse(web_app=web_app).client() as client:
        answer = await client.get(path)
        assert "outside" not in answer.text
        assert "hidden" not in answer.text
        assert answer.status_code == 404 or "<title>Vivavoce" in answer.text


async def test_a_missing_build_says_how_to_make_one(house: ApiHouse) -> None:
    async with house.client() as client:
        answer = await client.get("/", headers={"Accept-Language": "ko"})
        assert answer.status_code == 503
        assert "npm run build" in answer.text
        assert "빌드" in answer.text


async def test_spec_2_admins_see_the_sockets_true_figures(house: ApiHouse) -> None:
    user = {"user_id": "cand_1", "role": "candidate", "connected_at": "2026-01-31T08:15:00.123Z"}
    house.sockets.open = [{"session_id": "s1", "connections": 1, "users": [user]}]
    async with house.as_("root", "admin") as client:
        stats = (await client.get("/api/v1/websocket/stats")).json()
        assert stats["success"] is True
        assert stats["data"]["websocket_stats"] == house.sockets.figures
        assert stats["data"]["active_sessions"] == house.sockets.open
        assert (await client.get("/api/v1/websocket/sessions/s1")).json()["data"] == house.sockets.open[0]
        assert (await client.get("/api/v1/websocket/sessions/s2")).status_code == 404
        sent = await client.post("/api/v1/websocket/sessions/s1/message", json={"message": "hi", "type": "warning"})
        assert sent.json() == {"success": True, "data": {"delivered": 1}}
        assert (await client.post("/api/v1/websocket/sessions/s2/message", json={"message": "hi"})).status_code == 404
        await client.post("/api/v1/websocket/broadcast", json={"message": "bye"})
        assert house.sockets.sent == [("s1", "hi", "warning"), (None, "bye", "notice")]
        actions = [entry["action"] for entry in (await client.get("/api/v1/audit")).json()["items"]]
        assert actions == ["socket_broadcast", "socket_message"]


def test_spec_5_openapi_is_complete(house: ApiHouse) -> None:
    document: dict[str, Any] = house.api.openapi()
    names: list[str] = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            names.append(operation["operationId"])
            where = f"{method} {path}"
            assert operation["description"], where
            assert operation["tags"], where
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert good, where
            if path.startswith("/api/"):
                for status, response in operation["responses"].items():
                    if status.startswith("4"):
                        schema = response["content"]["application/json"]["schema"]["$ref"]
                        assert schema.endswith("/ErrorShape"), f"{where} {status}"
    assert len(set(names)) == len(names)
    secured = {path for path, item in document["paths"].items() for op in item.values() if op.get("security")}
    assert "/api/v1/sessions" in secured
    assert "/api/v1/auth/sign-in" not in secured


@pytest.mark.parametrize("language", ["ko", "zh"])
def test_spec_0_9_every_error_has_its_sentence_in_every_language(language: Any) -> None:
    english, other = catalogue("errors", "en"), catalogue("errors", language)
    assert set(english) == set(other)
    placeholders = {key: {part.split("}")[0] for part in value.split("{")[1:]} for key, value in english.items()}
    for key, value in other.items():
        assert {part.split("}")[0] for part in value.split("{")[1:]} == placeholders[key], key


def test_spec_0_4_every_reason_in_the_code_has_a_sentence() -> None:
    import re

    import vivavoce

    source = Path(vivavoce.__file__).parent
    used = set()
    for file in source.rglob("*.py"):
        for call in re.finditer(
            r'(?:conflict|forbidden|not_found|invalid|VivavoceError)\((?:[^()]|\([^()]*\))*?reason="(\w+)"',
            file.read_text(),
        ):
            used.add(call[1])
    assert len(used) > 30
    assert used - set(catalogue("errors", "en")) == set()


def test_a_text_that_is_missing_does_not_become_another_error() -> None:
    assert text("fr", "errors.not_found") == text("en", "errors.not_found")
    assert text("ko", "errors.never_heard_of") == text("ko", "errors.internal")
    assert text("en", "nothing.at_all") == "at_all"
    assert "{limit}" in text("en", "errors.too_large")
    assert "5" in text("en", "errors.too_large", limit=5)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ko", "ko"),
        ("zh-Hans-CN;q=0.8, fr", "zh"),
        ("fr;q=1, ko;q=0", "en"),
        ("*", "en"),
        ("q=," * 999, "en"),
    ],
)
def test_spec_0_9_the_language_is_negotiated(header: str | None, language: str) -> None:
    assert negotiate(header) == language
