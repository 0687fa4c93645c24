"""Who stands at the door (SPEC 0.5)."""

from __future__ import annotations

import pytest

from tests.fakes.api import ApiHouse
from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError
from vivavoce.identity.doorman import as_named
from vivavoce.identity.tickets import TicketOffice


@pytest.fixture
def development() -> ApiHouse:
    return ApiHouse(mode="development")


async def refusal(house: ApiHouse, **shown: object) -> VivavoceError:
    with pytest.raises(VivavoceError) as caught:
        await house.doorman.identify(**{"token": None, "is_local_request": False, **shown})  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("token", [None, "", "  ", "your_jwt_token_here", "Bearer your_jwt_token_here"])
async def test_spec_0_5_a_local_client_without_a_jwt_is_a_guest_in_development(
    development: ApiHouse, token: str | None
) -> None:
    guest = await development.doorman.identify(token=token, is_local_request=True, named="alice")
    assert guest.user_id == "guest:alice"
    assert guest.guest
    assert guest.role == "interviewer"
    assert not guest.is_admin


@pytest.mark.parametrize("token", [None, "", "your_jwt_token_here"])
async def test_spec_0_5_nobody_else_is_a_guest(development: ApiHouse, house: ApiHouse, token: str | None) -> None:
    for refused in (
        await refusal(development, token=token, is_local_request=False),
        await refusal(house, token=token, is_local_request=True),
        await refusal(house, token=token, is_local_request=False),
    ):
        assert refused.code == "unauthorized"


@pytest.mark.parametrize("spoil", ["forge", "expire", "cut", "garble"])
async def test_spec_0_5_a_jwt_that_is_not_good_is_always_refused(development: ApiHouse, spoil: str) -> None:
    token = development.token("u1", "admin")
    head, body, tail = token.split(".")
    if spoil == "expire":
        development.clock.advance(2 * 3600)
    spoiled = {"forge": f"{head}.{body}.{tail[::-1]}", "expire": token, "cut": head, "garble": "a.b.c"}[spoil]
    refused = await refusal(development, token=spoiled, is_local_request=True)
    assert refused.code == "unauthorized"
    assert refused.reason == ("token_expired" if spoil == "expire" else "token_invalid")


async def test_a_good_token_is_known_in_either_mode(development: ApiHouse, house: ApiHouse) -> None:
    for place in (development, house):
        identity = await place.doorman.identify(
            token=f"Bearer {place.token('u1', 'recruiter')}", is_local_request=False
        )
        assert (identity.user_id, identity.role, identity.guest) == ("u1", "recruiter", False)


async def test_a_ticket_is_good_once_and_for_thirty_seconds(house: ApiHouse) -> None:
    office = TicketOffice(house.tickets, house.clock)
    identity = Identity(user_id="u1", role="candidate", expires_at=5.0)
    ticket = await office.issue(identity)
    assert await house.doorman.identify(token=None, ticket=ticket, is_local_request=False) == identity
    assert (await refusal(house, ticket=ticket)).reason == "ticket_invalid"
    late = await office.issue(identity)
    house.clock.advance(30)
    assert (await refusal(house, ticket=late)).reason == "ticket_invalid"


async def test_a_guests_ticket_is_of_no_use_elsewhere(development: ApiHouse) -> None:
    office = TicketOffice(development.tickets, development.clock)
    ticket = await office.issue(await development.doorman.identify(token=None, is_local_request=True))
    assert (await refusal(development, ticket=ticket, is_local_request=False)).reason == "ticket_invalid"


async def test_a_ticket_that_is_not_good_is_not_replaced_by_being_a_guest(development: ApiHouse) -> None:
    assert (await refusal(development, ticket="nonsense", is_local_request=True)).reason == "ticket_invalid"
    assert (await refusal(development, ticket="x" * 10_000, is_local_request=True)).code == "unauthorized"


async def test_spec_0_5_a_disabled_account_is_out_though_its_token_is_good(house: ApiHouse) -> None:
    account = await house.users.create("a@b.example", "Ann", "recruiter", by="system")
    token = house.token(account.user_id, "recruiter")
    await house.doorman.identify(token=token, is_local_request=False)
    await house.users.disable(account.user_id, by="system")
    assert (await refusal(house, token=token)).reason == "token_revoked"


async def test_a_token_from_before_a_change_of_role_is_out(house: ApiHouse) -> None:
    account = await house.users.create("a@b.example", "Ann", "admin", by="system")
    before = house.token(account.user_id, "admin")
    house.clock.advance(2)
    await house.users.set_role(account.user_id, "observer", by="system")
    assert (await refusal(house, token=before)).reason == "token_revoked"
    after = await house.doorman.identify(token=house.token(account.user_id, "observer"), is_local_request=False)
    assert after.role == "observer"


def test_spec_0_5_a_guest_is_the_first_user_it_names() -> None:
    unnamed = Identity(user_id="guest:anonymous", role="interviewer", guest=True)
    assert as_named(unnamed, None) is unnamed
    named = as_named(unnamed, 7)
    assert named.user_id == "guest:7"
    assert as_named(named, "7") is named
    assert as_named(named, "guest:7") is named
    with pytest.raises(VivavoceError) as caught:
        as_named(named, "8")
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize(("named", "fits"), [("42", True), (42, True), ("43", False), ("guest:42", False)])
def test_spec_0_5_a_payload_may_not_contradict_the_token(named: object, fits: bool) -> None:
    identity = Identity(user_id="42", role="candidate")
    if fits:
        assert as_named(identity, named) is identity
        return
    with pytest.raises(VivavoceError) as caught:
        as_named(identity, named)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("named", [True, 1.5, [], {}, "", "   ", "a\nb", "x" * 200])
def test_what_is_no_user_id_is_refused(named: object) -> None:
    with pytest.raises(VivavoceError) as caught:
        as_named(Identity(user_id="guest:anonymous", role="interviewer", guest=True), named)
    assert caught.value.code == "invalid_payload"
