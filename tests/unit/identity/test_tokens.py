"""Access tokens (SPEC 0.5, 7)."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.api import SECRET
from tests.fakes.clock import FakeClock
from vivavoce.domain.errors import VivavoceError
from vivavoce.identity.keyring import Keyring, WeakSecretError
from vivavoce.identity.tokens import Tokens, looks_like_jwt


def forged(claims: dict[str, Any], *, secret: str = SECRET, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(claims, secret, algorithm=algorithm, headers=headers or None)


def sound(clock: FakeClock, **changes: Any) -> dict[str, Any]:
    claims = {"sub": "u1", "name": "Uma", "role": "recruiter", "exp": clock.now_ms() // 1000 + 60, **changes}
    return {key: value for key, value in claims.items() if value is not None}


async def refusal(tokens: Tokens, token: str) -> str:
    with pytest.raises(VivavoceError) as caught:
        await tokens.verify(token)
    assert caught.value.code == "unauthorized"
    return caught.value.reason


async def test_spec_7_claims_of_a_token_become_the_identity(tokens: Tokens, clock: FakeClock) -> None:
    token = tokens.mint("u1", role="candidate", name="Uma", sessions=["s1"], exams=["*"], ttl_s=60, language="ko")
    identity = await tokens.verify(token)
    assert (identity.user_id, identity.name, identity.role) == ("u1", "Uma", "candidate")
    assert (identity.sessions, identity.exams, identity.language) == (("s1",), ("*",), "ko")
    assert identity.expires_at == clock.now_ms() / 1000 + 60
    assert not identity.guest


async def test_spec_7_all_sessions_are_written_as_a_star(tokens: Tokens) -> None:
    token = tokens.mint("u1", role="interviewer", sessions=["*"], ttl_s=60)
    assert jwt.decode(token, options={"verify_signature": False})["sessions"] == "*"
    assert (await tokens.verify(token)).sessions == ("*",)


async def test_spec_0_5_a_numeric_subject_is_compared_as_a_string(tokens: Tokens, clock: FakeClock) -> None:
    assert (await tokens.verify(forged(sound(clock, sub=42, sessions=[7, "s"])))).user_id == "42"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": None}, "exp is required"),
        ({"sub": None}, "sub is required"),
        ({"sub": ""}, "empty"),
        ({"sub": True}, "a boolean is no id"),
        ({"sub": ["u1"]}, "a list is no id"),
        ({"sub": "guest:u1"}, "nobody signs in as a guest"),
        ({"sub": "system"}, "nobody signs in as the server"),
        ({"sub": "u\n1"}, "not printable"),
        ({"sub": "u" * 129}, "too long"),
        ({"role": "root"}, "unknown role"),
        ({"role": ["admin"]}, "a list is no role"),
        ({"role": 1}, "a number is no role"),
        ({"sessions": "s1"}, "not a list"),
        ({"sessions": [{}]}, "not ids"),
        ({"exp": "tomorrow"}, "not a time"),
        ({"exp": True}, "not a time"),
        ({"nbf": 9_999_999_999}, "not yet valid"),
        ({"iat": 9_999_999_999}, "from the future"),
    ],
)
async def test_spec_0_5_a_token_with_wrong_claims_is_refused(
    tokens: Tokens, clock: FakeClock, changes: dict[str, Any], why: str
) -> None:
    assert await refusal(tokens, forged(sound(clock, **changes))) == "token_invalid", why


async def test_spec_0_5_an_unsigned_token_is_refused(tokens: Tokens, clock: FakeClock) -> None:
    assert await refusal(tokens, jwt.encode(sound(clock), None, algorithm="none")) == "token_invalid"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, "HS512", "RS256", "ES256"])
async def test_spec_0_5_only_the_configured_algorithm_counts(
    tokens: Tokens, clock: FakeClock, algorithm: object
) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    genuine = forged(sound(clock))
    assert await refusal(tokens, ".".join([header, *genuine.split(".")[1:]])) == "token_invalid"
    assert await refusal(tokens, f"{header}.{genuine.split('.')[1]}.") == "token_invalid"


async def test_spec_0_5_a_token_of_another_secret_or_changed_is_refused(tokens: Tokens, clock: FakeClock) -> None:
    assert await refusal(tokens, forged(sound(clock), secret="x" * 40)) == "token_invalid"
    head, _, tail = forged(sound(clock)).split(".")
    body = base64.urlsafe_b64encode(json.dumps(sound(clock, role="admin")).encode()).rstrip(b"=").decode()
    assert await refusal(tokens, f"{head}.{body}.{tail}") == "token_invalid"


async def test_spec_0_5_an_expired_token_is_refused_after_the_clock_skew(clock: FakeClock) -> None:
    tokens = Tokens(Keyring([SECRET], "production"), clock, leeway_s=30)
    token = tokens.mint("u1", role="admin", ttl_s=60)
    clock.advance(89)
    await tokens.verify(token)
    clock.advance(2)
    assert await refusal(tokens, token) == "token_expired"


@pytest.mark.parametrize("leeway_s", [-1, 31])
def test_the_clock_skew_allowed_is_bounded(clock: FakeClock, leeway_s: float) -> None:
    with pytest.raises(ValueError, match="clock skew"):
        Tokens(Keyring([SECRET], "production"), clock, leeway_s=leeway_s)


@given(garbage=st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{0,20}){2}")))
async def test_spec_0_5_whatever_is_no_token_is_refused_and_nothing_else_happens(garbage: str) -> None:
    tokens = Tokens(Keyring([SECRET], "production"), FakeClock())
    assert await refusal(tokens, garbage) == "token_invalid"


async def test_a_token_too_long_or_too_deep_is_refused(tokens: Tokens, clock: FakeClock) -> None:
    assert await refusal(tokens, forged(sound(clock, name="x" * 10_000))) == "token_invalid"
    deep = base64.urlsafe_b64encode(b"[" * 4000 + b"]" * 1000).rstrip(b"=").decode()
    assert await refusal(tokens, f"{forged(sound(clock)).split('.')[0]}.{deep}.x") == "token_invalid"


async def test_a_rotated_secret_is_believed_until_it_is_removed(clock: FakeClock) -> None:
    old, new = SECRET, "another secret that is long enough, 9876543210"
    token = Tokens(Keyring([old], "production"), clock).mint("u1", role="admin", ttl_s=60)
    assert (await Tokens(Keyring([new, old], "production"), clock).verify(token)).user_id == "u1"
    assert await refusal(Tokens(Keyring([new], "production"), clock), token) == "token_invalid"


class ProviderKeys:
    def __init__(self, keys: dict[str, Any]) -> None:
        self.keys = keys

    async def key(self, key_id: str | None) -> Any | None:
        return self.keys.get(key_id or "")


async def test_spec_7_a_providers_rs256_token_is_accepted_by_its_key(clock: FakeClock) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = ProviderKeys({"k1": private.public_key()})
    tokens = Tokens(Keyring([SECRET], "production"), clock, provider_keys=keys)
    token = jwt.encode(sound(clock), private, algorithm="RS256", headers={"kid": "k1"})
    assert (await tokens.verify(token)).user_id == "u1"
    unknown = jwt.encode(sound(clock), private, algorithm="RS256", headers={"kid": "k2"})
    assert await refusal(tokens, unknown) == "token_invalid"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert await refusal(tokens, jwt.encode(sound(clock), other, algorithm="RS256", headers={"kid": "k1"})) == (
        "token_invalid"
    )


@pytest.mark.parametrize(
    ("token", "meant"),
    [
        ("your_jwt_token_here", False),
        ("", False),
        ("YOUR-TOKEN", False),
        ("test", False),
        ("your.token", False),
        ("a b.c d.e", False),
        ("a.b.c", True),
        ("aGVhZGVy.cGF5bG9hZA.", True),
        ("aGVhZGVy.cGF5bG9hZA.c2ln", True),
        ("eyJhbGciOiJIUzI1NiJ9", True),
        ("eyJhbGciOiJIUzI1NiJ9.cut", True),
        ("a.b.c.d.e", True),
    ],
)
def test_spec_0_5_a_placeholder_is_told_from_a_jwt(token: str, meant: bool) -> None:
    assert looks_like_jwt(token) is meant


@pytest.mark.parametrize(
    "secret", ["", "secret", "changeme" * 8, "your_jwt_secret_key_goes_here_please", "a" * 64, "short"]
)
def test_spec_0_5_production_refuses_a_default_or_short_secret(secret: str) -> None:
    with pytest.raises(WeakSecretError, match="VIVAVOCE_JWT_SECRET"):
        Keyring([secret], "production")


def test_development_takes_a_short_secret_but_not_none() -> None:
    assert Keyring(["short"], "development").signing == b"short"
    with pytest.raises(WeakSecretError):
        Keyring([], "development")


def test_a_signed_token_is_good_for_its_purpose_only() -> None:
    keyring = Keyring([SECRET], "production")
    token = keyring.signed("invitation")
    assert keyring.is_signed("invitation", token)
    assert not keyring.is_signed("sign-in link", token)
    assert not keyring.is_signed("invitation", token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert not keyring.is_signed("invitation", token + "A")
    assert not keyring.is_signed("invitation", "")
    assert not looks_like_jwt(token)
