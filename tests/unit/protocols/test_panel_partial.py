"""What is shown of words while they are spoken."""

from __future__ import annotations

import pytest

from vivavoce.domain.session.panel import PanelState, Speaker
from vivavoce.domain.session.state import SessionState
from vivavoce.protocols.panel.projector import partial
from vivavoce.voice.speech import PartialSpeech


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("", (None, None)),
        ("speaker_1", ("speaker_1", "Chloe")),
        ("speaker_2", ("speaker_1", "Chloe")),
        ("speaker_3", ("speaker_3", None)),
    ],
    ids=["nobody yet", "known", "merged into another", "of whom there is no utterance yet"],
)
def test_a_partial_says_whose_voice_it_sounds_like(heard: str, shown: tuple[str | None, str | None]) -> None:
    known = {
        "speaker_1": Speaker("speaker_1", "지원자_1", "candidate", name="Chloe"),
        "speaker_2": Speaker("speaker_2", "지원자_2", "candidate", merged_into="speaker_1"),
    }
    state = SessionState(session_id="s", kind="panel", panel=PanelState(speakers=known))
    message = partial(PartialSpeech("kim", "r1", "last year I", "en", 1.5, 2.25, heard), state)
    assert (message.speaker_id, message.speaker) == shown
    assert (message.text, message.audio_start, message.audio_end) == ("last year I", 1.5, 2.25)
