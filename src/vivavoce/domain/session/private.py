"""The private stream beside a session: sealed evaluations and people's own scorecards.

It is a stream of its own so that holes in the session's `seq` tell nobody how much is hidden. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from vivavoce.domain.errors import conflict, invalid
from vivavoce.domain.scorecard import EngineStamp, OwnScorecard, Rubric, Scorecard
from vivavoce.domain.session.events import blanked

_EMPTY_STAMP: Final = EngineStamp(engine="", version="")
_EMPTY_SCORECARD: Final = Scorecard(
    subject="", language="en", criteria=(), overall=None, strengths=(), gaps=(), produced_by=_EMPTY_STAMP
)
_EMPTY_OWN: Final = OwnScorecard(
    scorecard_id="",
    author_id="",
    author_name="",
    criteria=(),
    recommendation="no_decision",
    comment="",
    submitted_at="",
)


class PrivateEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    PERSONAL: ClassVar[tuple[str, ...]] = ()

    redacted: bool = False


class EvaluationRecorded(PrivateEvent, frozen=True, tag=True):
    PERSONAL = ("scorecard",)

    scorecard: Scorecard = _EMPTY_SCORECARD


class ScorecardSubmitted(PrivateEvent, frozen=True, tag=True):
    PERSONAL = ("scorecard",)

    scorecard: OwnScorecard = _EMPTY_OWN


class EvaluationRevealed(PrivateEvent, frozen=True, tag=True):
    """From here on `to` sees what was sealed; the event carries it (SPEC.md 0.2, 6.2)."""

    PERSONAL = ("scorecard",)

    to: str = ""
    scorecard: Scorecard = _EMPTY_SCORECARD


AnyPrivateEvent = EvaluationRecorded | ScorecardSubmitted | EvaluationRevealed


def redact(event: AnyPrivateEvent) -> AnyPrivateEvent:
    """The same fact without its judgements and words."""
    return blanked(event, event.PERSONAL)


decode: Final = msgspec.json.Decoder(AnyPrivateEvent).decode


class PrivateState(msgspec.Struct):
    head: int = 0
    evaluation: Scorecard | None = None
    own: list[OwnScorecard] = []
    revealed_to: set[str] = set()


def fold(events: Iterable[tuple[int, AnyPrivateEvent]]) -> PrivateState:
    state = PrivateState()
    for seq, event in events:
        state.head = seq
        if isinstance(event, EvaluationRecorded):
            state.evaluation = event.scorecard
        elif isinstance(event, ScorecardSubmitted):
            state.own.append(event.scorecard)
        else:
            state.revealed_to.add(event.to)
    return state


def record_evaluation(state: PrivateState, scorecard: Scorecard) -> list[AnyPrivateEvent]:
    return [] if state.evaluation == scorecard else [EvaluationRecorded(scorecard=scorecard)]


def submit_scorecard(state: PrivateState, own: OwnScorecard, rubric: Rubric) -> list[AnyPrivateEvent]:
    """An own scorecard, and with it the AI's is revealed to its author. Raises VivavoceError.

    One a person: what was written before the AI's scores were seen must stay what it was.
    """
    if any(earlier.author_id == own.author_id for earlier in state.own):
        raise conflict("you have submitted your scorecard already", reason="scorecard_submitted")
    known = {criterion.criterion_id for criterion in rubric.criteria}
    named = [mark.criterion_id for mark in own.criteria]
    if set(named) != known or len(named) != len(known):
        raise invalid("judge each criterion of the rubric exactly once", field="criteria", criteria=sorted(known))
    for place, mark in enumerate(own.criteria):
        if mark.score is not None and not 1 <= mark.score <= 5:
            raise invalid(
                "a score is 1 to 5, or null where there is not enough evidence", field=f"criteria[{place}].score"
            )
    events: list[AnyPrivateEvent] = [ScorecardSubmitted(scorecard=own)]
    if state.evaluation is not None:
        events.append(EvaluationRevealed(to=own.author_id, scorecard=state.evaluation))
    return events
