"""SPEC 6.5: the transcript is confirmed before the final scoring; own utterances can be flagged until then."""

from __future__ import annotations

from tests.unit.domain.test_session import MINUTE, PLAN, Session, refused
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import events as e
from vivavoce.domain.session.evolve import fold
from vivavoce.domain.session.state import Policy

POLICY = Policy(confirmation_ms=5 * MINUTE)


class Interview(Session):
    """An interview by voice: `speak` stores a recording and says what was heard in it."""

    def __init__(self, policy: Policy = POLICY) -> None:
        super().__init__(policy)
        self.candidate()

    def speak(self, text: str, user_id: str = "cand") -> str:
        recording = f"r{self.state.head}"
        audio = {"user_id": user_id, "recording_id": recording, "offset": 0, "size": 10, "received_ms": 900}
        self.do(c.StoreAudio(**audio, audio_format="wav", complete=True), user_id)  # type: ignore[arg-type]
        part = c.SpokenPart(text, Spoken(recording_id=recording, start_s=0.1, end_s=0.9))
        made = self.do(c.RecordSpeech(recording_id=recording, plan=PLAN, parts=(part,), finished=True))
        heard = next(event for event in made if isinstance(event, e.InputSubmitted))
        return next(recorded.event_id for recorded in self.log if recorded.data is heard)

    def flag(self, utterance_id: str, correction: str = "", *, by: str = "cand", flagged: bool = True) -> list[object]:
        command = cf.FlagUtterance(user_id=by, utterance_id=utterance_id, correction=correction, flagged=flagged)
        return list(self.do(command, by))

    def end(self) -> None:
        self.do(c.EndSession(by="cand", role="candidate"), "cand")

    def confirm(self, by: str = "cand") -> list[object]:
        return list(self.do(cf.ConfirmTranscript(user_id=by), by))


def test_an_own_utterance_is_flagged_corrected_and_unflagged_each_once() -> None:
    s = Interview()
    said = s.speak("I like the sea")
    entry = s.state.inputs[0]
    assert [type(event) for event in s.flag(said)] == [cf.UtteranceFlagged]
    assert entry.flag == cf.Flag("")
    assert s.flag(said) == []
    assert len(s.flag(said, " I like C ")) == 1
    assert entry.flag == cf.Flag("I like C")
    assert len(s.flag(said, flagged=False)) == 1
    assert entry.flag is None
    assert s.flag(said, flagged=False) == []


def test_only_own_spoken_utterances_are_flagged() -> None:
    s = Interview()
    said = s.speak("mine")
    s.say("typed")
    typed = s.state.inputs[-1].event_id
    with refused("forbidden", "not_own_utterance"):
        s.flag(said, by="rec")
    for unknown in (typed, "nothing"):
        with refused("not_found", "utterance_not_found"):
            s.flag(unknown)
    with refused("too_large"):
        s.flag(said, "x" * (POLICY.text_limit + 1))


def test_the_scores_wait_for_the_candidate_until_they_confirm() -> None:
    s = Interview()
    said = s.speak("mine")
    assert s.state.confirmation == "open"
    s.end()
    assert (s.state.confirmation, s.state.report, s.state.unconfirmed) == ("awaiting", "pending", ["cand"])
    assert s.state.next_due(s.policy) == s.now + 5 * MINUTE
    s.flag(said, "my own")
    assert [type(event) for event in s.confirm()] == [cf.TranscriptConfirmed]
    assert (s.state.confirmation, s.state.deadlines(s.policy)) == ("confirmed", [])
    assert s.confirm() == []
    with refused("conflict", "transcript_closed"):
        s.flag(said, "something better")
    assert fold(s.log) == s.state


def test_the_scores_wait_no_longer_than_the_time_for_it() -> None:
    s = Interview()
    said = s.speak("mine")
    s.end()
    ended = s.state.ended_seq
    assert s.do(c.FireTimer(kind="confirmation", seq=ended)) == []
    s.now += 5 * MINUTE
    assert s.do(c.FireTimer(kind="confirmation", seq=ended)) == [cf.ConfirmationLapsed()]
    assert (s.state.confirmation, s.state.unconfirmed) == ("lapsed", [])
    assert s.do(c.FireTimer(kind="confirmation", seq=ended)) == []
    with refused("conflict", "transcript_closed"):
        s.confirm()
    with refused("conflict", "transcript_closed"):
        s.flag(said)


def test_nothing_waits_where_nothing_was_spoken() -> None:
    s = Interview()
    s.say("typed")
    s.end()
    assert (s.state.confirmation, s.state.report, s.state.deadlines(s.policy)) == ("none", "pending", [])
    with refused("forbidden", "nothing_to_confirm"):
        s.confirm()


def test_nothing_waits_for_staff_who_try_an_interview_nor_where_it_is_switched_off_nor_after_a_withdrawal() -> None:
    tried = Session(POLICY)
    tried.do(c.NoteConnected(user_id="rec", role="recruiter"))
    Interview.speak(tried, "only a test", "rec")  # type: ignore[arg-type]
    tried.do(c.EndSession(by="rec", role="recruiter"), "rec")
    assert tried.state.confirmation == "none"
    off = Interview(Policy(confirmation_ms=0))
    off.speak("mine")
    off.end()
    assert off.state.confirmation == "none"
    gone = Interview()
    gone.speak("mine")
    gone.do(c.Withdraw(by="cand"), "cand")
    assert (gone.state.confirmation, gone.state.report) == ("none", "none")


def test_confirming_is_for_those_who_were_heard_and_comes_after_the_end() -> None:
    s = Interview()
    s.speak("mine")
    with refused("conflict", "session_not_over"):
        s.confirm()
    s.end()
    with refused("forbidden", "nothing_to_confirm"):
        s.confirm("rec")


def test_spec_6_9_what_a_correction_says_goes_with_the_words_it_corrects() -> None:
    assert e.redact(cf.UtteranceFlagged(user_id="cand", input_seq=3, correction="my own")) == cf.UtteranceFlagged(
        redacted=True, user_id="cand", input_seq=3
    )
