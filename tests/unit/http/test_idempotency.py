"""`Idempotency-Key` (SPEC 0.3)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.identity import SqlIdempotencyKeys
from vivavoce.adapters.sql.migrate import migrate

KEY = {"Idempotency-Key": "one"}
BODY = {"role": "Backend engineer", "resume": "secret CV"}


async def test_spec_0_3_the_same_request_twice_happens_once(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        first = await client.post("/api/v1/sessions", json=BODY, headers=KEY)
        second = await client.post("/api/v1/sessions", json=BODY, headers=KEY)
        assert (second.status_code, second.json()) == (201, first.json())
        assert second.headers["Idempotent-Replayed"] == "true"
        assert len(house.store.sessions) == 1


async def test_spec_0_3_another_request_under_the_same_key_is_a_conflict(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        await client.post("/api/v1/sessions", json=BODY, headers=KEY)
        other = await client.post("/api/v1/sessions", json={"role": "Designer"}, headers=KEY)
        assert (other.status_code, other.json()["info"]["reason"]) == (409, "idempotency_conflict")


async def test_keys_belong_to_a_person_and_an_address(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client, house.as_("other", "recruiter") as other:
        mine = (await client.post("/api/v1/sessions", json=BODY, headers=KEY)).json()["session_id"]
        theirs = (await other.post("/api/v1/sessions", json=BODY, headers=KEY)).json()["session_id"]
        assert mine != theirs
        invited = await client.post(f"/api/v1/sessions/{mine}/invitations", json={"name": "Lee"}, headers=KEY)
        assert invited.status_code == 201


async def test_a_refused_request_leaves_its_key_free(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        assert (await client.post("/api/v1/sessions", json={"language": "fr"}, headers=KEY)).status_code == 422
        assert (await client.post("/api/v1/sessions", json=BODY, headers=KEY)).status_code == 201


async def test_of_many_at_once_one_happens(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        tries = [client.post("/api/v1/sessions", json=BODY, headers=KEY) for _ in range(8)]
        statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
        assert set(statuses) <= {201, 409}
        assert 201 in statuses
        assert len(house.store.sessions) == 1


async def test_an_invitation_asked_for_twice_is_one_and_shows_the_same_token(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        session_id = (await client.post("/api/v1/sessions", json=BODY)).json()["session_id"]
        address = f"/api/v1/sessions/{session_id}/invitations"
        tokens = [(await client.post(address, json={"name": "Lee"}, headers=KEY)).json()["token"] for _ in range(2)]
        assert tokens[0] == tokens[1]
        assert len((await client.get(address)).json()["items"]) == 1
        stored = str(house.idempotency._answers)
        assert tokens[0] not in stored


async def test_stored_answers_are_sealed(house: ApiHouse) -> None:
    async with house.as_("rec", "recruiter") as client:
        await client.post("/api/v1/sessions", json=BODY, headers=KEY)
    assert "secret CV" not in str(house.idempotency._answers)


async def test_spec_0_3_a_request_that_died_before_its_answer_happens_once(
    house: ApiHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is there, the answer was never stored: as after a crash between the two."""

    async def lost(*_: Any) -> None:
        raise RuntimeError("crash")

    async with house.as_("rec", "recruiter") as client:
        with monkeypatch.context() as patch:
            patch.setattr(house.idempotency, "finish", lost)
            assert (await client.post("/api/v1/sessions", json=BODY, headers=KEY)).status_code == 500
        running = await client.post("/api/v1/sessions", json=BODY, headers=KEY)
        assert (running.status_code, running.json()["info"]["reason"]) == (409, "idempotency_running")
        house.clock.advance(121)
        assert (await client.post("/api/v1/sessions", json=BODY, headers=KEY)).status_code == 201
        assert len(house.store.sessions) == 1


async def test_spec_0_3_the_answer_outlives_a_restart(tmp_path: Path) -> None:
    migrate(tmp_path / "store.db")
    answers = []
    for _ in range(2):
        database = Database(tmp_path / "store.db")
        database.start()
        house = ApiHouse(idempotency=SqlIdempotencyKeys(database))
        async with house.as_("rec", "recruiter") as client:
            answers.append(await client.post("/api/v1/sessions", json=BODY, headers=KEY))
        await database.stop()
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(house.store.sessions) == 0


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
async def test_a_key_is_short_and_printable(house: ApiHouse, key: str) -> None:
    async with house.as_("rec", "recruiter") as client:
        answer = await client.post("/api/v1/sessions", json=BODY, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["info"]["field"]) == (422, "Idempotency-Key")
