"""Whatever is sent, the API answers as its OpenAPI says, and never breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fakes.api import ApiHouse
from vivavoce.domain.access import Identity
from vivavoce.domain.question_sets import SetQuestion
from vivavoce.domain.session import commands as c

pytestmark = pytest.mark.slow

HOUSE = ApiHouse()
TOKEN = HOUSE.token("root", "admin")
OF_ROOMS = ("/questions", "/status", "/emergency-stop", "/events", "/analysis")
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


async def _furnish() -> None:
    """Something to find: a session with a member and an invitation, a room, a question set, and a user."""
    created = c.CreateSession(session_id="s1", creator_role="admin")
    await HOUSE.sessions.submit("s1", created, "root")
    await HOUSE.invitations.invite("s1", "Lee", ttl_hours=1, by="root")
    await HOUSE.sessions.submit("r1", c.CreateSession(session_id="r1", kind="room", creator_role="admin"), "root")
    root = Identity(user_id="root", role="admin")
    await HOUSE.services.question_sets.create(root, "q1", "Set", "en", [SetQuestion(question_id="", text="Why?")])
    await HOUSE.users.create("ann@example.com", "Ann", "recruiter", password="correct horse battery", by="root")


asyncio.run(_furnish())
schema = schemathesis.openapi.from_asgi("/openapi.json", HOUSE.api)


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_spec_5_every_operation_answers_as_described(case: Any) -> None:
    given = case.path_parameters or {}
    if "session_id" in given:
        given["session_id"] = "r1" if case.path.endswith(OF_ROOMS) else "s1"
    if "question_set_id" in given:
        given["question_set_id"] = "q1"
    response = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
    # This house has no recogniser, and says so as described: 503 is no failure there.
    no_voice = response.status_code == 503 and case.path.endswith("/audio")
    case.validate_response(response, checks=CHECKS[1:] if no_voice else CHECKS)


@schema.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_spec_0_4_refusals_to_strangers_have_the_one_shape(case: Any) -> None:
    response = case.call()
    assert response.status_code < 500 or response.status_code == 503
    if response.status_code >= 400 and case.path.startswith("/api/"):
        assert set(response.json()) == {"error", "message", "details", "info"}
