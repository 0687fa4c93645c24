"""Who an answer to a chunk says is speaking."""

from __future__ import annotations

import pytest

from vivavoce.domain.access import Viewer
from vivavoce.domain.session.panel import PanelState, PanelUtterance, Speaker
from vivavoce.domain.session.private import PrivateState
from vivavoce.domain.session.state import SessionState
from vivavoce.protocols.panel.projector import audio_result

SAID = PanelUtterance("u1", 5, "e5", 0, "ann", "speaker_1", 0.8, False, False, "What did you build?", 0.0, 3.0, None)


@pytest.mark.parametrize(
    ("speaking", "shown"),
    [
        (None, ("면접관_1", "speaker_1", 0.8)),
        ("speaker_2", ("Chloe", "speaker_2", None)),
        ("speaker_3", ("Chloe", "speaker_2", None)),
        ("speaker_4", (None, "speaker_4", None)),
        ("", (None, None, None)),
    ],
    ids=[
        "nobody: who spoke last",
        "somebody else",
        "merged into another",
        "a voice without a name yet",
        "not known yet",
    ],
)
def test_the_current_speaker_is_who_speaks_now(speaking: str | None, shown: tuple[object, ...]) -> None:
    known = {
        "speaker_1": Speaker("speaker_1", "면접관_1", "interviewer"),
        "speaker_2": Speaker("speaker_2", "지원자_1", "candidate", name="Chloe"),
        "speaker_3": Speaker("speaker_3", "지원자_2", "candidate", merged_into="speaker_2"),
    }
    state = SessionState(session_id="s", kind="panel", panel=PanelState(speakers=known, utterances=[SAID]))
    result = audio_result(
        state,
        PrivateState(),
        Viewer(user_id="ann", role="interviewer"),
        timestamp=1,
        heard=[],
        speaking=speaking,
        seq=5,
        client_id=None,
    )
    told = result.diarization
    assert (told["current_speaker"], told["speaker_id"], told["confidence"]) == shown
    assert told["speakers"] == ["면접관_1", "Chloe"]
