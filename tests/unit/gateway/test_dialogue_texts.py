"""SPEC 0.4, 0.9: what the dialogue door says to people is in the catalogue, in every language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import vivavoce.gateway.doors
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import SessionState
from vivavoce.locales import catalogue
from vivavoce.protocols.dialogue.unheard import error_of

DOORS = Path(vivavoce.gateway.doors.__file__).parent


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_has_a_sentence(language: Language) -> None:
    source = "".join(path.read_text() for path in DOORS.glob("dialogue*.py"))
    told = set(re.findall(r"\.status\(\s*\"(\w+)\"", source))
    told |= {"speech_started", "speech_ended", "false_start"}
    assert {"processing", "thinking", "waiting", "interrupted", "token_refreshed", "transcribing"} <= told
    missing = {name for name in told if f"status_{name}" not in catalogue("dialogue", language)}
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", get_args(e.Unheard))
def test_spec_2_what_could_not_be_heard_is_said_in_a_sentence(language: Language, reason: e.Unheard) -> None:
    data = e.SpeechMissed(recording_id="r", reason=reason, language="ko", start_s=1.0, end_s=2.0)
    error = error_of(e.Recorded(7, "e7", 0, "system", None, data), data, SessionState())
    assert error.reason in catalogue("errors", language)
    assert (error.info["seq"], error.info["event_id"], error.info["recording_id"]) == (7, "e7", "r")


def test_spec_2_korean_speech_is_said_to_be_korean() -> None:
    data = e.SpeechMissed(reason="other_language", language="ko")
    error = error_of(e.Recorded(1, "e", 0, "system", None, data), data, SessionState())
    assert "Korean" in catalogue("errors", "en")[error.reason]
    assert (error.info["language"], error.info["expected"]) == ("ko", "en")
