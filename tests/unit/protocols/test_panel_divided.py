"""An utterance that turns out to be two people's words, as clients are told."""

from __future__ import annotations

from vivavoce.domain.access import Viewer
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.evolve import evolve
from vivavoce.domain.session.state import SessionState
from vivavoce.protocols.panel import messages as m
from vivavoce.protocols.panel.projector import project, transcripts


def test_both_utterances_come_as_the_transcript_has_them() -> None:
    state = SessionState(session_id="s", kind="panel")
    facts: list[e.AnySessionEvent] = [
        p.SpeakerFound(speaker_id="speaker_1", label="면접관_1", role="interviewer"),
        p.UtteranceHeard(
            utterance_id="u1", speaker_id="speaker_1", attribution=0.9, text="How long? Three weeks.", end_s=4.0
        ),
        p.SpeakerFound(speaker_id="speaker_2", label="지원자_1", role="candidate"),
        p.UtteranceDivided(utterance_id="u1", rest_id="u1.1", at=10, at_s=2.0, speaker_id="speaker_2", attribution=0.8),
    ]
    log = [e.Recorded(seq, f"e{seq}", 1000, "system", None, data) for seq, data in enumerate(facts, 1)]
    for recorded in log:
        evolve(state, recorded)
    message = project(log[-1], state, Viewer(user_id="ann", role="interviewer"))
    assert isinstance(message, m.UtteranceDivided)
    assert [message.utterance, message.rest] == transcripts(state)
    assert [(one["text"], one["speaker"], one["end"]) for one in transcripts(state)] == [
        ("How long?", "면접관_1", 2.0),
        ("Three weeks.", "지원자_1", 4.0),
    ]
