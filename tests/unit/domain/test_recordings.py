"""SPEC 0.1, 2: audio in a session: stored, heard, and where each word can be heard again."""

from __future__ import annotations

from typing import Any

import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewPlan, Move
from vivavoce.domain.recordings import Spoken, is_uncompressed, joint_confidence, spans_of
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.evolve import evolve, fold
from vivavoce.domain.session.state import Policy, SessionState

PLAN = InterviewPlan(competencies=(), bank_version="1")


class Life:
    """A session with one candidate, told in commands."""

    def __init__(self, **policy: Any) -> None:
        self.state = SessionState()
        self.policy = Policy(**policy)
        self.now = 1_000_000
        self.events: list[e.Recorded] = []
        self.do(c.CreateSession(session_id="s"), "recruiter")
        self.do(c.AddMember(user_id="kim", role="candidate"), "recruiter")

    def do(self, command: c.AnyCommand, actor: str = "kim", client_id: str | None = None) -> list[e.AnySessionEvent]:
        decided = decide(self.state, command, Context(self.now, self.policy, actor))
        for index, data in enumerate(decided):
            last = client_id if index == len(decided) - 1 else None
            recorded = e.Recorded(self.state.head + 1, f"e{self.state.head + 1}", self.now, actor, last, data)
            evolve(self.state, recorded)
            self.events.append(recorded)
        return decided

    def store(self, recording_id: str = "r", offset: int = 0, size: int = 100, **more: Any) -> Any:
        client_id = more.pop("client_id", None)
        command = c.StoreAudio(
            user_id=more.pop("user_id", "kim"),
            recording_id=recording_id,
            offset=offset,
            size=size,
            received_ms=more.pop("received_ms", 0),
            audio_format=more.pop("audio_format", "webm"),
            **more,
        )
        return self.do(command, client_id=client_id)

    def hear(self, text: str, start_s: float, end_s: float, recording_id: str = "r", **more: Any) -> Any:
        spoken = Spoken(recording_id=recording_id, start_s=start_s, end_s=end_s, confidence=0.8, language="en")
        part = c.SpokenPart(text, spoken)
        return self.do(c.RecordSpeech(recording_id=recording_id, plan=PLAN, parts=(part,), **more), "system")


def refused(work: Any) -> VivavoceError:
    with pytest.raises(VivavoceError) as refusal:
        work()
    return refusal.value


def test_spec_0_1_a_stream_is_stored_piece_by_piece_and_is_unheard_until_it_was_heard() -> None:
    life = Life()
    life.store(size=0, streamed=True, client_id="mine")
    life.store(offset=0, size=10, received_ms=500)
    life.store(offset=10, size=5, received_ms=900)
    recording = life.state.recordings["r"]
    assert (recording.size, recording.received_ms, recording.client_id) == (15, 900, "mine")
    assert life.state.unheard == ["r"]
    assert life.state.work_due
    life.hear("hello", 0.1, 0.8)
    assert life.state.status == "live"
    assert (recording.heard_s, life.state.inputs[0].client_id) == (0.8, "mine")
    life.do(c.RecordSpeech(recording_id="r", plan=PLAN, finished=True, duration_s=0.9), "system")
    assert life.state.unheard == []
    assert (recording.heard, recording.duration_s) == (True, 0.9)


def test_spec_0_1_what_was_heard_is_never_heard_twice() -> None:
    life = Life()
    life.store(streamed=True)
    assert life.hear("one", 0.1, 0.8)
    assert not life.hear("one", 0.1, 0.8)
    assert life.hear("two", 1.0, 1.5, finished=True, duration_s=2.0)
    assert not life.hear("three", 1.7, 1.9, finished=True, duration_s=2.0)
    assert [entry.text for entry in life.state.inputs] == ["one", "two"]


def test_a_recording_goes_on_only_where_it_ended() -> None:
    life = Life()
    life.store(size=10)
    error = refused(lambda: life.store(offset=5, size=10))
    assert (error.code, error.reason, error.info["received_bytes"]) == ("conflict", "recording_moved", 10)
    life.store(offset=10, size=0, complete=True)
    assert refused(lambda: life.store(offset=10, size=1)).reason == "recording_complete"
    assert refused(lambda: life.store("other", offset=3)).code == "not_found"


def test_spec_0_5_nobody_goes_on_with_somebody_elses_recording() -> None:
    life = Life()
    life.do(c.AddMember(user_id="lee", role="candidate"), "recruiter")
    life.store()
    assert refused(lambda: life.store(offset=100, user_id="lee")).code == "forbidden"
    assert refused(lambda: life.store("x", user_id="recruiter")).reason == "only_candidate_speaks"


def test_spec_6_9_nothing_is_recorded_before_consent() -> None:
    life = Life(require_consent=True)
    assert refused(life.store).reason == "consent_required"
    life.do(c.RecordConsent(user_id="kim", purposes=("interview",), agreed=True))
    assert life.store()


def test_spec_6_9_words_are_not_used_after_consent_was_taken_back() -> None:
    life = Life(require_consent=True)
    life.do(c.RecordConsent(user_id="kim", purposes=("interview",), agreed=True))
    life.store()
    life.do(c.RecordConsent(user_id="kim", purposes=("interview",), agreed=False))
    missed, heard = life.hear("secret", 0.0, 1.0, finished=True, duration_s=1.0)
    assert (missed.reason, life.state.inputs) == ("consent_required", [])
    assert isinstance(heard, e.RecordingHeard)


