"""API keys: made once, shown once, gone when revoked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.identity.api_keys import HOLDS_S

URL = "/api/v1/api-keys"


async def made(house: ApiHouse, **fields: Any) -> dict[str, Any]:
    async with house.as_("root", "admin") as admin:
        answer = await admin.post(URL, json={"name": "Applicant tracking", "role": "recruiter", **fields})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def status_of(house: ApiHouse, secret: str, path: str = "/api/v1/sessions") -> int:
    async with house.client(secret) as program:
        answer = await program.get(path)
    status: int = answer.status_code
    return status


async def test_a_key_is_somebody_with_a_role(house: ApiHouse) -> None:
    key = await made(house)
    assert key["secret"].startswith("vvk_")
    async with house.client(key["secret"]) as program:
        session = (await program.post("/api/v1/sessions", json={"role": "Nurse"})).json()
        assert (session["created_by"], session["my_role"]) == (key["user_id"], "recruiter")
        assert len((await program.get("/api/v1/sessions")).json()["items"]) == 1
        assert (await program.get("/api/v1/users")).status_code == 403


async def test_the_secret_is_shown_once_and_stored_nowhere(house: ApiHouse) -> None:
    key = await made(house)
    async with house.as_("root", "admin") as admin:
        listed = await admin.get(URL)
    assert key["secret"] not in listed.text
    (item,) = listed.json()["items"]
    assert {name: item[name] for name in item} == {name: key[name] for name in key if name != "secret"}
    stored = await house.services.api_keys.page(None, 10)
    assert key["secret"] not in repr(stored)
    assert key["secret"] not in repr(house.store.audit)


async def test_a_key_is_for_the_sessions_it_names(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as recruiter:
        ids = [(await recruiter.post("/api/v1/sessions", json={})).json()["session_id"] for _ in range(2)]
    key = await made(house, role="observer", sessions=[ids[0]])
    assert await status_of(house, key["secret"], f"/api/v1/sessions/{ids[0]}") == 200
    assert await status_of(house, key["secret"], f"/api/v1/sessions/{ids[1]}") == 404
    everything = await made(house, role="observer", sessions=["*"])
    assert await status_of(house, everything["secret"], f"/api/v1/sessions/{ids[1]}") == 200


async def test_a_revoked_key_is_refused_at_once(house: ApiHouse) -> None:
    key = await made(house)
    assert await status_of(house, key["secret"]) == 200
    async with house.as_("root", "admin") as admin:
        assert (await admin.delete(f"{URL}/{key['key_id']}")).status_code == 204
        assert (await admin.delete(f"{URL}/nothing")).status_code == 404
        assert (await admin.get(URL)).json()["items"][0]["status"] == "revoked"
    async with house.client(key["secret"]) as program:
        refused = await program.get("/api/v1/sessions")
    assert (refused.status_code, refused.json()["info"]["reason"]) == (401, "token_revoked")
    actions = [entry["action"] for entry in house.store.audit]
    assert actions == ["api_key_created", "api_key_revoked"]


async def test_an_expired_or_unknown_key_is_refused(house: ApiHouse) -> None:
    key = await made(house, expires_at="2030-01-01T00:00:00Z")
    assert await status_of(house, key["secret"]) == 200
    house.clock.now = 1_893_456_000_000
    assert await status_of(house, key["secret"]) == 401
    assert await status_of(house, "vvk_unknown") == 401
    assert await status_of(house, "vvk_" + "x" * 600) == 401


async def test_what_a_key_gave_holds_for_an_hour_at_most(house: ApiHouse) -> None:
    key = await made(house)
    identity = await house.doorman.identify(token=key["secret"], is_local_request=False)
    assert identity.expires_at == house.clock.now_ms() / 1000 + HOLDS_S
    short = await made(house, expires_at="2023-11-14T22:43:20Z")
    identity = await house.doorman.identify(token=f"Bearer {short['secret']}", is_local_request=False)
    assert identity.expires_at == 1_700_001_800


async def test_use_is_noted_every_few_minutes(house: ApiHouse) -> None:
    key = await made(house)
    began = house.clock.now_ms()
    for _ in range(3):
        await status_of(house, key["secret"])
        house.clock.advance(60)
    (stored,) = await house.services.api_keys.page(None, 1)
    assert stored.used_at == began
    house.clock.advance(300)
    await status_of(house, key["secret"])
    (stored,) = await house.services.api_keys.page(None, 1)
    assert stored.used_at == house.clock.now_ms()


async def test_only_administrators_in_person_make_keys(house: ApiHouse) -> None:
    body = {"name": "Mine", "role": "admin"}
    async with house.as_("rec", "recruiter") as recruiter:
        assert [(await recruiter.post(URL, json=body)).status_code, (await recruiter.get(URL)).status_code] == [
            403,
            403,
        ]
    key = await made(house, role="admin")
    async with house.client(key["secret"]) as program:
        assert (await program.get("/api/v1/users")).status_code == 200
        assert (await program.post(URL, json=body)).status_code == 403
        assert (await program.delete(f"{URL}/{key['key_id']}")).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "role": "recruiter"}, "name"),
        ({"name": " ", "role": "recruiter"}, "name"),
        ({"name": "A", "role": "candidate"}, "role"),
        ({"name": "A", "role": "recruiter", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "A", "role": "recruiter", "sessions": ["*", "s1"]}, "sessions"),
    ],
)
async def test_what_no_key_can_be_made_of_is_named(house: ApiHouse, body: dict[str, Any], field: str) -> None:
    async with house.as_("root", "admin") as admin:
        refused = await admin.post(URL, json=body)
    assert (refused.status_code, refused.json()["info"]["field"]) == (422, field)


async def test_spec_0_3_a_key_asked_for_twice_is_one(house: ApiHouse) -> None:
    async with house.as_("root", "admin") as admin:
        body = {"name": "A", "role": "recruiter"}
        answers = [await admin.post(URL, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert len((await admin.get(URL)).json()["items"]) == 1


async def test_no_token_speaks_for_a_key(house: ApiHouse) -> None:
    key = await made(house)
    forged = house.token(key["user_id"], "admin")
    assert await status_of(house, forged) == 401
