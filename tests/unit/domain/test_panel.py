"""Panels: who said what, suggested by the tracker, decided by people (SPEC.md 3, 6.3)."""

from __future__ import annotations

from typing import Any

import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewPlan
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.session import commands as c
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import events as e
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.decide import Context, decide
from vivavoce.domain.session.evolve import evolve
from vivavoce.domain.session.panel_people import may_be_judged
from vivavoce.domain.session.panel_rules import OWN_MICROPHONE, is_question
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.engines.evaluator.rubrics import built_in_rubrics

LEAD: dict[str, Any] = {"by": "ann", "role": "interviewer"}


class Panel:
    """A panel under the rules, without anything around it."""

    def __init__(self, **policy: Any) -> None:
        self.state = SessionState()
        self.policy = Policy(**policy)
        self.now = 1_000_000
        self.heard_s = 0.0
        self.rubric = built_in_rubrics()[0]
        self.do(c.CreateSession(session_id="s1", kind="panel", visibility="live", rubric=self.rubric))

    def do(self, command: c.AnyCommand, actor: str = "ann") -> list[Any]:
        decided = decide(self.state, command, Context(self.now, self.policy, actor))
        for data in decided:
            seq = self.state.head + 1
            evolve(self.state, e.Recorded(seq, f"e{seq}", self.now, actor, None, e.decode(e.encode(data))))
        return decided

    def record(self, recording_id: str = "r1", user_id: str = "ann", context: str = "") -> None:
        self.do(
            c.StoreAudio(
                user_id=user_id,
                recording_id=recording_id,
                offset=0,
                size=10,
                received_ms=0,
                audio_format="pcm",
                streamed=True,
                context=context,
            )
        )

    def hear(self, speaker: str, text: str, *, sure: float | None = 0.9, recording_id: str = "r1", **more: Any) -> str:
        if recording_id not in self.state.recordings:
            self.record(recording_id)
        start_s, self.heard_s = self.heard_s, self.heard_s + 4
        spoken = Spoken(recording_id=recording_id, start_s=start_s, end_s=self.heard_s - 1)
        utterance_id = f"u{len(self.state.panel.utterances) + 1}"
        part = c.SpokenPart(text, spoken, utterance_id, speaker, sure, **more)
        plan = InterviewPlan(competencies=(), bank_version="")
        self.do(c.RecordSpeech(recording_id=recording_id, plan=plan, parts=(part,)), "system")
        return utterance_id

    def labels(self) -> dict[str, str]:
        return {speaker.speaker_id: speaker.label for speaker in self.state.panel.present()}

    def whose(self, utterance_id: str) -> str:
        utterance = self.state.panel.utterance(utterance_id)
        assert utterance is not None
        return self.state.panel.speakers[utterance.speaker_id].label


@pytest.fixture
def panel() -> Panel:
    return Panel()