def test_an_interview_has_room_for_so_much_audio() -> None:
    life = Life(audio_bytes=150)
    life.store(size=100)
    error = refused(lambda: life.store(offset=100, size=51))
    assert (error.code, error.reason, error.info["limit"]) == ("too_large", "audio_full", 150)
    life.hear("hi", 0, 1, finished=True, duration_s=1.0)
    life.do(c.FileRecording(recording_id="r", audio_format="flac", size=40), "system")
    assert life.state.audio_bytes == 40
    assert life.store("next", size=110)


def test_so_many_recordings_may_wait() -> None:
    life = Life(max_pending_recordings=2)
    life.store("a")
    life.store("b")
    assert refused(lambda: life.store("c")).reason == "too_many_waiting"


def test_after_the_end_nothing_is_said_any_more_and_what_was_recorded_is_settled() -> None:
    life = Life()
    life.store(streamed=True)
    life.hear("one", 0.1, 0.8)
    life.do(c.EndSession(by="kim", role="candidate"))
    assert refused(lambda: life.store(offset=100)).reason == "session_over"
    life.store(offset=100, size=0, complete=True)
    heard = life.hear("too late", 1.0, 2.0, finished=True, duration_s=2.0)
    assert [type(event) for event in heard] == [e.RecordingHeard]
    assert not life.state.work_due


def test_spec_0_session_time_of_speech() -> None:
    """A stream is heard from where it began; what came whole was said before it arrived."""
    life = Life()
    life.do(c.BeginInterview(plan=PLAN))
    life.do(c.NoteConnected(user_id="kim", role="candidate"), "system")
    life.now += 10_000
    life.store("live", streamed=True, size=0)
    life.now += 5_000
    life.hear("one", 1.0, 2.5, "live")
    assert (life.state.inputs[0].at_s, life.state.inputs[0].end_s) == (11.0, 12.5)
    life.store("whole", complete=True)
    life.now += 3_000
    life.hear("two", 0.5, 3.5, "whole", finished=True, duration_s=4.0)
    assert (life.state.inputs[1].at_s, life.state.inputs[1].end_s) == (11.5, 14.5)


def test_spec_0_a_stream_began_before_its_first_chunk_came() -> None:
    life = Life()
    life.do(c.BeginInterview(plan=PLAN))
    life.do(c.NoteConnected(user_id="kim", role="candidate"), "system")
    life.now += 10_000
    life.store("live", streamed=True, received_ms=1_250)
    life.store("live", offset=100, received_ms=2_250)
    life.store("early", streamed=True, received_ms=60_000)
    life.store("whole", received_ms=1_250)
    assert {name: one.at_s for name, one in life.state.recordings.items()} == {
        "live": 8.75,
        "early": 0.0,
        "whole": 10.0,
    }


def test_spec_6_1_a_turn_says_where_each_part_of_an_answer_can_be_heard() -> None:
    life = Life()
    life.store(streamed=True, interrupts=True)
    words = ((0, 0.1, 0.3), (4, 0.4, 0.8))
    spoken = Spoken(recording_id="r", start_s=0.1, end_s=0.8, confidence=0.9, words=words)
    life.do(c.RecordSpeech(recording_id="r", plan=PLAN, parts=(c.SpokenPart("one two", spoken),)), "system")
    life.do(c.SubmitInput(user_id="kim", text="typed", plan=PLAN, interrupts=True))
    life.hear("three", 1.0, 1.5)
    life.do(
        c.RecordReply(
            fence=1,
            input_seqs=tuple(entry.seq for entry in life.state.pending()),
            text="And then?",
            move=Move(strategy="deep_dive", response_type="question"),
            engine="guided",
            engine_version="1",
        ),
        "system",
    )
    turn = life.state.turns[0]
    assert turn.input_text == "one two\ntyped\nthree"
    assert [turn.input_text[span.at : span.at + span.length] for span in turn.input_audio] == ["one two", "three"]
    assert turn.input_audio[0].words == words
    assert turn.input_confidence == round((0.9 * 7 + 0.8 * 5) / 12, 3)


def test_words_of_a_later_part_count_from_the_beginning() -> None:
    spoken = Spoken(recording_id="r", start_s=2.0, end_s=3.0, words=((0, 2.0, 2.4), (3, 2.5, 3.0)))
    (span,) = spans_of([("typed", None), ("we go", spoken)])
    assert [character for character, _, _ in span.words] == [6, 9]
    assert joint_confidence([("typed", None), ("we go", spoken)]) is None


def test_events_of_before_there_was_voice_still_decode() -> None:
    old = b'{"type":"InputSubmitted","user_id":"kim","text":"hello","at_s":1.5}'
    decoded = e.decode(old)
    assert isinstance(decoded, e.InputSubmitted)
    assert (decoded.spoken, decoded.end_s, decoded.source) == (None, 0.0, "text")


def test_spec_6_9_erasure_takes_out_where_the_audio_is_and_the_rest_still_folds() -> None:
    life = Life()
    life.store(context="about me")
    life.hear("hello", 0.1, 0.8, finished=True, duration_s=1.0)
    life.do(c.FileRecording(recording_id="r", audio_format="flac", size=40), "system")
    redacted = [
        e.Recorded(entry.seq, entry.event_id, entry.at, entry.actor, entry.client_id, e.redact(entry.data))
        for entry in life.events
    ]
    assert b'"r"' not in b"".join(e.encode(entry.data) for entry in redacted)
    state = fold(redacted)
    assert (state.head, state.unheard, len(state.inputs)) == (life.state.head, [], 1)


@pytest.mark.parametrize(
    ("name", "plain"), [("wav", True), ("pcm;rate=48000", True), ("webm", False), ("flac", False), ("", False)]
)
def test_formats_that_are_worth_compressing(name: str, plain: bool) -> None:
    assert is_uncompressed(name) is plain
