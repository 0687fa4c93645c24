"""One error shape in the reader's language (SPEC 0.4), and bad input (SPEC 0.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.ports import StoreUnavailableError

JSON = {"Content-Type": "application/json"}


def is_error(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error", "message", "details", "info"}
    assert body["error"] == code
    assert body["message"]
    return body


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.5", "면접을 찾을 수 없거나 접근 권한이 없습니다."),
        ("zh-CN", "找不到该面试，或您无权访问。"),
        ("en", "This interview does not exist, or you have no access to it."),
        ("fr, *;q=0.1", "This interview does not exist, or you have no access to it."),
        ("en;q=0.1, zh-TW;q=0.2", "找不到该面试，或您无权访问。"),
        ("garbage;;;q=x,,", "This interview does not exist, or you have no access to it."),
    ],
)
async def test_spec_0_4_the_message_is_in_the_readers_language(house: ApiHouse, language: str, message: str) -> None:
    async with house.as_("u1", "recruiter") as client:
        answer = await client.get("/api/v1/sessions/nope", headers={"Accept-Language": language})
        assert is_error(answer, 404, "not_found")["message"] == message


async def test_spec_0_4_the_language_of_the_person_counts_where_the_client_names_none(house: ApiHouse) -> None:
    async with house.as_("u1", "recruiter", language="ko") as client:
        answer = await client.get("/api/v1/sessions/nope", headers={"Accept-Language": ""})
        assert answer.json()["message"] == "면접을 찾을 수 없거나 접근 권한이 없습니다."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "fr"}, "language"),
        ({"duration_minutes": "30"}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": True}, "duration_minutes"),
        ({"competencies": "teamwork"}, "competencies"),
        ({"competencies": ["juggling"]}, "competencies"),
        ({"competencies": ["teamwork", "teamwork"]}, "competencies"),
        ({"title": 5}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"session_id": "../etc"}, "session_id"),
        ({"session_id": ""}, "session_id"),
        ({"evaluation_visibility": "open"}, "evaluation_visibility"),
        ({"kind": "lecture"}, "kind"),
        ({"resume": "x" * 50_001}, "resume"),
    ],
)
async def test_spec_0_4_the_field_that_is_wrong_is_named(house: ApiHouse, body: dict[str, Any], field: str) -> None:
    async with house.as_("u1", "recruiter") as client:
        told = is_error(await client.post("/api/v1/sessions", json=body), 422, "invalid_payload")
        assert told["info"]["field"] == field
    assert house.store.sessions == {}


async def test_unknown_fields_are_ignored(house: ApiHouse) -> None:
    async with house.as_("u1", "recruiter") as client:
        answer = await client.post("/api/v1/sessions", json={"role": "dev", "invented": {"a": [1]}})
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 422, "invalid_payload"),
        (b"\xff\xfe", JSON, 422, "invalid_payload"),
        (b'{"title": NaN}', JSON, 422, "invalid_payload"),
        (b'{"title": "\\ud800"}', JSON, 422, "invalid_payload"),
        (b"[" * 1000 + b"]" * 1000, JSON, 422, "invalid_payload"),
        (b"[" * 100_000, JSON, 422, "invalid_payload"),
        (b'{"invented": ' + b"[" * 40 + b"]" * 40 + b"}", JSON, 422, "invalid_payload"),
        (b'{"duration_minutes": ' + b"9" * 20_000 + b"}", JSON, 422, "invalid_payload"),
        (b"[]", JSON, 422, "invalid_payload"),
        (b"null", JSON, 422, "invalid_payload"),
        (b"5", JSON, 422, "invalid_payload"),
        (b"", JSON, 422, "invalid_payload"),
        (b"role=dev", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media"),
        (b"{}", {}, 415, "unsupported_media"),
        (b'{"title": "' + b"x" * 1_100_000 + b'"}', JSON, 413, "too_large"),
    ],
)
async def test_bad_input_gets_its_answer_and_stores_nothing(
    house: ApiHouse, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    async with house.as_("u1", "recruiter") as client:
        is_error(await client.post("/api/v1/sessions", content=content, headers=headers), status, code)
        assert (await client.get("/api/v1/auth/me")).status_code == 200
    assert house.store.streams == {}


async def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_at_the_limit(house: ApiHouse) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 65_536

    async with house.as_("u1", "recruiter") as client:
        answer = await client.post("/api/v1/sessions", content=endless(), headers=JSON)
        told = is_error(answer, 413, "too_large")
    assert told["info"]["limit"] == 1024 * 1024


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/api/", 404),
        ("GET", "/socket.io/", 404),
        ("PUT", "/api/v1/sessions", 405),
        ("DELETE", "/api/v1/auth/me", 405),
        ("POST", "/somewhere", 404),
    ],
)
async def test_spec_0_4_an_unknown_address_or_method_has_the_shape_too(
    house: ApiHouse, method: str, path: str, status: int
) -> None:
    async with house.as_("u1", "admin") as client:
        is_error(await client.request(method, path), status, "not_found")


async def test_an_unexpected_failure_tells_nothing_of_itself(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2 in /srv/secret.py")

    monkeypatch.setattr(house.services.index, "page", broken)
    async with house.as_("u1", "recruiter") as client:
        answer = await client.get("/api/v1/sessions")
        is_error(answer, 500, "internal")
        assert "hunter2" not in answer.text
        assert "secret.py" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_store_that_is_away_is_unavailable(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailableError("disk full at /srv/data")

    monkeypatch.setattr(house.services.index, "page", away)
    async with house.as_("u1", "recruiter") as client:
        answer = await client.get("/api/v1/sessions")
        is_error(answer, 503, "unavailable")
        assert "/srv/data" not in answer.text


@pytest.mark.parametrize("cursor", ["x", "!!!", "YWJj", "MSA", "é", "A" * 400])
async def test_a_cursor_that_is_not_ours_is_refused(house: ApiHouse, cursor: str) -> None:
    async with house.as_("u1", "admin") as client:
        for path in ("/api/v1/sessions", "/api/v1/users", "/api/v1/audit"):
            answer = await client.get(path, params={"cursor": cursor})
            if cursor == "MSA":
                assert answer.status_code in (200, 422)
                continue
            is_error(answer, 422, "invalid_payload")
