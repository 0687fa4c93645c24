"""The keys of an identity provider (SPEC 7: RS256 with a JWKS URL)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.clock import FakeClock
from vivavoce.adapters.jwks import JwksKeys
from vivavoce.domain.errors import VivavoceError
from vivavoce.identity.keyring import Keyring
from vivavoce.identity.tokens import Tokens

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published(*key_ids: str) -> dict[str, Any]:
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(PRIVATE.public_key()))
    return {"keys": [{"kty": "EC", "kid": "other"}, *({**key, "kid": key_id, "use": "sig"} for key_id in key_ids)]}


class Provider:
    """Answers with the next of its answers, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(500) if answer is None else httpx.Response(200, content=answer)


def keys_of(*answers: Any) -> tuple[JwksKeys, Provider, FakeClock]:
    provider, clock = Provider(*answers), FakeClock()
    return JwksKeys("https://id.example/jwks", clock, transport=httpx.MockTransport(provider)), provider, clock


async def test_keys_are_fetched_once_and_remembered() -> None:
    keys, provider, clock = keys_of(json.dumps(published("a")))
    found = await asyncio.gather(*(keys.key("a") for _ in range(5)))
    assert all(key is not None for key in found)
    assert provider.asked == 1
    clock.advance(3601)
    await keys.key("a")
    assert provider.asked == 2


async def test_an_unknown_key_is_looked_for_again_but_not_at_every_request() -> None:
    keys, provider, clock = keys_of(json.dumps(published("a")), json.dumps(published("a", "b")))
    assert await keys.key("a") is not None
    assert [await keys.key("b") for _ in range(3)] == [None] * 3
    assert provider.asked == 1
    clock.advance(31)
    assert await keys.key("b") is not None
    assert provider.asked == 2


@pytest.mark.parametrize("trouble", [None, b"<html>", b"[]", b'{"keys": 5}', b"x" * 600_000])
async def test_while_the_provider_is_away_remembered_keys_stay_good(trouble: Any) -> None:
    keys, _, clock = keys_of(json.dumps(published("a")), trouble)
    assert await keys.key("a") is not None
    clock.advance(4000)
    assert await keys.key("a") is not None


@pytest.mark.parametrize("trouble", [None, b"<html>", b"[]"])
async def test_without_any_key_the_answer_is_unavailable(trouble: Any) -> None:
    keys, _, _ = keys_of(trouble)
    with pytest.raises(VivavoceError) as caught:
        await keys.key("a")
    assert caught.value.code == "unavailable"


async def test_spec_7_a_providers_token_is_verified_with_its_published_key() -> None:
    keys, _, clock = keys_of(json.dumps(published("a")))
    tokens = Tokens(Keyring(["x" * 8 + "0123456789abcdefghijklmnop"], "production"), clock, provider_keys=keys)
    claims = {"sub": "u1", "role": "recruiter", "exp": clock.now_ms() // 1000 + 60}
    token = jwt.encode(claims, PRIVATE, algorithm="RS256", headers={"kid": "a"})
    assert (await tokens.verify(token)).user_id == "u1"
    assert (await tokens.verify(jwt.encode(claims, PRIVATE, algorithm="RS256"))).user_id == "u1"
