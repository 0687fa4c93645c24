"""SPEC 0.4, 0.5, 0.7: bad clients of a server in production are told what is wrong, and nobody else notices."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.integration.room_abuse import CASES, health, refusals_of, start
from tests.integration.server import ServerProcess


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = start(tmp_path_factory.mktemp("abuse") / "data")
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("name", CASES)
def test_spec_0_4_a_bad_client_gets_its_answer_while_others_are_served(attacked: ServerProcess, name: str) -> None:
    case, wanted = CASES[name]
    with health(attacked.base) as answered:
        assert case(attacked.port) == wanted
    assert answered


def test_each_refusal_is_one_line_of_the_audit_and_no_token_is_in_the_log(attacked: ServerProcess) -> None:
    case, _ = CASES["a stranger who joins, replays, posts, asks"]
    before = len(refusals_of(attacked, "eve"))
    case(attacked.port)
    until = time.monotonic() + 20
    while (found := len(refusals_of(attacked, "eve")) - before) < 4 and time.monotonic() < until:
        time.sleep(0.05)  # they are written in the background
    assert found == 4
    assert "eyJ" not in attacked.output()
