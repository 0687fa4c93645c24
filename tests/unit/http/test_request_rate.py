"""How often somebody may ask (SPEC 0.7)."""

from __future__ import annotations

import pytest

from tests.fakes.api import ApiHouse
from tests.fakes.clock import FakeClock
from vivavoce.domain.errors import VivavoceError
from vivavoce.http.request_rate import RequestRate

STRANGER = ("203.0.113.7", 40000)


def asked(rate: RequestRate, key: str, times: int) -> int:
    """How many of these requests were let through."""
    for number in range(times):
        try:
            rate.count(key)
        except VivavoceError:
            return number
    return times


def test_a_burst_and_then_the_rate() -> None:
    clock = FakeClock()
    rate = RequestRate(clock, 2, burst_s=5)
    assert asked(rate, "a", 20) == 10
    with pytest.raises(VivavoceError) as caught:
        rate.count("a")
    assert (caught.value.code, caught.value.info) == ("rate_limited", {"retry_after": 1})
    clock.advance(1)
    assert asked(rate, "a", 20) == 2
    assert asked(rate, "b", 20) == 10
    clock.advance(5)
    assert asked(rate, "a", 20) == 10


def test_refused_requests_cost_nothing() -> None:
    clock = FakeClock()
    rate = RequestRate(clock, 1, burst_s=1)
    assert [asked(rate, "a", 1) for _ in range(50)] == [1, *[0] * 49]
    clock.advance(1)
    assert asked(rate, "a", 2) == 1


def test_what_is_over_is_forgotten_and_what_is_remembered_is_bounded() -> None:
    clock = FakeClock()
    rate = RequestRate(clock, 1, burst_s=10, keys=3)
    for key in "abcde":
        rate.count(key)
    assert len(rate) == 3
    clock.advance(2)
    rate.count("f")
    assert len(rate) == 1


def test_zero_is_no_limit() -> None:
    rate = RequestRate(FakeClock(), 0)
    assert asked(rate, "a", 1000) == 1000
    assert len(rate) == 0


def limited() -> ApiHouse:
    return ApiHouse(rate=RequestRate(FakeClock(), 1, burst_s=3))


async def test_a_person_is_counted_whatever_the_address() -> None:
    house = limited()
    token = house.token("rec", "recruiter")
    async with house.client(token) as here, house.client(token, address=STRANGER) as there:
        statuses = [(await client.get("/api/v1/competencies")).status_code for client in (here, there, here)]
        assert statuses == [200, 200, 200]
        refused = await there.get("/api/v1/competencies")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"] == "rate_limited"
    assert refused.json()["info"] == {"retry_after": 1, "reason": "rate_limited"}
    async with house.as_("other", "recruiter") as other:
        assert (await other.get("/api/v1/competencies")).status_code == 200


async def test_who_is_nobody_is_counted_by_address() -> None:
    house = limited()
    async with house.client(address=STRANGER) as stranger, house.client(address=("203.0.113.8", 1)) as another:
        statuses = [(await stranger.get("/api/v1/sessions")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        assert (await stranger.post("/api/v1/auth/refresh", json={"refresh_token": "x"})).status_code == 429
        assert (await another.get("/api/v1/sessions")).status_code == 401


async def test_loopback_addresses_are_not_counted() -> None:
    house = limited()
    async with house.client() as local:
        assert [(await local.get("/api/v1/sessions")).status_code for _ in range(6)] == [401] * 6


async def test_what_watches_the_server_may_ask_at_any_rate() -> None:
    house = limited()
    async with house.client(address=STRANGER) as stranger:
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            assert [(await stranger.get(path)).status_code for _ in range(6)] == [200] * 6
