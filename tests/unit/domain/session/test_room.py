"""The rules of rooms (SPEC.md 1), without I/O."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig, InterviewPlan
from vivavoce.domain.question_sets import PinnedQuestions, SetQuestion
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.evolve import evolve, fold
from vivavoce.domain.session.state import Policy, SessionState

PLAN = InterviewPlan(competencies=(), bank_version="t")
ROLES: dict[str, Role] = {
    "ada": "admin",
    "rec": "recruiter",
    "int": "interviewer",
    "cand": "candidate",
    "obs": "observer",
}
SET = PinnedQuestions(
    question_set_id="s",
    version=1,
    title="t",
    questions=(SetQuestion(question_id="q1", text="First?", time_limit_s=60, competency="teamwork"),),
)


class Room:
    """A room driven by commands, with a clock of its own."""

    def __init__(self, policy: Policy | None = None, *, by_guest: bool = False) -> None:
        self.policy = policy or Policy()
        self.state = SessionState()
        self.log: list[e.Recorded] = []
        self.now = 1_000_000
        self.do(
            c.CreateSession(
                session_id="s",
                kind="room",
                config=InterviewConfig(),
                by_guest=by_guest,
                creator_role="interviewer" if by_guest else "recruiter",
            ),
            "int" if by_guest else "rec",
        )

    def do(self, command: c.AnyCommand, actor: str = "system", client_id: str | None = None) -> list[e.AnySessionEvent]:
        made = decide(self.state, command, Context(self.now, self.policy, actor))
        for data in made:
            head = self.state.head + 1
            recorded = e.Recorded(head, f"e{head}", self.now, actor, client_id, data)
            evolve(self.state, recorded)
            self.log.append(recorded)
        return made

    def people(self, *names: str) -> Room:
        for name in names or tuple(ROLES):
            self.do(c.AddMember(user_id=name, role=ROLES[name]))
            self.do(c.NoteConnected(user_id=name, role=ROLES[name]))
        return self

    def ask(self, kind: type[Any], by: str = "int", **fields: Any) -> list[e.AnySessionEvent]:
        return self.do(kind(by=by, role=ROLES[by], **fields), by)

    def live(self) -> Room:
        self.people()
        self.ask(r.StartRoom)
        return self

    def question(self, question_id: r.Id = "q", text: str = "Why?") -> Room:
        self.ask(r.StartQuestion, question_id=question_id, question_text=text)
        return self

    def answer(self, text: str = "because", question_id: r.Id = "q", **fields: Any) -> r.AnswerSubmitted:
        made = self.ask(r.SubmitAnswer, "cand", question_id=question_id, answer_text=text, **fields)
        assert isinstance(made[0], r.AnswerSubmitted)
        return made[0]


def refused(code: str, reason: str | None = None) -> pytest.RaisesExc[VivavoceError]:
    return pytest.raises(VivavoceError, check=lambda error: error.code == code and reason in (None, error.reason))


def test_spec_1_a_room_waits_from_the_first_who_comes_and_is_live_when_started() -> None:
    room = Room()
    assert room.state.status == "scheduled"
    room.people("int")
    assert room.state.status == "waiting"
    room.ask(r.StartRoom)
    assert (room.state.status, room.state.began_at) == ("live", room.now)


def test_spec_1_a_question_in_a_waiting_room_makes_it_live() -> None:
    room = Room().people()
    made = room.ask(r.StartQuestion, question_id=7, question_text="Why?")
    assert [type(event).__name__ for event in made] == ["RoomStarted", "QuestionStarted"]
    assert room.state.status == "live"
    current = room.state.room.current
    assert current is not None
    assert current.question_id == 7


COMMANDS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "start": (r.StartRoom, {}),
    "pause": (r.PauseRoom, {}),
    "resume": (r.ResumeRoom, {}),
    "question": (r.StartQuestion, {"question_id": "q", "question_text": "Why?"}),
    "end": (r.EndRoom, {}),
    "stop": (r.StopRoom, {}),
    "answer": (r.SubmitAnswer, {"question_id": "q", "answer_text": "so"}),
    "message": (r.SendMessage, {"text": "hi"}),
    "record": (r.SwitchRecording, {"is_recording": True}),
    "help": (r.RequestHelp, {"help_type": "technical"}),
    "resolve": (r.ResolveHelp, {}),
    "announce": (r.Announce, {"message": "soon"}),
    "configure": (r.ConfigureRoom, {"questions": SET}),
}
LEAD = {"start", "pause", "resume", "question", "end", "stop", "resolve", "configure"}
MAY: dict[str, set[str]] = {
    "ada": {*LEAD, "message", "announce"},
    "rec": {*LEAD, "message"},
    "int": {*LEAD, "message"},
    "cand": {"answer", "record", "help", "message"},
    "obs": set(),
}


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("what", COMMANDS)
def test_spec_1_rights_are_exactly_those_of_the_table(who: str, what: str) -> None:
    room = Room().people()
    if what not in ("start", "configure"):
        room.question()
    if what == "resume":
        room.ask(r.PauseRoom)
    if what == "resolve":
        room.ask(r.RequestHelp, "cand", help_type="technical")
    kind, fields = COMMANDS[what]
    if what in MAY[who]:
        assert room.ask(kind, who, **fields)
    else:
        with refused("forbidden", "role_forbids"):
            room.ask(kind, who, **fields)


LIFE: list[tuple[str, set[str]]] = [
    ("waiting", {"start", "question", "end", "stop", "message", "record", "help", "configure", "announce"}),
    ("live", {"pause", "question", "end", "stop", "answer", "message", "record", "help", "announce"}),
    ("paused", {"resume", "end", "stop", "message", "help", "announce"}),
    ("ended", {"announce"}),
    ("stopped", {"announce"}),
]


@pytest.mark.parametrize(("status", "fit"), LIFE)
def test_spec_1_commands_that_do_not_fit_the_state_are_conflict(status: str, fit: set[str]) -> None:
    for what, (kind, fields) in COMMANDS.items():
        if what == "resolve":
            continue
        room = Room().people()
        if status != "waiting":
            room.question()
        if status == "paused":
            room.ask(r.PauseRoom)
        elif status in ("ended", "stopped"):
            room.ask(r.EndRoom if status == "ended" else r.StopRoom)
        assert room.state.status == status
        who = next(name for name in ("ada", "cand") if what in MAY[name])
        if what in fit:
            assert room.ask(kind, who, **fields), what
        else:
            with refused("conflict"):
                room.ask(kind, who, **fields)


def test_spec_1_the_response_time_is_the_servers_and_pauses_do_not_count() -> None:
    room = Room().live().question()
    room.now += 4_000
    room.ask(r.PauseRoom)
    room.now += 60_000
    room.ask(r.ResumeRoom)
    room.now += 1_500
    answer = room.answer(claimed_response_time=3.0)
    assert (answer.response_time_s, answer.claimed_response_time) == (5.5, 3.0)


def test_spec_1_a_repeated_answer_is_a_new_version_and_all_are_kept() -> None:
    room = Room().live().question(7)
    assert [room.answer(text, "7").version for text in ("a", "b")] == [1, 2]
    assert [answer.text for answer in room.state.room.answers] == ["a", "b"]
    assert room.state.room.answered == 1


def test_an_answer_to_a_question_that_was_not_asked_is_conflict_and_a_late_one_is_taken() -> None:
    room = Room().live().question("one").question("two")
    assert room.answer("late", "one").version == 1
    with refused("conflict", "question_not_asked"):
        room.answer("x", "three")


def test_a_question_of_the_set_brings_its_text_and_its_time() -> None:
    room = Room().people()
    room.ask(r.ConfigureRoom, questions=SET)
    (_, asked) = room.ask(r.StartQuestion, question_id="q1")
    assert isinstance(asked, r.QuestionStarted)
    assert (asked.question_text, asked.time_limit_s, asked.competency) == ("First?", 60, "teamwork")
    with refused("invalid_payload", "empty_text"):
        room.ask(r.StartQuestion, question_id="other")


def test_help_is_asked_for_and_resolved_once() -> None:
    room = Room().live()
    for _ in range(2):
        room.ask(r.RequestHelp, "cand", help_type="technical")
    first, second = room.state.room.help
    with refused("invalid_payload"):
        room.ask(r.ResolveHelp)
    room.ask(r.ResolveHelp, help_id=first)
    with refused("not_found", "help_not_found"):
        room.ask(r.ResolveHelp, help_id=first)
    (resolved,) = room.ask(r.ResolveHelp)
    assert isinstance(resolved, r.HelpResolved)
    assert (resolved.help_id, resolved.user_id) == (second, "cand")


def test_spec_0_7_a_room_has_64_participants_at_most() -> None:
    room = Room(Policy(room_participants=2)).people("int", "cand")
    with refused("conflict", "room_full"):
        room.people("obs")
    assert room.do(c.NoteConnected(user_id="cand", role="candidate")) == []


def test_spec_1_somebody_who_comes_twice_is_one_participant() -> None:
    room = Room().people("int")
    (joined,) = room.do(c.NoteConnected(user_id="x", role="candidate", shown_as=5))
    assert isinstance(joined, e.ParticipantConnected)
    assert joined.present == 2
    assert room.do(c.NoteConnected(user_id="x", role="candidate")) == []
    assert room.state.room.shown("x") == 5
    (left,) = room.do(c.NoteDisconnected(user_id="x", since=room.now))
    assert isinstance(left, e.ParticipantDisconnected)
    assert left.present == 1


def test_spec_0_7_an_idle_room_ends_and_one_without_a_candidate_does_not_run_out_of_time() -> None:
    room = Room(Policy(idle_end_ms=7_200_000)).live()
    assert [kind for kind, _, _ in room.state.deadlines(room.policy)] == ["idle"]
    room.now += 7_200_000
    (ended,) = room.do(c.FireTimer(kind="idle", seq=room.state.began_seq))
    assert isinstance(ended, e.SessionEnded)
    assert ended.reason == "abandoned"


def test_spec_6_9_candidates_answer_speak_and_record_only_with_consent_where_it_is_asked_for() -> None:
    room = Room(Policy(require_consent=True)).live().question()
    audio = c.StoreAudio(user_id="cand", recording_id="r", offset=0, size=0, received_ms=0, audio_format="wav")
    for attempt in (
        lambda: room.answer(),
        lambda: room.ask(r.SwitchRecording, "cand", is_recording=True),
        lambda: room.do(audio, "cand"),
    ):
        with refused("conflict", "consent_required"):
            attempt()
    room.do(c.RecordConsent(user_id="cand", purposes=("interview",), agreed=True))
    assert room.answer()
    assert room.do(audio, "cand")


def test_spec_1_interviewers_and_candidates_speak_and_nobody_does_in_a_pause() -> None:
    room = Room().live().question()
    for who in ROLES:
        audio = c.StoreAudio(user_id=who, recording_id=who, offset=0, size=9, received_ms=0, audio_format="wav")
        if who in ("int", "cand"):
            assert room.do(audio, who)
        else:
            with refused("forbidden"):
                room.do(audio, who)
    heard = c.RecordSpeech(
        recording_id="cand",
        plan=PLAN,
        parts=(c.SpokenPart("well", Spoken(recording_id="cand", start_s=0.0, end_s=1.0)),),
        finished=True,
    )
    (caption, done) = room.do(heard)
    assert isinstance(caption, r.SpeechCaptioned)
    assert (caption.text, caption.question_id) == ("well", "q")
    assert isinstance(done, e.RecordingHeard)
    assert not room.state.reply_due
    room.ask(r.PauseRoom)
    with refused("conflict", "room_paused"):
        room.do(c.StoreAudio(user_id="cand", recording_id="n", offset=0, size=0, received_ms=0, audio_format="wav"))


def test_nobody_replies_in_a_room() -> None:
    room = Room().live()
    with refused("conflict", "not_a_dialogue"):
        room.do(c.SubmitInput(user_id="cand", text="hello", plan=PLAN), "cand")
    with refused("forbidden"):
        room.do(c.EndSession(by="cand", role="candidate"))
    assert room.do(c.EndSession(by="int", role="interviewer"))


def test_a_guest_who_tries_a_room_alone_may_also_answer() -> None:
    room = Room(by_guest=True)
    room.do(c.NoteConnected(user_id="int", role="interviewer"))
    room.question()
    assert room.ask(r.SubmitAnswer, "int", question_id="q", answer_text="so")
    room.do(c.AddMember(user_id="cand", role="candidate"))
    with refused("forbidden"):
        room.ask(r.SubmitAnswer, "int", question_id="q", answer_text="so")


def test_spec_0_7_texts_have_a_limit() -> None:
    room = Room(Policy(text_limit=5)).live().question()
    with refused("too_large"):
        room.answer("123456")
    with refused("too_large"):
        room.ask(r.SendMessage, text="123456")
    with refused("invalid_payload", "empty_text"):
        room.answer("  ")


def test_spec_6_9_what_people_said_is_taken_out_and_the_sequence_stays() -> None:
    room = Room().live().question()
    room.answer("my name is Kim")
    room.ask(r.SendMessage, "cand", text="call me Kim")
    room.ask(r.RequestHelp, "cand", help_type="other", note="Kim here")
    room.do(r.EmitCustom(by="x", name="vote", data={"who": "Kim"}))
    room.ask(r.StopRoom, reason="Kim is ill")
    redacted = [msgspec.structs.replace(entry, data=e.redact(entry.data)) for entry in room.log]
    assert b"Kim" not in b"".join(e.encode(entry.data) for entry in redacted)
    assert fold(redacted).head == room.state.head


def test_a_busy_chat_does_not_grow_the_state() -> None:
    room = Room().live()
    for number in range(r.MESSAGES_KEPT + 5):
        room.ask(r.SendMessage, text=str(number))
    kept = [message.text for message in room.state.room.messages]
    assert (kept[0], len(kept)) == ("5", r.MESSAGES_KEPT)


NAMES = st.sampled_from(sorted(ROLES))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*COMMANDS, "come", "go", "speech"]), NAMES, st.integers(0, 3)), max_size=40))
def test_old_state_and_events_are_the_state(steps: list[tuple[str, str, int]]) -> None:
    """Whatever is asked, refused or not: folding what is in the log gives the state, and refusals change nothing."""
    room = Room()
    for what, who, number in steps:
        room.now += 500 * number
        before = msgspec.json.encode(_plain(room.state))
        try:
            if what == "come":
                room.people(who)
            elif what == "go":
                room.do(c.NoteDisconnected(user_id=who, since=room.now))
            elif what == "speech":
                room.do(
                    c.StoreAudio(
                        user_id=who,
                        recording_id=f"{who}{room.now}",
                        offset=0,
                        size=1,
                        received_ms=0,
                        audio_format="wav",
                    )
                )
            else:
                kind, fields = COMMANDS[what]
                room.ask(kind, who, **fields)
        except VivavoceError:
            assert msgspec.json.encode(_plain(room.state)) == before
    stored = [msgspec.structs.replace(entry, data=e.decode(e.encode(entry.data))) for entry in room.log]
    assert _plain(fold(stored)) == _plain(room.state)
    assert [entry.seq for entry in room.log] == list(range(1, len(room.log) + 1))


def _plain(state: SessionState) -> Any:
    room = {**msgspec.structs.asdict(state.room), "versions": sorted(state.room.versions.items())}
    return msgspec.to_builtins({**msgspec.structs.asdict(state), "room": room})
