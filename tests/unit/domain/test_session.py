"""The rules of a session: decide and evolve, without I/O."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Move
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.evolve import evolve, fold
from vivavoce.domain.session.state import Policy, SessionState

PLAN = InterviewPlan(competencies=(), bank_version="t")
MOVE = Move(strategy="deep_dive", response_type="question")
MINUTE = 60_000


class Session:
    """A session driven by commands, with a clock of its own."""

    def __init__(self, policy: Policy | None = None, **config: object) -> None:
        self.policy = policy or Policy()
        self.state = SessionState()
        self.log: list[e.Recorded] = []
        self.now = 1_000_000
        settings = InterviewConfig(**{"duration_minutes": 10, **config})  # type: ignore[arg-type]
        self.do(c.CreateSession(session_id="s", config=settings, creator_role="recruiter"), "rec")

    def do(self, command: c.AnyCommand, actor: str = "system", client_id: str | None = None) -> list[e.AnySessionEvent]:
        made = decide(self.state, command, Context(self.now, self.policy, actor))
        for data in made:
            recorded = e.Recorded(self.state.head + 1, f"e{self.state.head + 1}", self.now, actor, client_id, data)
            evolve(self.state, recorded)
            self.log.append(recorded)
        return made

    def candidate(self) -> Session:
        self.do(c.AddMember(user_id="cand", role="candidate"))
        self.do(c.NoteConnected(user_id="cand", role="candidate"))
        return self

    def say(self, text: str = "hello", **more: object) -> list[e.AnySessionEvent]:
        return self.do(c.SubmitInput(user_id="cand", text=text, plan=PLAN, **more), "cand")  # type: ignore[arg-type]

    def reply(self, *seqs: int, move: Move = MOVE, fence: int = 1) -> list[e.AnySessionEvent]:
        return self.do(c.RecordReply(fence=fence, input_seqs=seqs, text="r", move=move, engine="g", engine_version="1"))


def refused(code: str, reason: str | None = None) -> pytest.RaisesExc[VivavoceError]:
    return pytest.raises(VivavoceError, check=lambda error: error.code == code and reason in (None, error.reason))


def test_nothing_can_be_asked_of_a_session_that_does_not_exist() -> None:
    with refused("not_found"):
        decide(SessionState(), c.EndSession(by="x", role="admin"), Context(1, Policy(), "x"))


def test_the_first_input_begins_the_interview_and_a_reply_falls_due() -> None:
    s = Session().candidate()
    made = s.say()
    assert [type(event).__name__ for event in made] == ["InterviewBegan", "InputSubmitted"]
    assert (s.state.status, s.state.reply_due) == ("live", True)
    s.reply(s.state.head)
    assert not s.state.reply_due
    assert s.state.turns[0].input_text == "hello"


def test_spec_1_a_reply_answers_exactly_the_due_inputs_and_only_once() -> None:
    s = Session().candidate()
    s.say("one")
    first = s.state.head
    s.say("two")
    with refused("conflict", "reply_superseded"):
        s.reply(first, s.state.head)
    s.reply(first)
    with refused("conflict", "reply_superseded"):
        s.reply(first)
    s.reply(s.state.head - 1)
    assert [turn.input_text for turn in s.state.turns] == ["one", "two"]


def test_spec_2_a_new_input_interrupts_a_reply_under_way_for_clients_that_stream() -> None:
    s = Session().candidate()
    s.say("one")
    first = s.state.head
    s.say("two", interrupts=True)
    with refused("conflict", "reply_superseded"):
        s.reply(first)
    s.reply(first, s.state.head)
    assert s.state.turns[0].input_text == "one\ntwo"


def test_a_reply_under_an_older_lease_is_refused() -> None:
    s = Session().candidate()
    s.say("one")
    s.reply(s.state.head, fence=5)
    s.say("two")
    with refused("conflict", "reply_superseded"):
        s.reply(s.state.head, fence=4)


@pytest.mark.parametrize(
    ("text", "code"), [("", "invalid_payload"), (" \n\t ", "invalid_payload"), ("x" * 10_001, "too_large")]
)
def test_spec_0_7_empty_and_overlong_texts_are_refused(text: str, code: str) -> None:
    with refused(code):
        Session().candidate().say(text)


def test_a_text_of_exactly_the_limit_is_taken() -> None:
    assert Session().candidate().say("x" * 10_000)


def test_spec_0_5_only_the_candidate_speaks_once_there_is_one() -> None:
    s = Session()
    s.do(c.SubmitInput(user_id="rec", text="a trial", plan=PLAN), "rec")
    s.candidate()
    with refused("forbidden"):
        s.do(c.SubmitInput(user_id="rec", text="again", plan=PLAN), "rec")
    with refused("forbidden"):
        s.do(c.SubmitInput(user_id="stranger", text="hi", plan=PLAN), "stranger")


def test_spec_6_9_in_production_nothing_is_taken_before_consent() -> None:
    s = Session(Policy(require_consent=True)).candidate()
    with refused("conflict", "consent_required"):
        s.say()
    s.do(c.RecordConsent(user_id="cand", purposes=("interview",), agreed=True), "cand")
    s.say()
    s.do(c.RecordConsent(user_id="cand", purposes=("interview",), agreed=False), "cand")
    with refused("conflict", "consent_required"):
        s.say()


def test_spec_5_a_claim_never_restores_a_membership_that_was_taken_away() -> None:
    s = Session().candidate()
    s.do(c.RemoveMember(user_id="cand"))
    with refused("forbidden", "membership_removed"):
        s.do(c.AddMember(user_id="cand", role="candidate"))
    with refused("forbidden"):
        s.say()
    s.do(c.AddMember(user_id="cand", role="candidate", restore=True))
    assert s.say()


def test_spec_2_the_candidates_clock_stops_while_disconnected() -> None:
    s = Session().candidate()
    s.say()
    s.now += 2 * MINUTE
    gone = s.now
    s.now += MINUTE  # the grace and more
    s.do(c.NoteDisconnected(user_id="cand", since=gone))
    assert s.state.elapsed_s(s.now) == 120
    s.now += 60 * MINUTE
    assert s.state.elapsed_s(s.now) == 120
    s.do(c.NoteConnected(user_id="cand", role="candidate"))
    s.now += MINUTE
    assert (s.state.elapsed_s(s.now), s.state.remaining_s(s.now)) == (180, 420)


def test_the_recruiter_leaving_does_not_stop_the_candidates_clock() -> None:
    s = Session().candidate()
    s.do(c.NoteConnected(user_id="rec", role="recruiter"))
    s.say()
    s.do(c.NoteDisconnected(user_id="rec", since=s.now))
    s.now += MINUTE
    assert s.state.elapsed_s(s.now) == 60


def fire(s: Session) -> list[e.AnySessionEvent]:
    return [
        event
        for kind, due, seq in s.state.deadlines(s.policy)
        if due <= s.now
        for event in s.do(c.FireTimer(kind=kind, seq=seq))
    ]


def test_an_interview_ends_when_its_time_and_the_overtime_are_over() -> None:
    s = Session().candidate()
    s.say()
    s.reply(s.state.head)
    s.now += 10 * MINUTE
    assert fire(s) == []
    s.now += 3 * MINUTE
    assert [event.reason for event in fire(s) if isinstance(event, e.SessionEnded)] == ["time"]
    assert s.state.report == "pending"


def test_an_interview_is_completed_a_minute_after_its_closing() -> None:
    s = Session().candidate()
    s.say()
    s.reply(s.state.head, move=msgspec.structs.replace(MOVE, closes=True))
    s.now += MINUTE - 1
    assert fire(s) == []
    s.now += 1
    assert [event.reason for event in fire(s) if isinstance(event, e.SessionEnded)] == ["completed"]


def test_who_speaks_after_the_closing_is_heard() -> None:
    s = Session().candidate()
    s.say()
    s.reply(s.state.head, move=msgspec.structs.replace(MOVE, closes=True))
    s.say("one more thing")
    s.now += 2 * MINUTE
    assert fire(s) == []


def test_spec_0_7_an_idle_session_ends_after_two_hours_and_one_that_never_began_does_not() -> None:
    s = Session().candidate()
    s.now += 30 * 24 * 60 * MINUTE
    assert fire(s) == []
    s.say()
    s.do(c.NoteDisconnected(user_id="cand", since=s.now))
    s.now += 120 * MINUTE
    assert [event.reason for event in fire(s) if isinstance(event, e.SessionEnded)] == ["abandoned"]


def test_a_timer_that_was_overtaken_does_nothing() -> None:
    s = Session().candidate()
    s.say()
    kind, _, seq = s.state.deadlines(s.policy)[0]
    assert s.do(c.FireTimer(kind=kind, seq=seq)) == []


def test_nothing_is_taken_after_the_end_and_ending_twice_is_one_end() -> None:
    s = Session().candidate()
    s.say()
    s.do(c.EndSession(by="cand", role="candidate"), "cand")
    assert s.do(c.EndSession(by="rec", role="recruiter"), "rec") == []
    assert s.state.end_reason == "candidate"
    with refused("conflict", "session_over"):
        s.say()
    with refused("conflict", "session_over"):
        s.do(c.RequestPatience(user_id="cand", seconds=10), "cand")


def test_an_observer_cannot_end() -> None:
    s = Session().candidate()
    s.do(c.AddMember(user_id="obs", role="observer"))
    with refused("forbidden"):
        s.do(c.EndSession(by="obs", role="observer"), "obs")


def test_who_withdraws_is_not_judged() -> None:
    s = Session().candidate()
    s.say()
    s.do(c.Withdraw(by="cand"), "cand")
    assert (s.state.end_reason, s.state.report) == ("withdrawn", "none")


def test_patience_is_bounded_and_ends_with_the_next_input() -> None:
    s = Session().candidate()
    s.say()
    for seconds in (0, -1, 301, float("nan")):
        with refused("invalid_payload"):
            s.do(c.RequestPatience(user_id="cand", seconds=seconds), "cand")
    s.do(c.RequestPatience(user_id="cand", seconds=60), "cand")
    assert s.state.patience_until == s.now + 60_000
    s.say("ready")
    assert s.state.patience_until == 0


def test_the_opening_is_due_until_it_is_given() -> None:
    s = Session().candidate()
    s.do(c.BeginInterview(plan=PLAN))
    assert s.state.reply_due
    s.reply(fence=1)
    assert not s.state.reply_due
    assert s.do(c.BeginInterview(plan=PLAN)) == []


_STEPS = st.sampled_from(["say", "interrupt", "reply", "connect", "disconnect", "think", "wait", "end", "fire"])


@given(st.lists(_STEPS, max_size=40))
def test_the_state_is_the_fold_of_the_events_whatever_happened(steps: list[str]) -> None:
    """DESIGN 7: state kept along = state read again, for any course of events."""
    s = Session().candidate()
    for step in steps:
        try:
            if step in ("say", "interrupt"):
                s.say(step, interrupts=step == "interrupt")
            elif step == "reply":
                s.reply(*(entry.seq for entry in s.state.pending()))
            elif step == "connect":
                s.do(c.NoteConnected(user_id="cand", role="candidate"))
            elif step == "disconnect":
                s.do(c.NoteDisconnected(user_id="cand", since=s.now))
            elif step == "think":
                s.do(c.RequestPatience(user_id="cand", seconds=5), "cand")
            elif step == "wait":
                s.now += MINUTE
            elif step == "end":
                s.do(c.EndSession(by="cand", role="candidate"), "cand")
            else:
                fire(s)
        except VivavoceError:
            continue
    stored = [msgspec.structs.replace(entry, data=e.decode(e.encode(entry.data))) for entry in s.log]
    assert fold(stored) == s.state


def test_spec_6_9_a_redacted_event_keeps_its_structure_and_loses_its_words() -> None:
    s = Session(resume="my life", candidate_name="Ann").candidate()
    s.say("my secret", context="about me")
    s.reply(s.state.head)
    for recorded in s.log:
        text = e.encode(e.redact(recorded.data))
        assert b"secret" not in text and b"my life" not in text and b"Ann" not in text
        assert e.decode(text).redacted
    redacted = fold([msgspec.structs.replace(entry, data=e.redact(entry.data)) for entry in s.log])
    assert (redacted.head, len(redacted.turns), redacted.reply_due) == (s.state.head, 1, False)
