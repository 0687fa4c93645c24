"""When a panel is judged and on what (SPEC.md 3): every half minute of session time, only what is new."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.unit.domain.test_panel import LEAD, Panel
from vivavoce.adapters.memory.stores import MemoryEventLog, MemoryStore
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.scorecard import Scorecard
from vivavoce.domain.session import panel as p
from vivavoce.domain.session.private import PrivateState
from vivavoce.domain.session.state import SessionState
from vivavoce.engines.evaluator.contract import EvaluationRequest
from vivavoce.engines.evaluator.prompt import user_prompt
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator
from vivavoce.evaluation.panel import EVERY_S, PanelEvaluations
from vivavoce.evaluation.records import PrivateRecords

QUESTION = "Could you tell us about something technical you improved?"
FIRST = "I traced the slow checkout to a missing index and added it, so the page fell from 4 s to 180 ms."
SECOND = "Then I wrote a test that counts the queries, because the same mistake had happened twice before."
OTHER = "I rebuilt the deployment with two colleagues and it now takes six minutes and not an hour."


class Asked(RuleEvaluator):
    """The rule engine, and what it was asked; `away`: it cannot judge now."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[EvaluationRequest] = []
        self.away = False

    async def evaluate(self, request: EvaluationRequest) -> Scorecard:
        if self.away:
            raise VivavoceError("unavailable", "the model is away", reason="engine_unavailable")
        self.requests.append(request)
        return await super().evaluate(request)


class Rounds:
    """A panel with two candidates, judged by an engine that remembers what it was asked."""

    def __init__(self) -> None:
        self.panel = Panel()
        self.clock = FakeClock(self.panel.now)
        self.asked = Asked()
        self.records = PrivateRecords(MemoryEventLog(MemoryStore()), self.clock)
        self.evaluations = self.opened()
        self.panel.hear("speaker_1", QUESTION)
        self.panel.hear("speaker_2", FIRST)
        self.panel.hear("speaker_3", OTHER)
        for speaker in ("speaker_2", "speaker_3"):
            self.panel.do(p.ChangeSpeaker(speaker=speaker, speaker_role="candidate", **LEAD))

    def opened(self) -> PanelEvaluations:
        """As a process opens them, which knows nothing of an earlier one."""
        rubric = load_rubric(PANEL_CRITERIA, "en")
        return PanelEvaluations(self, self.records, self.clock, self.asked, lambda _: rubric)

    @property
    def session_id(self) -> str:
        return "s1"

    @property
    def running(self) -> Any:
        """The session as its follower sees it."""
        return type("Running", (), {"session_id": "s1", "state": self.panel.state})()

    async def state(self, session_id: str) -> SessionState:
        return self.panel.state

    async def private(self) -> PrivateState:
        return await self.records.state("s1")

    async def look(self) -> None:
        """What the clock of a process does each second, and what comes of it."""
        self.evaluations.look()
        while asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.sleep(0)

    async def judge(self, *, final: bool = False) -> list[EvaluationRequest]:
        """Whom the engine was asked about in one round."""
        self.asked.requests.clear()
        await self.evaluations.evaluate("s1", final=final)
        return sorted(self.asked.requests, key=lambda request: request.subject)


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


async def test_spec_3_only_what_was_said_since_is_judged(rounds: Rounds) -> None:
    first = await rounds.judge()
    assert [request.subject for request in first] == ["speaker_2", "speaker_3"]
    assert [request.seen for request in first] == [(), ()]
    assert await rounds.judge() == []
    rounds.panel.hear("speaker_2", SECOND)
    (request,) = await rounds.judge()
    assert request.subject == "speaker_2"
    assert request.seen == ("u1", "u2", "u3")
    assert request.previous is not None
    prompt = user_prompt(request)
    transcript = prompt[prompt.index("Transcript") :]
    assert SECOND in transcript
    assert not any(text in transcript for text in (FIRST, OTHER, QUESTION))
    # Of the earlier words a model sees what was found in them.
    assert request.previous.criteria[0].rationale in prompt
    assert [given.at_s for given in (await rounds.private()).evaluations["speaker_2"]]
    assert len((await rounds.private()).evaluations["speaker_3"]) == 1


async def test_spec_6_3_what_changed_hands_is_judged_from_the_beginning(rounds: Rounds) -> None:
    await rounds.judge()
    rounds.panel.do(p.AssignUtterances(utterance_ids=("u2",), speaker="speaker_3", **LEAD))
    requests = await rounds.judge()
    assert [(request.subject, request.seen, request.previous) for request in requests] == [
        ("speaker_2", (), None),
        ("speaker_3", (), None),
    ]
    private = await rounds.private()
    newest = private.newest("speaker_2")
    assert newest is not None
    assert newest.scorecard.overall is None


async def test_spec_3_at_the_end_everybody_has_a_final_scorecard(rounds: Rounds) -> None:
    await rounds.judge()
    assert await rounds.judge(final=True) == [], "nothing new was said: the scores stand"
    rounds.panel.do(p.ExpectCandidates(candidates=(p.ExpectedCandidate("Silent"),), **LEAD))
    await rounds.judge(final=True)
    private = await rounds.private()
    for speaker in rounds.panel.state.panel.candidates():
        newest = private.newest(speaker.speaker_id)
        assert newest is not None
        assert newest.final
    silent = private.newest("person_1")
    assert silent is not None
    assert {criterion.verdict for criterion in silent.scorecard.criteria} == {"insufficient_evidence"}


async def test_spec_3_a_round_begins_every_half_minute_of_session_time(rounds: Rounds) -> None:
    rounds.evaluations.woken(rounds.running)
    await rounds.look()
    assert rounds.asked.requests == [], "half a minute is not over yet"
    rounds.panel.heard_s = EVERY_S  # what was heard goes so far, however fast it came
    rounds.panel.hear("speaker_2", SECOND)
    for _ in range(3):
        await rounds.look()
    assert sorted(request.subject for request in rounds.asked.requests) == ["speaker_2", "speaker_3"]


async def test_spec_0_1_a_new_process_goes_on_judging_where_the_old_one_was(rounds: Rounds) -> None:
    await rounds.judge()
    rounds.asked.requests.clear()
    rounds.evaluations = rounds.opened()
    rounds.panel.heard_s = EVERY_S + 5
    rounds.panel.hear("speaker_3", SECOND)
    rounds.evaluations.woken(rounds.running)
    await rounds.look()
    (request,) = rounds.asked.requests
    assert (request.subject, request.seen) == ("speaker_3", ("u1", "u2", "u3"))


async def test_an_engine_that_is_away_makes_up_nothing_and_is_asked_again(rounds: Rounds) -> None:
    rounds.asked.away = True
    with pytest.raises(VivavoceError):
        await rounds.judge()
    assert (await rounds.private()).evaluations == {}
    rounds.asked.away = False
    assert len(await rounds.judge()) == 2
