"""Signing in and out, users, invitations."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.api import ApiHouse, quick_passwords
from vivavoce.adapters.memory.identity import MemorySignInGuard
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session import commands as c
from vivavoce.identity.passwords import check_password
from vivavoce.identity.upkeep import Upkeep
from vivavoce.ports import Account

PASSWORD = "correct horse battery"


async def account(house: ApiHouse, email: str = "ann@example.com") -> Account:
    return await house.users.create(email, "Ann", "recruiter", password=PASSWORD, by="system")


async def refusal(work: object) -> VivavoceError:
    with pytest.raises(VivavoceError) as caught:
        await work  # type: ignore[misc]
    return caught.value


async def test_a_right_password_gives_tokens_for_the_account(house: ApiHouse) -> None:
    known = await account(house)
    granted = await house.sign_in.with_password(" Ann@Example.com ", PASSWORD, "1.1.1.1")
    assert granted.account.user_id == known.user_id
    identity = await house.doorman.identify(token=granted.access_token, is_local_request=False)
    assert (identity.user_id, identity.role) == (known.user_id, "recruiter")


async def test_a_wrong_password_and_a_stranger_get_the_same_answer(house: ApiHouse) -> None:
    await account(house)
    wrong = await refusal(house.sign_in.with_password("ann@example.com", "wrong", "1.1.1.1"))
    stranger = await refusal(house.sign_in.with_password("bob@example.com", "wrong", "1.1.1.1"))
    assert (wrong.code, wrong.reason, wrong.details) == (stranger.code, stranger.reason, stranger.details)
    assert wrong.code == "unauthorized"


async def test_a_stranger_costs_a_hash_too(house: ApiHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = quick_passwords()
    checked: list[str] = []
    verify = passwords._hash.verify_and_update

    def counting(password: str, stored: str) -> tuple[bool, str | None]:
        checked.append(stored)
        return verify(password, stored)

    monkeypatch.setattr(passwords._hash, "verify_and_update", counting)
    assert await passwords.check("whatever", "") == (False, None)
    assert await passwords.check("nobody has this password", "") == (False, None)
    assert len(checked) == 2


async def test_five_failures_lock_the_account_until_the_window_ends(house: ApiHouse) -> None:
    await account(house)
    for n in range(5):
        assert (await refusal(house.sign_in.with_password("ann@example.com", "wrong", f"1.1.1.{n}"))).code == (
            "unauthorized"
        )
    locked = await refusal(house.sign_in.with_password("ann@example.com", PASSWORD, "9.9.9.9"))
    assert locked.code == "rate_limited"
    assert locked.info["retry_after"] == 15 * 60
    house.clock.advance(15 * 60)
    await house.sign_in.with_password("ann@example.com", PASSWORD, "9.9.9.9")


async def test_one_address_cannot_try_many_accounts(house: ApiHouse) -> None:
    for n in range(30):
        await refusal(house.sign_in.with_password(f"p{n}@example.com", "wrong", "1.1.1.1"))
    await account(house)
    assert (await refusal(house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1"))).code == "rate_limited"
    await house.sign_in.with_password("ann@example.com", PASSWORD, "2.2.2.2")


async def test_guesses_at_once_are_all_counted(house: ApiHouse) -> None:
    await account(house)
    attempts = [house.sign_in.with_password("ann@example.com", f"guess {n}", "1.1.1.1") for n in range(20)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, VivavoceError)]
    assert codes.count("unauthorized") == 5
    assert codes.count("rate_limited") == 15


async def test_signing_in_forgets_the_accounts_failures(house: ApiHouse) -> None:
    await account(house)
    for _ in range(3):
        for _ in range(4):
            await refusal(house.sign_in.with_password("ann@example.com", "wrong", "1.1.1.1"))
        await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")


async def test_a_refresh_token_changes_at_each_use_and_reuse_ends_the_family(house: ApiHouse) -> None:
    await account(house)
    first = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    second = await house.sign_in.refresh(first.refresh_token, "1.1.1.1")
    assert second.refresh_token != first.refresh_token
    assert (await refusal(house.sign_in.refresh(first.refresh_token, "6.6.6.6"))).reason == "refresh_reused"
    assert (await refusal(house.sign_in.refresh(second.refresh_token, "1.1.1.1"))).reason == "refresh_invalid"
    assert "refresh_reused" in [entry["action"] for entry in house.store.audit]


async def test_other_sign_ins_outlive_a_reuse(house: ApiHouse) -> None:
    await account(house)
    stolen = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    other = await house.sign_in.with_password("ann@example.com", PASSWORD, "2.2.2.2")
    await house.sign_in.refresh(stolen.refresh_token, "1.1.1.1")
    await refusal(house.sign_in.refresh(stolen.refresh_token, "6.6.6.6"))
    await house.sign_in.refresh(other.refresh_token, "2.2.2.2")


async def test_a_refresh_token_expires_and_ends_with_signing_out(house: ApiHouse) -> None:
    await account(house)
    granted = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    await house.sign_in.sign_out(granted.refresh_token, "1.1.1.1")
    await house.sign_in.sign_out("unknown", "1.1.1.1")
    assert (await refusal(house.sign_in.refresh(granted.refresh_token, "1.1.1.1"))).reason == "refresh_invalid"
    late = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    house.clock.advance(31 * 24 * 3600)
    assert (await refusal(house.sign_in.refresh(late.refresh_token, "1.1.1.1"))).reason == "refresh_invalid"


async def test_a_sign_in_link_works_once_and_not_for_ever(house: ApiHouse) -> None:
    known = await account(house)
    link = await house.sign_in.make_link(known.user_id)
    assert (await house.sign_in.with_link(link, "1.1.1.1")).account.user_id == known.user_id
    assert (await refusal(house.sign_in.with_link(link, "1.1.1.1"))).reason == "link_invalid"
    late = await house.sign_in.make_link(known.user_id)
    house.clock.advance(15 * 60)
    assert (await refusal(house.sign_in.with_link(late, "1.1.1.1"))).reason == "link_invalid"
    assert (await refusal(house.sign_in.with_link("made up", "1.1.1.1"))).reason == "link_invalid"


async def test_a_new_password_ends_what_was_open(house: ApiHouse) -> None:
    known = await account(house)
    granted = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    await house.users.set_password(known.user_id, "another good password", by="system")
    assert (await refusal(house.sign_in.refresh(granted.refresh_token, "1.1.1.1"))).reason == "refresh_invalid"
    await refusal(house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1"))
    await house.sign_in.with_password("ann@example.com", "another good password", "1.1.1.1")


async def test_an_address_can_have_one_account(house: ApiHouse) -> None:
    await account(house)
    assert (await refusal(account(house, "ANN@example.com"))).reason == "email_taken"
    assert (await refusal(account(house, "not an address"))).reason == "email_invalid"


async def test_passwords_are_stored_as_argon2_only(house: ApiHouse) -> None:
    known = await account(house)
    assert known.password_hash.startswith("$argon2id$")
    assert PASSWORD not in known.password_hash


@pytest.mark.parametrize("password", ["short", "x" * 300, "ann@example.com", "aaaaaaaaaaaaaa"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(VivavoceError) as caught:
        check_password(password, email="ann@example.com")
    assert caught.value.info["field"] == "password"


# --- invitations --------------------------------------------------------------------------------------------------


async def created(house: ApiHouse, session_id: str = "s1") -> str:
    await house.sessions.submit(session_id, c.CreateSession(session_id=session_id, creator_role="recruiter"), "rec")
    return session_id


async def test_an_invitation_makes_its_holder_a_member_of_that_session_only(house: ApiHouse) -> None:
    await created(house)
    invitation, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    accepted = await house.invitations.accept(token)
    assert accepted.session_id == "s1"
    identity = await house.doorman.identify(token=accepted.granted.access_token, is_local_request=False)
    assert identity.user_id.startswith("cand_")
    assert (identity.role, identity.sessions, identity.name) == ("candidate", ("s1",), "Lee")
    member = (await house.sessions.state("s1")).members[identity.user_id]
    assert (member.role, member.invitation_id) == ("candidate", invitation.invitation_id)
    assert house.invitations.status((await house.invitations.of_session("s1"))[0]) == "accepted"


async def test_the_same_link_is_the_same_person(house: ApiHouse) -> None:
    await created(house)
    _, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    several = await asyncio.gather(*(house.invitations.accept(token) for _ in range(3)))
    assert len({accepted.granted.account.user_id for accepted in several}) == 1
    state = await house.sessions.state("s1")
    assert [member.role for member in state.members.values()] == ["recruiter", "candidate"]


async def test_the_token_of_an_invitation_is_stored_as_a_hash(house: ApiHouse) -> None:
    await created(house)
    invitation, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    assert token not in str(await house.invitations.of_session("s1"))
    assert invitation.token_hash != token


async def test_a_revoked_invitation_takes_everything_back_at_once(house: ApiHouse) -> None:
    await created(house)
    invitation, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    granted = (await house.invitations.accept(token)).granted
    await house.invitations.revoke("s1", invitation.invitation_id, by="rec")
    assert (await house.sessions.state("s1")).members[granted.account.user_id].removed
    assert (await refusal(house.invitations.accept(token))).reason == "invitation_revoked"
    assert (await refusal(house.sign_in.refresh(granted.refresh_token, "1.1.1.1"))).reason == "refresh_invalid"
    shown = house.doorman.identify(token=granted.access_token, is_local_request=False)
    assert (await refusal(shown)).reason == "token_revoked"


async def test_an_invitation_revoked_before_it_was_used_opens_nothing(house: ApiHouse) -> None:
    await created(house)
    invitation, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    await house.invitations.revoke("s1", invitation.invitation_id, by="rec")
    assert (await refusal(house.invitations.accept(token))).code == "forbidden"
    assert len((await house.sessions.state("s1")).members) == 1


async def test_an_invitation_expires(house: ApiHouse) -> None:
    await created(house)
    invitation, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    house.clock.advance(3600)
    assert (await refusal(house.invitations.accept(token))).reason == "invitation_expired"
    assert house.invitations.status(invitation) == "expired"


async def test_a_forged_or_foreign_token_is_no_invitation(house: ApiHouse) -> None:
    await created(house)
    _, token = await house.invitations.invite("s1", "Lee", ttl_hours=1, by="rec")
    for other in ("x" * 46, token[::-1], house.keyring.signed("invitation"), "", "ü" * 46):
        assert (await refusal(house.invitations.accept(other))).code == "not_found"


async def test_an_invitation_of_another_session_cannot_be_revoked_from_here(house: ApiHouse) -> None:
    await created(house)
    await created(house, "s2")
    invitation, _ = await house.invitations.invite("s2", "Lee", ttl_hours=1, by="rec")
    assert (await refusal(house.invitations.revoke("s1", invitation.invitation_id, by="rec"))).code == "not_found"


async def test_an_invited_interviewer_is_one_in_that_session_only(house: ApiHouse) -> None:
    await created(house)
    _, token = await house.invitations.invite("s1", "Mo", role="interviewer", ttl_hours=1, by="rec")
    granted = (await house.invitations.accept(token)).granted
    assert (await house.sessions.state("s1")).members[granted.account.user_id].role == "interviewer"
    identity = await house.doorman.identify(token=granted.access_token, is_local_request=False)
    assert not identity.may_create


async def test_what_is_over_is_forgotten(house: ApiHouse) -> None:
    await account(house)
    granted = await house.sign_in.with_password("ann@example.com", PASSWORD, "1.1.1.1")
    await house.idempotency.begin("scope", "key", "print", house.clock.now_ms(), 1)
    upkeep = Upkeep(house.refresh_tokens, MemorySignInGuard(), house.idempotency, house.clock)
    await upkeep.forget()
    granted = await house.sign_in.refresh(granted.refresh_token, "1.1.1.1")
    house.clock.advance(31 * 24 * 3600)
    await upkeep.forget()
    assert house.refresh_tokens._tokens == {}
    assert house.idempotency._answers == {}
