"""What is shown of words while they are spoken."""

from __future__ import annotations

import pytest

from vivavoce.domain.session.panel import PanelState, Speaker
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE
from vivavoce.domain.session.state import Recording, SessionState
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


@pytest.mark.parametrize(("context", "speaker_id"), [(OWN_MICROPHONE, "user:kim"), ("", None)])
def test_a_partial_has_the_times_of_the_session_and_the_owner_of_the_microphone(
    context: str, speaker_id: str | None
) -> None:
    state = SessionState(session_id="s", kind="panel")
    state.recordings["r1"] = Recording(
        recording_id="r1",
        user_id="kim",
        client_id=None,
        audio_format="pcm",
        sample_rate=0,
        streamed=True,
        in_one=False,
        language="",
        context=context,
        interrupts=False,
        seq=1,
        at=0,
        at_s=40.0,
    )
    message = partial(PartialSpeech("kim", "r1", "last year I", "en", 1.5, 2.25), state)
    assert (message.speaker_id, message.start, message.end) == (speaker_id, 41.5, 42.25)