@pytest.mark.parametrize(
    "text",
    [
        *("What did you build?", "Could you tell us about it", "So, how long did that take", "Please go on."),
        *("자기소개 부탁드립니다. 지원 동기가 무엇인가요", "말씀해 주세요.", "왜 그렇게 하셨습니까"),
        *("请介绍一下你自己。", "你为什么选择这个方案呢", "有遇到困难吗？"),
    ],
)
def test_questions_are_known_in_three_languages_with_and_without_marks(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize(
    "text", ["I built the cache.", "제가 캐시를 만들었습니다.", "我做了缓存。", "That was all I can say"]
)
def test_answers_are_no_questions(text: str) -> None:
    assert not is_question(text)


def test_spec_0_default_labels_come_by_who_asks_and_who_answers(panel: Panel) -> None:
    panel.hear("speaker_1", "Welcome. What did you build last year?")
    panel.hear("speaker_2", "I built a cache for our shop.")
    panel.hear("speaker_3", "And how did you test it?")
    panel.hear("speaker_2", "With recorded traffic.")
    panel.hear("speaker_4", "In my case it was a billing service.")
    assert panel.labels() == {
        "speaker_1": "면접관_1",
        "speaker_2": "지원자_1",
        "speaker_3": "면접관_2",
        "speaker_4": "지원자_2",
    }
    assert panel.state.status == "live"


def test_a_suggested_role_is_changed_when_the_speech_says_otherwise_and_no_label_is_given_twice(panel: Panel) -> None:
    panel.hear("speaker_1", "Hello, I am glad to be here.")
    panel.hear("speaker_2", "Thank you for coming. What did you do there?")
    panel.hear("speaker_1", "I ran the night shift.")
    assert panel.labels()["speaker_1"] == "면접관_1"
    panel.hear("speaker_1", "And later the whole ward.")
    assert panel.labels() == {"speaker_1": "지원자_1", "speaker_2": "면접관_2"}


def test_what_a_person_said_about_a_role_is_not_suggested_away(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you do?")
    panel.hear("speaker_2", "I ran the ward.")
    panel.do(p.ChangeSpeaker(speaker="speaker_2", speaker_role="interviewer", **LEAD))
    for _ in range(4):
        panel.hear("speaker_2", "And then I answered again.")
    assert panel.state.panel.speakers["speaker_2"].role == "interviewer"


def test_spec_6_3_an_own_microphone_says_whose_voice_it_is(panel: Panel) -> None:
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    panel.record("mic", "cho", OWN_MICROPHONE)
    utterance = panel.hear("speaker_1", "I built the cache.", sure=None, recording_id="mic")
    found = panel.state.panel.utterance(utterance)
    assert found is not None
    assert (found.speaker_id, found.pinned, found.sure) == ("user:cho", True, True)
    assert panel.labels() == {"user:cho": "지원자_1"}


@pytest.mark.parametrize(
    ("sure", "more", "counts"),
    [(0.9, {}, True), (0.59, {}, False), (None, {}, False), (0.9, {"overlapped": True}, False)],
)
def test_spec_6_3_uncertain_attribution_does_not_count(
    panel: Panel, sure: float | None, more: dict[str, Any], *, counts: bool
) -> None:
    found = panel.state.panel.utterance(panel.hear("speaker_1", "I built it.", sure=sure, **more))
    assert found is not None
    assert found.sure is counts


def test_without_a_tracker_everything_is_one_unknown_speaker(panel: Panel) -> None:
    panel.hear("", "What did you build?", sure=None)
    panel.hear("", "A cache.", sure=None)
    assert [(one.speaker_id, one.role) for one in panel.state.panel.present()] == [(p.UNKNOWN, "unknown")]


def test_the_tracker_may_change_its_mind_but_not_a_persons(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    first, second = panel.hear("speaker_2", "A cache."), panel.hear("speaker_2", "And a queue.")
    panel.do(p.AssignUtterances(utterance_ids=(first,), speaker="speaker_2", **LEAD))
    changes = tuple(p.Attributed(one, "speaker_3", 0.8) for one in (first, second, "unknown"))
    (changed,) = [d for d in panel.do(p.AttributeUtterances(changes=changes)) if isinstance(d, p.UtterancesReassigned)]
    assert changed.changes == (p.Attributed(second, "speaker_3", 0.8),)
    assert panel.do(p.AttributeUtterances(changes=changes)) == []
    assert {"speaker_2", "speaker_3"} <= set(panel.state.panel.revised)


QUESTION, ANSWER = "How long did it take? ", "About three weeks in all."


def hear_two(panel: Panel) -> str:
    """A question and its answer, taken for the words of one."""
    words = tuple((QUESTION + ANSWER).index(word) for word in ("How", "take", "About", "weeks"))
    times = tuple((place, round(index * 0.7, 1), round(index * 0.7 + 0.6, 1)) for index, place in enumerate(words))
    panel.record()
    spoken = Spoken(recording_id="r1", start_s=0.0, end_s=3.0, words=times)
    part = c.SpokenPart(QUESTION + ANSWER, spoken, "u1", "speaker_1", 0.7)
    plan = InterviewPlan(competencies=(), bank_version="")
    panel.do(c.RecordSpeech(recording_id="r1", plan=plan, parts=(part,)), "system")
    panel.heard_s = 3.0
    return "u1"


def divide(rest_id: str = "u1.1", at: int = len(QUESTION)) -> p.DivideUtterance:
    return p.DivideUtterance(
        utterance_id="u1", rest_id=rest_id, at=at, at_s=1.3, speaker_id="speaker_2", confidence=0.8
    )


def test_an_utterance_that_turns_out_to_be_two_peoples_is_divided(panel: Panel) -> None:
    hear_two(panel)
    later = panel.hear("speaker_1", "And then?")
    panel.do(divide())
    whole, rest, last = panel.state.panel.utterances
    assert (whole.text, whole.start_s, whole.end_s, whole.speaker_id) == (QUESTION.strip(), 0.0, 1.3, "speaker_1")
    assert (rest.text, rest.start_s, rest.end_s, rest.speaker_id) == (ANSWER, 1.3, 3.0, "speaker_2")
    assert (rest.attribution, rest.sure, rest.at) == (0.8, True, whole.at)
    assert panel.labels() == {"speaker_1": "면접관_1", "speaker_2": "지원자_1"}
    # Each can be heard at its own place, word by word.
    assert whole.spoken is not None
    assert rest.spoken is not None
    assert (whole.spoken.end_s, rest.spoken.start_s, rest.spoken.end_s) == (1.3, 1.3, 3.0)
    assert whole.spoken.words == ((0, 0.0, 0.6), (QUESTION.index("take"), 0.7, 1.3))
    assert rest.spoken.words == ((0, 1.4, 2.0), (ANSWER.index("weeks"), 2.1, 2.7))
    assert [panel.state.panel.utterance(one.utterance_id) for one in (whole, rest, last)] == [whole, rest, last]
    assert last.utterance_id == later
    # What was judged of either before is judged anew.
    assert set(panel.state.panel.revised) == {"speaker_1", "speaker_2"}
    assert panel.state.panel.revised["speaker_2"] == rest.seq
    assert panel.do(divide()) == []


def test_what_is_divided_can_be_given_to_somebody_else_like_any_other(panel: Panel) -> None:
    hear_two(panel)
    panel.do(divide())
    panel.do(p.AssignUtterances(utterance_ids=("u1.1",), speaker="candidate 2", **LEAD))
    assert [panel.whose(one) for one in ("u1", "u1.1")] == ["면접관_1", "지원자_2"]


def test_a_person_had_the_last_word_about_what_is_whole(panel: Panel) -> None:
    hear_two(panel)
    assert panel.do(divide(at=0)) == panel.do(divide(at=1000)) == []
    panel.do(p.AssignUtterances(utterance_ids=("u1",), speaker="speaker_1", **LEAD))
    assert panel.do(divide()) == []


def test_erased_words_can_be_read_back_divided(panel: Panel) -> None:
    hear_two(panel)
    (_, event) = panel.do(divide())
    heard = p.UtteranceHeard(utterance_id="u1", speaker_id="speaker_1", text="", at_s=0.0, end_s=3.0)
    state = SessionState()
    for seq, data in enumerate([heard, event], 1):
        evolve(state, e.Recorded(seq, f"e{seq}", 0, "ann", None, data))
    assert [(one.text, one.spoken) for one in state.panel.utterances] == [("", None), ("", None)]


@pytest.mark.parametrize("said", ["지원자_2", "candidate 2", "Candidate 2", "候选人2"])
def test_spec_6_3_this_is_candidate_2(panel: Panel, said: str) -> None:
    panel.hear("speaker_1", "What did you build?")
    utterance = panel.hear("speaker_2", "A cache.")
    panel.do(p.AssignUtterances(utterance_ids=(utterance,), speaker=said, **LEAD))
    assert panel.whose(utterance) == "지원자_2"
    found = panel.state.panel.utterance(utterance)
    assert found is not None
    assert found.pinned
    assert panel.do(p.AssignUtterances(utterance_ids=(utterance,), speaker=said, **LEAD)) == []


def test_a_merge_carries_through_the_session(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    first = panel.hear("speaker_2", "A cache.")
    second = panel.hear("speaker_3", "And a queue after that.")
    panel.do(p.MergeSpeakers(speaker="speaker_3", into="지원자_1", **LEAD))
    third = panel.hear("speaker_3", "More of it.")
    assert [panel.whose(one) for one in (first, second, third)] == ["지원자_1"] * 3
    assert "speaker_3" not in panel.labels()


def test_a_split_takes_utterances_from_a_speaker(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    first, second = panel.hear("speaker_2", "A cache."), panel.hear("speaker_2", "Not me, that was my neighbour.")
    panel.do(p.SplitSpeaker(utterance_ids=(second,), new_id="person_1", **LEAD))
    assert [panel.whose(one) for one in (first, second)] == ["지원자_1", "지원자_2"]


def test_names_and_roles_are_given_by_people(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    panel.hear("speaker_2", "A cache.")
    panel.do(p.ChangeSpeaker(speaker="지원자_1", name="Kim Minsu", **LEAD))
    panel.do(p.ChangeSpeaker(speaker="Kim Minsu", label="candidate 3", **LEAD))
    speaker = panel.state.panel.speakers["speaker_2"]
    assert (speaker.label, speaker.shown, speaker.role) == ("지원자_3", "Kim Minsu", "candidate")
    with pytest.raises(VivavoceError) as caught:
        panel.do(p.ChangeSpeaker(speaker="speaker_2", label="면접관_1", **LEAD))
    assert caught.value.reason == "label_taken"


@pytest.mark.parametrize(
    "command",
    [
        p.AssignUtterances(by="cho", role="candidate", utterance_ids=("u1",), speaker="speaker_1"),
        p.MergeSpeakers(by="cho", role="candidate", speaker="speaker_1", into="speaker_2"),
        p.ChangeSpeaker(by="cho", role="candidate", speaker="speaker_1", name="X"),
        p.SplitSpeaker(by="obs", role="observer", utterance_ids=("u1",), new_id="person_1"),
        c.EndSession(by="cho", role="candidate"),
    ],
)
def test_candidates_and_observers_correct_nothing(panel: Panel, command: c.AnyCommand) -> None:
    panel.hear("speaker_1", "What did you build?")
    with pytest.raises(VivavoceError) as caught:
        panel.do(command)
    assert caught.value.code == "forbidden"


def test_words_can_be_typed_in_place_of_speech(panel: Panel) -> None:
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    panel.do(p.AddUtterance(by="ann", role="interviewer", utterance_id="t1", text="What did you build?"))
    panel.do(p.AddUtterance(by="cho", role="candidate", utterance_id="t2", text="A cache.", speaker="면접관_1"), "cho")
    panel.do(p.AddUtterance(utterance_id="t3", text="And I a queue.", speaker="지원자_2", **LEAD))
    assert [panel.whose(one) for one in ("t1", "t2", "t3")] == ["면접관_1", "지원자_1", "지원자_2"]


def test_spec_6_9_no_capture_before_consent_in_production() -> None:
    panel = Panel(require_consent=True)
    with pytest.raises(VivavoceError) as caught:
        panel.record()
    assert caught.value.reason == "consent_required"
    panel.do(c.RecordConsent(user_id="ann", purposes=("interview",), agreed=True))
    panel.record()
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    with pytest.raises(VivavoceError):
        panel.record("r2")


def test_spec_6_9_who_waits_for_the_agreement_of_others_is_told_so() -> None:
    panel = Panel(require_consent=True)
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    panel.do(c.AddMember(user_id="dan", role="candidate"))
    panel.do(c.RecordConsent(user_id="cho", purposes=("interview", "evaluation"), agreed=True))
    for user_id, reason in (
        ("ann", "others_consent_required"),
        ("cho", "others_consent_required"),
        ("dan", "consent_required"),
    ):
        with pytest.raises(VivavoceError) as caught:
            panel.record(f"of-{user_id}", user_id)
        assert caught.value.reason == reason
    panel.do(c.Withdraw(by="dan"), "dan")
    panel.record("r1")


def test_spec_6_9_who_would_rather_not_take_part_is_neither_recorded_nor_judged_and_the_panel_goes_on(
    panel: Panel,
) -> None:
    for user_id, name in (("cho", "Cho"), ("dan", "Dan")):
        panel.do(c.AddMember(user_id=user_id, role="candidate", name=name))
        panel.do(c.RecordConsent(user_id=user_id, purposes=("interview", "evaluation"), agreed=True))
        panel.record(f"mic-{user_id}", user_id, OWN_MICROPHONE)
        panel.hear("", "I built a cache.", recording_id=f"mic-{user_id}")
    panel.do(c.Withdraw(by="cho"), "cho")
    assert [one.speaker_id for one in panel.state.panel.candidates()] == ["user:dan"]
    assert panel.state.consents["cho"] == ()
    assert not panel.state.over
    heard = len(panel.state.panel.utterances)
    panel.hear("", "This was still on its way.", recording_id="mic-cho")
    assert len(panel.state.panel.utterances) == heard
    with pytest.raises(VivavoceError) as refused:
        panel.record("again", "cho", OWN_MICROPHONE)
    assert refused.value.code == "forbidden"
    assert panel.do(c.Withdraw(by="cho"), "cho") == []
    panel.hear("", "And then a queue.", recording_id="mic-dan")
    assert panel.whose(f"u{len(panel.state.panel.utterances)}") == "지원자_2"


def test_spec_6_9_a_candidate_who_was_never_heard_may_decline_too(panel: Panel) -> None:
    panel.do(c.AddMember(user_id="cho", role="candidate", name="Cho"))
    panel.do(c.Withdraw(by="cho"), "cho")
    speaker = panel.state.panel.speakers["user:cho"]
    assert (speaker.shown, speaker.role, speaker.withdrew) == ("Cho", "candidate", True)


def test_spec_6_3_who_comes_under_an_expected_name_is_that_candidate_also_by_their_own_microphone(panel: Panel) -> None:
    panel.do(p.ExpectCandidates(candidates=(p.ExpectedCandidate("Kim"), p.ExpectedCandidate("Lee")), **LEAD))
    panel.do(c.AddMember(user_id="cand_1", role="candidate", name=" lee "))
    panel.record("mic", "cand_1", OWN_MICROPHONE)
    said = panel.hear("", "I built the search.", recording_id="mic")
    assert panel.whose(said) == "지원자_2"
    assert [(one.shown, one.user_id) for one in panel.state.panel.candidates()] == [("Kim", ""), ("Lee", "cand_1")]
    panel.do(c.AddMember(user_id="cand_2", role="candidate", name="Lee"))
    assert panel.state.panel.own_id("cand_2") == "user:cand_2", "nobody takes the place of somebody who is there"


@pytest.mark.parametrize(
    ("purposes", "judged"), [((), True), (("interview",), False), (("interview", "evaluation"), True)]
)
def test_spec_6_9_who_agreed_to_be_heard_but_not_to_be_judged_is_not_judged(
    panel: Panel, purposes: tuple[str, ...], *, judged: bool
) -> None:
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    if purposes:
        panel.do(c.RecordConsent(user_id="cho", purposes=purposes, agreed=True))
    panel.record("mic", "cho", OWN_MICROPHONE)
    panel.hear("", "I built the cache.", recording_id="mic")
    assert may_be_judged(panel.state, panel.state.panel.speakers["user:cho"]) is judged


def test_speech_that_was_heard_already_changes_nothing(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    spoken = Spoken(recording_id="r1", start_s=0, end_s=3)
    again = c.SpokenPart("What did you build?", spoken, "u9", "speaker_1", 0.9)
    plan = InterviewPlan(competencies=(), bank_version="")
    assert panel.do(c.RecordSpeech(recording_id="r1", plan=plan, parts=(again,)), "system") == []


def test_spec_6_9_erasure_takes_words_and_names_and_keeps_the_sequence(panel: Panel) -> None:
    panel.hear("speaker_1", "What did you build?")
    heard = p.UtteranceHeard(utterance_id="u", speaker_id="s", text="secret", at_s=1)
    redacted = e.redact(heard)
    assert isinstance(redacted, p.UtteranceHeard)
    assert (redacted.text, redacted.spoken, redacted.at_s, redacted.redacted) == ("", None, 1, True)


def test_spec_6_8_the_rubric_is_pinned_whole(panel: Panel) -> None:
    assert panel.state.rubric == panel.rubric


def test_spec_6_5_a_candidate_flags_what_was_heard_wrongly_of_them(panel: Panel) -> None:
    panel.do(c.AddMember(user_id="cho", role="candidate"))
    panel.record("own", user_id="cho", context=OWN_MICROPHONE)
    heard = panel.hear("", "We cut it to forty seconds.", recording_id="own")
    other = panel.hear("speaker_1", "What was your part in it?")
    panel.do(cf.FlagUtterance(user_id="cho", utterance_id=heard, correction="We cut it to four seconds."), "cho")
    again = cf.FlagUtterance(user_id="cho", utterance_id=heard, correction="We cut it to four seconds.")
    assert panel.do(again, "cho") == [], "the same twice happens once"
    utterance = panel.state.panel.utterance(heard)
    assert utterance is not None
    assert utterance.flag == cf.Flag("We cut it to four seconds.")
    assert panel.state.panel.revised[utterance.speaker_id] == panel.state.head
    for user_id, utterance_id in (("cho", other), ("ann", heard)):
        with pytest.raises(VivavoceError) as refused:
            panel.do(cf.FlagUtterance(user_id=user_id, utterance_id=utterance_id), user_id)
        assert refused.value.reason == "not_own_utterance"
    panel.do(cf.FlagUtterance(user_id="cho", utterance_id=heard, flagged=False), "cho")
    assert utterance.flag is None


def test_spec_3_the_candidates_who_are_expected_have_names_and_places(panel: Panel) -> None:
    panel.do(p.ExpectCandidates(candidates=(p.ExpectedCandidate("Kim"), p.ExpectedCandidate("Lee", "lee")), **LEAD))
    assert [(one.speaker_id, one.label, one.shown) for one in panel.state.panel.candidates()] == [
        ("person_1", "지원자_1", "Kim"),
        ("user:lee", "지원자_2", "Lee"),
    ]
    panel.hear("speaker_1", "What did you build?")
    said = panel.hear("speaker_2", "I built the search.")
    panel.do(p.MergeSpeakers(speaker="speaker_2", into="Kim", **LEAD))
    assert panel.state.panel.utterance(said).speaker_id == "person_1"  # type: ignore[union-attr]
    with pytest.raises(VivavoceError) as refused:
        panel.do(p.ExpectCandidates(candidates=tuple(p.ExpectedCandidate(str(one)) for one in range(5)), **LEAD))
    assert refused.value.code == "too_large"
