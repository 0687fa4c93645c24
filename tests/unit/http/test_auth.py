"""Signing in over HTTP."""

from __future__ import annotations

from tests.fakes.api import ApiHouse

PASSWORD = "correct horse battery"


async def test_from_sign_in_to_sign_out(house: ApiHouse) -> None:
    await house.users.create("ann@example.com", "Ann", "recruiter", password=PASSWORD, language="ko", by="system")
    async with house.client() as client:
        answer = await client.post("/api/v1/auth/sign-in", json={"email": "Ann@example.com", "password": PASSWORD})
        assert answer.status_code == 200
        tokens = answer.json()
        assert set(tokens) == {"access_token", "refresh_token", "expires_in", "user"}
        assert set(tokens["user"]) == {"user_id", "name", "email", "role", "language"}
        assert answer.headers["Cache-Control"] == "no-store"
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.get("/api/v1/auth/me", headers=bearer)).json() == tokens["user"]
        renewed = (await client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})).json()
        assert renewed["user"] == tokens["user"]
        gone = await client.post("/api/v1/auth/sign-out", json={"refresh_token": renewed["refresh_token"]})
        assert (gone.status_code, gone.content) == (204, b"")
        again = await client.post("/api/v1/auth/refresh", json={"refresh_token": renewed["refresh_token"]})
        assert again.status_code == 401


async def test_a_wrong_password_is_401_and_a_locked_account_429(house: ApiHouse) -> None:
    await house.users.create("ann@example.com", "Ann", "recruiter", password=PASSWORD, by="system")
    async with house.client() as client:
        for _ in range(5):
            wrong = await client.post("/api/v1/auth/sign-in", json={"email": "ann@example.com", "password": "wrong"})
            assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized")
        locked = await client.post("/api/v1/auth/sign-in", json={"email": "ann@example.com", "password": PASSWORD})
        assert (locked.status_code, locked.json()["error"]) == (429, "rate_limited")
        assert locked.json()["info"]["retry_after"] == int(locked.headers["Retry-After"]) == 900
        assert "900" in locked.json()["message"]


async def test_a_one_time_link_signs_in_once(house: ApiHouse) -> None:
    admin = await house.users.ensure_admin("admin@localhost.example", "Admin")
    link = await house.sign_in.make_link(admin.user_id)
    async with house.client() as client:
        assert (await client.post("/api/v1/auth/links", json={"token": link})).json()["user"]["role"] == "admin"
        assert (await client.post("/api/v1/auth/links", json={"token": link})).status_code == 401


async def test_a_ticket_is_for_the_sockets_and_nothing_else(house: ApiHouse) -> None:
    async with house.as_("u1", "recruiter") as client:
        for body in ({}, None):
            answer = (
                await client.post("/api/v1/auth/tickets", json=body)
                if body is not None
                else (await client.post("/api/v1/auth/tickets"))
            )
            assert answer.json()["expires_in"] == 30
    ticket = answer.json()["ticket"]
    async with house.client() as client:
        assert (await client.get("/api/v1/auth/me", params={"ticket": ticket})).status_code == 401
    identity = await house.doorman.identify(token=None, ticket=ticket, is_local_request=False)
    assert identity.user_id == "u1"


async def test_admins_make_users_who_come_in_by_a_link(house: ApiHouse) -> None:
    body = {"email": "bo@example.com", "name": "Bo", "role": "interviewer"}
    async with house.as_("root", "admin") as client:
        made = await client.post("/api/v1/users", json=body)
        assert made.status_code == 201
        assert "password" not in made.text
        assert (await client.post("/api/v1/users", json=body)).status_code == 409
        weak = await client.post("/api/v1/users", json={**body, "email": "c@example.com", "password": "short"})
        assert (weak.status_code, weak.json()["info"]["field"]) == (422, "password")
        token = made.json()["sign_in_url"].partition("link=")[2]
        signed_in = await client.post("/api/v1/auth/links", json={"token": token})
        assert signed_in.json()["user"]["user_id"] == made.json()["user_id"]
        listed = (await client.get("/api/v1/users", params={"q": "bo@"})).json()
        assert [user["user_id"] for user in listed["items"]] == [made.json()["user_id"]]


async def test_admins_change_roles_and_shut_people_out_but_not_themselves(house: ApiHouse) -> None:
    account = await house.users.create("bo@example.com", "Bo", "interviewer", by="system")
    async with house.as_("root", "admin") as client:
        address = f"/api/v1/users/{account.user_id}"
        assert (await client.patch(address, json={"role": "observer"})).json()["role"] == "observer"
        assert (await client.patch(address, json={"disabled": True})).json()["disabled"] is True
        assert (await client.patch("/api/v1/users/nobody", json={"role": "observer"})).status_code == 404
        assert (await client.patch("/api/v1/users/root", json={"disabled": True})).status_code == 409
    async with house.as_(account.user_id, "observer") as client:
        assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_users_are_listed_page_by_page(house: ApiHouse) -> None:
    for n in range(5):
        await house.users.create(f"p{n}@example.com", f"P{n}", "observer", by="system")
    seen: list[str] = []
    async with house.as_("root", "admin") as client:
        cursor = None
        while True:
            page = (
                await client.get("/api/v1/users", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
            ).json()
            seen += [user["email"] for user in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert sorted(seen) == [f"p{n}@example.com" for n in range(5)]
    assert len(seen) == 5


async def test_what_happens_to_accounts_is_in_the_audit_log(house: ApiHouse) -> None:
    async with house.as_("root", "admin") as client:
        made = (
            await client.post("/api/v1/users", json={"email": "bo@example.com", "name": "Bo", "role": "observer"})
        ).json()
        page = (await client.get("/api/v1/audit", params={"subject": f"user:{made['user_id']}"})).json()
        assert [(entry["actor"], entry["action"]) for entry in page["items"]] == [("root", "user_created")]
        assert page["items"][0]["at"].endswith("Z")
        assert "bo@example.com" not in str(page)
        for n in range(3):
            await client.post("/api/v1/users", json={"email": f"q{n}@example.com", "name": "Q", "role": "observer"})
        first = (await client.get("/api/v1/audit", params={"limit": 3})).json()
        second = (await client.get("/api/v1/audit", params={"limit": 3, "cursor": first["next_cursor"]})).json()
        assert len(first["items"]) == 3
        assert len(second["items"]) == 1
        assert second["next_cursor"] is None
