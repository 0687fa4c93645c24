"""SPEC 0.4 and 0.5: one origin check for every door."""

from __future__ import annotations

import pytest

from vivavoce.gateway.origins import OriginPolicy


def test_spec_0_5_production_knows_only_the_configured_origins() -> None:
    policy = OriginPolicy("production", ["https://vivavoce.example", "http://other.example:8080/"])
    assert policy.allows("https://vivavoce.example")
    assert policy.allows("HTTPS://Vivavoce.Example:443")
    assert policy.allows("http://other.example:8080")
    for origin in ("http://vivavoce.example", "https://vivavoce.example:8443", "https://evil.example", "null", ""):
        assert not policy.allows(origin)
    for origin in ("http://localhost:8000", "https://vivavoce.example.evil.example", "https://vivavoce.example/path"):
        assert not policy.allows(origin)


def test_spec_0_5_development_lets_loopback_pages_and_files_in_and_no_others() -> None:
    policy = OriginPolicy("development")
    for origin in ("null", "http://localhost:5173", "http://127.0.0.1:8000", "http://[::1]:8000", "https://localhost"):
        assert policy.allows(origin)
    for origin in ("http://evil.example", "http://localhost.evil.example", "http://192.168.0.4:8000", "garbage"):
        assert not policy.allows(origin)


def test_a_client_that_is_no_page_has_no_origin_and_is_judged_by_its_token() -> None:
    assert OriginPolicy("production").allows(None)
    assert OriginPolicy("development").allows(None)


def test_a_configured_star_lets_every_page_in() -> None:
    assert OriginPolicy("production", ["*"]).allows("https://anywhere.example")


@pytest.mark.parametrize("entry", ["vivavoce.example", "https://", "https://a.example/path", "https://a.example:x"])
def test_an_entry_that_is_no_origin_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=entry):
        OriginPolicy("production", [entry])
