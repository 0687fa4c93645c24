"""Autobahn's fuzzing cases 1 to 10 against the conformance server, as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

kosoku = pytest.importorskip("kosoku")

# Close codes that the RFC leaves undefined, and data after a close frame: Autobahn only looks.
pytestmark = pytest.mark.slow

INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}
CASES = {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "vivavoce.gateway.conformance", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[-1]
        server.terminate()
        assert server.wait(10) == 0


@pytest.mark.parametrize("section", CASES)
async def test_autobahn(url: str, section: str) -> None:
    """Strictly: a verdict of "non-strict" is a failure here. Case 6.4: text fails at the first wrong byte."""
    try:
        results = await kosoku.run_fuzzingclient(url, cases=[f"{section}.*"])
    except kosoku.FailureError as error:
        results = error.results
    verdicts = {result.case_id: (result.behavior.value, result.behavior_close.value) for result in results}
    assert len(verdicts) == CASES[section]
    unexpected = {
        case: verdict
        for case, verdict in verdicts.items()
        if verdict != (("INFORMATIONAL", "INFORMATIONAL") if case in INFORMATIONAL else ("OK", "OK"))
    }
    assert unexpected == {}
