"""What identity relies on, of every store."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.contracts.identity.conftest import Stores
from vivavoce.domain.access import Identity
from vivavoce.ports import Account, ApiKey, Invitation, RefreshToken, StoredAnswer


def account(user_id: str = "u1", **changes: Any) -> Account:
    fields: dict[str, Any] = {
        "user_id": user_id,
        "email": f"{user_id}@example.com",
        "name": f"Name of {user_id}",
        "role": "recruiter",
        "language": "ko",
        "password_hash": "$argon2id$…",
        "created_at": 1000,
    }
    return Account(**{**fields, **changes})


def refresh_token(token_hash: str = "t1", **changes: Any) -> RefreshToken:
    fields: dict[str, Any] = {"family": "f1", "user_id": "u1", "session_id": "s1", "expires_at": 5000}
    return RefreshToken(token_hash=token_hash, **{**fields, **changes})


def invitation(invitation_id: str = "i1", **changes: Any) -> Invitation:
    fields: dict[str, Any] = {
        "session_id": "s1",
        "token_hash": f"hash of {invitation_id}",
        "user_id": f"cand_{invitation_id}",
        "name": "Lee",
        "role": "candidate",
        "created_by": "u1",
        "created_at": 1000,
        "expires_at": 9000,
    }
    return Invitation(invitation_id=invitation_id, **{**fields, **changes})


async def test_accounts_are_found_as_they_were_stored(stores: Stores) -> None:
    assert await stores.accounts.add(account())
    assert await stores.accounts.by_id("u1") == account()
    assert await stores.accounts.by_email("u1@example.com") == account()
    assert await stores.accounts.by_id("u2") is None
    assert await stores.accounts.by_email("") is None


async def test_an_id_and_an_address_are_taken_once(stores: Stores) -> None:
    assert await stores.accounts.add(account())
    assert not await stores.accounts.add(account(email="other@example.com"))
    assert not await stores.accounts.add(account("u2", email="u1@example.com"))
    assert await stores.accounts.by_id("u2") is None
    assert await stores.accounts.by_id("u1") == account()


async def test_many_accounts_have_no_address(stores: Stores) -> None:
    assert await stores.accounts.add(account("c1", email=""))
    assert await stores.accounts.add(account("c2", email=""))
    assert await stores.accounts.by_email("") is None


async def test_of_many_who_register_an_address_at_once_one_gets_it(stores: Stores) -> None:
    tries = [stores.accounts.add(account(f"u{n}", email="same@example.com")) for n in range(10)]
    assert sorted(await asyncio.gather(*tries)) == [False] * 9 + [True]


async def test_accounts_change_field_by_field(stores: Stores) -> None:
    await stores.accounts.add(account())
    changed = await stores.accounts.change("u1", disabled=True, valid_from=7)
    assert changed == account(disabled=True, valid_from=7)
    assert await stores.accounts.by_id("u1") == changed
    assert await stores.accounts.change("nobody", disabled=True) is None


async def test_accounts_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for n in range(5):
        await stores.accounts.add(account(f"u{n}", created_at=1000 + n // 2))
    first = await stores.accounts.page(None, 2)
    assert [entry.user_id for entry in first] == ["u4", "u3"]
    rest = await stores.accounts.page((first[-1].created_at, first[-1].user_id), 10)
    assert [entry.user_id for entry in rest] == ["u2", "u1", "u0"]
    assert [entry.user_id for entry in await stores.accounts.page(None, 10, "NAME OF U3")] == ["u3"]
    assert [entry.user_id for entry in await stores.accounts.page(None, 10, "u2@exam")] == ["u2"]
    assert await stores.accounts.page(None, 10, "%") == []


async def test_a_refresh_token_is_spent_once(stores: Stores) -> None:
    await stores.refresh_tokens.add(refresh_token())
    assert await stores.refresh_tokens.rotate("t1", "t2", 8000, 2000) == ("rotated", refresh_token())
    outcome, token = await stores.refresh_tokens.rotate("t2", "t3", 9000, 3000)
    assert outcome == "rotated"
    assert token == refresh_token("t2", expires_at=8000)
    assert await stores.refresh_tokens.rotate("nothing", "t9", 8000, 2000) == ("unknown", None)


async def test_a_token_used_again_revokes_its_family_and_no_other(stores: Stores) -> None:
    await stores.refresh_tokens.add(refresh_token())
    await stores.refresh_tokens.add(refresh_token("other", family="f2"))
    await stores.refresh_tokens.rotate("t1", "t2", 8000, 2000)
    assert (await stores.refresh_tokens.rotate("t1", "t3", 8000, 2000))[0] == "reused"
    assert (await stores.refresh_tokens.rotate("t2", "t4", 8000, 2000))[0] == "revoked"
    assert (await stores.refresh_tokens.rotate("t3", "t5", 8000, 2000))[0] == "unknown"
    assert (await stores.refresh_tokens.rotate("other", "t6", 8000, 2000))[0] == "rotated"


async def test_of_two_who_spend_a_token_at_once_one_succeeds(stores: Stores) -> None:
    await stores.refresh_tokens.add(refresh_token())
    tries = [stores.refresh_tokens.rotate("t1", f"n{n}", 8000, 2000) for n in range(5)]
    outcomes = [outcome for outcome, _ in await asyncio.gather(*tries)]
    assert outcomes.count("rotated") == 1
    assert outcomes.count("reused") == 1
    assert outcomes.count("revoked") == 3


async def test_refresh_tokens_expire_are_revoked_and_forgotten(stores: Stores) -> None:
    await stores.refresh_tokens.add(refresh_token())
    assert (await stores.refresh_tokens.rotate("t1", "t2", 9000, 5000))[0] == "expired"
    assert await stores.refresh_tokens.revoke_family("t1") == refresh_token()
    assert (await stores.refresh_tokens.rotate("t1", "t2", 9000, 2000))[0] == "revoked"
    assert await stores.refresh_tokens.revoke_family("nothing") is None
    await stores.refresh_tokens.add(refresh_token("mine", family="f2"))
    await stores.refresh_tokens.add(refresh_token("theirs", family="f3", user_id="u2"))
    await stores.refresh_tokens.revoke_user("u1")
    assert (await stores.refresh_tokens.rotate("mine", "x1", 9000, 2000))[0] == "revoked"
    assert (await stores.refresh_tokens.rotate("theirs", "x2", 9000, 2000))[0] == "rotated"
    await stores.refresh_tokens.purge(6000)
    assert (await stores.refresh_tokens.rotate("mine", "x3", 9000, 2000))[0] == "unknown"
    assert (await stores.refresh_tokens.rotate("x2", "x4", 9000, 2000))[0] == "rotated"


async def test_the_guard_counts_each_key_to_its_limit(stores: Stores) -> None:
    limits = {"account": 2, "address": 3}
    assert [await stores.guard.enter(limits, 1000, 500) for _ in range(3)] == [0, 0, 1500]
    assert await stores.guard.enter({"address": 3}, 1100, 500) == 0
    assert await stores.guard.enter({"address": 3}, 1100, 500) == 1500
    assert await stores.guard.enter(limits, 1500, 500) == 0


async def test_the_guard_forgets_and_takes_back(stores: Stores) -> None:
    await stores.guard.enter({"a": 1, "b": 1}, 1000, 500)
    await stores.guard.clear("a")
    assert await stores.guard.enter({"a": 1}, 1000, 500) == 0
    assert await stores.guard.enter({"b": 1}, 1000, 500) == 1500
    await stores.guard.refund("b")
    await stores.guard.refund("b")
    assert await stores.guard.enter({"b": 1}, 1000, 500) == 0
    assert await stores.guard.enter({"b": 1}, 1000, 500) == 1500
    await stores.guard.refund("unknown")
    await stores.guard.purge(1500, 500)
    assert await stores.guard.enter({"b": 1}, 1400, 500) == 0


async def test_of_many_attempts_at_once_only_the_limit_gets_in(stores: Stores) -> None:
    outcomes = await asyncio.gather(*(stores.guard.enter({"k": 3}, 1000, 500) for _ in range(10)))
    assert sorted(outcomes) == [0] * 3 + [1500] * 7


async def test_a_link_is_taken_once_before_it_expires(stores: Stores) -> None:
    await stores.links.add("l1", "u1", 2000)
    await stores.links.add("l2", "u2", 2000)
    assert sorted(await asyncio.gather(*(stores.links.take("l1", 1000) for _ in range(3))), key=str) == [
        None,
        None,
        "u1",
    ]
    assert await stores.links.take("l2", 2000) is None
    assert await stores.links.take("nothing", 1000) is None


async def test_invitations_are_found_and_listed(stores: Stores) -> None:
    for n in range(3):
        await stores.invitations.add(invitation(f"i{n}", created_at=1000 + n))
    await stores.invitations.add(invitation("elsewhere", session_id="s2"))
    assert await stores.invitations.by_id("i1") == invitation("i1", created_at=1001)
    assert await stores.invitations.by_token("hash of i2") == invitation("i2", created_at=1002)
    assert await stores.invitations.by_token("nothing") is None
    assert [entry.invitation_id for entry in await stores.invitations.of_session("s1")] == ["i2", "i1", "i0"]


async def test_an_invitation_is_accepted_until_it_is_revoked(stores: Stores) -> None:
    await stores.invitations.add(invitation())
    assert await stores.invitations.accept("i1", 2000)
    assert await stores.invitations.accept("i1", 3000)
    assert await stores.invitations.revoke("i1", 4000) == invitation(accepted_at=2000, revoked_at=4000)
    assert not await stores.invitations.accept("i1", 5000)
    assert await stores.invitations.revoke("i1", 6000) == invitation(accepted_at=2000, revoked_at=4000)
    assert await stores.invitations.revoke("nothing", 1) is None
    assert not await stores.invitations.accept("nothing", 1)


async def test_spec_0_3_an_idempotency_key_belongs_to_whoever_came_first(stores: Stores) -> None:
    keys = stores.idempotency
    began = await asyncio.gather(*(keys.begin("u1 POST /x", "k", f"print {n}", 1000, 500) for n in range(4)))
    assert [entry is None for entry in began].count(True) == 1
    assert {entry.status for entry in began if entry is not None} == {0}
    assert await keys.begin("u2 POST /x", "k", "p", 1000, 500) is None


async def test_spec_0_3_the_stored_answer_is_given_again(stores: Stores) -> None:
    keys = stores.idempotency
    assert await keys.begin("scope", "k", "p", 1000, 500) is None
    answer = StoredAnswer(fingerprint="p", status=201, body=b"\x00sealed", at=1000)
    await keys.finish("scope", "k", answer)
    assert await keys.begin("scope", "k", "other", 9_000_000, 500) == answer
    await keys.purge(1001)
    assert await keys.begin("scope", "k", "p", 2000, 500) is None


async def test_a_key_whose_owner_died_or_gave_up_is_free_again(stores: Stores) -> None:
    keys = stores.idempotency
    await keys.begin("scope", "k", "p", 1000, 500)
    assert await keys.begin("scope", "k", "p", 1499, 500) is not None
    assert await keys.begin("scope", "k", "p", 1500, 500) is None
    await keys.release("scope", "k")
    assert await keys.begin("scope", "k", "p", 1501, 500) is None


async def test_a_ticket_is_taken_once_before_it_expires(stores: Stores) -> None:
    identity = Identity(user_id="u1", role="candidate", sessions=("s1",))
    await stores.tickets.put("t1", identity, 2000)
    await stores.tickets.put("t2", identity, 2000)
    assert await stores.tickets.take("t1", 1000) == identity
    assert await stores.tickets.take("t1", 1000) is None
    assert await stores.tickets.take("t2", 2000) is None


def api_key(key_id: str = "k1", **changes: Any) -> ApiKey:
    fields: dict[str, Any] = {
        "secret_hash": f"hash of {key_id}",
        "name": "Applicant tracking",
        "role": "recruiter",
        "sessions": ("s1", "s2"),
        "exams": (),
        "created_by": "u1",
        "created_at": 1000,
    }
    return ApiKey(key_id=key_id, **{**fields, **changes})


async def test_api_keys_are_found_by_hash_and_id_as_they_were_stored(stores: Stores) -> None:
    assert await stores.api_keys.add(api_key())
    assert not await stores.api_keys.add(api_key(secret_hash="another"))
    assert await stores.api_keys.by_hash("hash of k1") == api_key()
    assert await stores.api_keys.by_id("k1") == api_key()
    assert await stores.api_keys.by_hash("another") is None
    assert await stores.api_keys.by_id("nothing") is None
    await stores.api_keys.note_use("k1", 5000)
    assert await stores.api_keys.by_id("k1") == api_key(used_at=5000)


async def test_an_api_key_is_revoked_once(stores: Stores) -> None:
    await stores.api_keys.add(api_key())
    assert await stores.api_keys.revoke("k1", 2000) == api_key(revoked_at=2000)
    assert await stores.api_keys.revoke("k1", 3000) == api_key(revoked_at=2000)
    assert await stores.api_keys.by_hash("hash of k1") == api_key(revoked_at=2000)
    assert await stores.api_keys.revoke("nothing", 1) is None


async def test_api_keys_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for number in range(4):
        await stores.api_keys.add(api_key(f"k{number}", created_at=1000 + number // 2))
    first = await stores.api_keys.page(None, 3)
    assert [key.key_id for key in first] == ["k3", "k2", "k1"]
    assert [key.key_id for key in await stores.api_keys.page((first[-1].created_at, "k1"), 3)] == ["k0"]
