"""The private stream beside a session: notes, evaluations, people's own scorecards and what they agree on.

It is a stream of its own so that holes in the session's `seq` tell nobody how much is hidden. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

import msgspec

from vivavoce.domain.errors import conflict, invalid, too_large
from vivavoce.domain.scorecard import EngineStamp, OwnMark, OwnScorecard, Recommendation, Rubric, Scorecard
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


class NoteTaken(PrivateEvent, frozen=True, tag=True):
    """An interviewer's note about a speaker; `speaker` is how the author named them, `speaker_id` whom that was.
    `timestamp` is the client's own, as it came. `after` is the session's newest seq when it was taken."""

    PERSONAL = ("speaker", "note", "author_name")

    speaker: str = ""
    speaker_id: str = ""
    note: str = ""
    author_id: str = ""
    author_name: str = ""
    at_s: float = 0.0
    timestamp: float | int | str | None = None
    after: int = 0


class CandidateEvaluated(PrivateEvent, frozen=True, tag=True):
    """A candidate of a panel was judged at `at_s` on what was said up to the session's seq `after`: provisionally, or
    at the end (`final`)."""

    PERSONAL = ("scorecard",)

    subject: str = ""
    at_s: float = 0.0
    after: int = 0
    final: bool = False
    scorecard: Scorecard = _EMPTY_SCORECARD


class Adjudicated(PrivateEvent, frozen=True, tag=True):
    """What the interviewers agree on about a subject, the differences between them and the AI considered. A later one
    takes the place of an earlier one."""

    PERSONAL = ("criteria", "comment", "by_name")

    subject: str = ""
    by: str = ""
    by_name: str = ""
    criteria: tuple[OwnMark, ...] = ()
    recommendation: Recommendation = "no_decision"
    comment: str = ""
    after: int = 0


class EvaluationRecorded(PrivateEvent, frozen=True, tag=True):
    PERSONAL = ("scorecard",)

    scorecard: Scorecard = _EMPTY_SCORECARD


class ScorecardSubmitted(PrivateEvent, frozen=True, tag=True):
    PERSONAL = ("scorecard",)

    scorecard: OwnScorecard = _EMPTY_OWN
    after: int = 0


class EvaluationRevealed(PrivateEvent, frozen=True, tag=True):
    """From here on `to` sees what was sealed; the event carries it (SPEC.md 0.2, 6.2)."""

    PERSONAL = ("scorecard",)

    to: str = ""
    scorecard: Scorecard = _EMPTY_SCORECARD
    after: int = 0


AnyPrivateEvent = (
    NoteTaken | CandidateEvaluated | Adjudicated | EvaluationRecorded | ScorecardSubmitted | EvaluationRevealed
)
NOTE_LIMIT: Final = 10_000
#: The subject of sessions with one candidate.
ONLY_CANDIDATE: Final = ""


def redact(event: AnyPrivateEvent) -> AnyPrivateEvent:
    """The same fact without its judgements and words."""
    return blanked(event, event.PERSONAL)


decode: Final = msgspec.json.Decoder(AnyPrivateEvent).decode


class PrivateRecorded(msgspec.Struct, frozen=True):
    """A private event with its place in its stream; `at` is epoch ms."""

    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    data: AnyPrivateEvent


class PrivateState(msgspec.Struct):
    """What the private events add up to. Subjects are speakers of a panel, empty where there is one candidate."""

    head: int = 0
    evaluation: Scorecard | None = None
    own: list[OwnScorecard] = []
    revealed_to: set[str] = set()
    notes: list[PrivateRecorded] = []
    evaluations: dict[str, list[CandidateEvaluated]] = {}
    adjudicated: dict[str, Adjudicated] = {}

    def newest(self, subject: str) -> CandidateEvaluated | None:
        """The last evaluation of a candidate."""
        known = self.evaluations.get(subject)
        return known[-1] if known else None

    def has_judged(self, user_id: str, subject: str = ONLY_CANDIDATE) -> bool:
        """Whether this person has submitted an own scorecard of the subject."""
        return any(own.author_id == user_id and own.subject == subject for own in self.own)


def evolve(state: PrivateState, recorded: PrivateRecorded) -> None:
    """Apply one event to `state`."""
    event = recorded.data
    state.head = recorded.seq
    if isinstance(event, NoteTaken):
        state.notes.append(recorded)
    elif isinstance(event, CandidateEvaluated):
        state.evaluations.setdefault(event.subject, []).append(event)
    elif isinstance(event, Adjudicated):
        state.adjudicated[event.subject] = event
    elif isinstance(event, EvaluationRecorded):
        state.evaluation = event.scorecard
    elif isinstance(event, ScorecardSubmitted):
        state.own.append(event.scorecard)
    else:
        state.revealed_to.add(event.to)


def fold(recorded: Iterable[PrivateRecorded]) -> PrivateState:
    state = PrivateState()
    for entry in recorded:
        evolve(state, entry)
    return state


def record_evaluation(state: PrivateState, scorecard: Scorecard) -> list[AnyPrivateEvent]:
    return [] if state.evaluation == scorecard else [EvaluationRecorded(scorecard=scorecard)]


def take_note(note: NoteTaken) -> list[AnyPrivateEvent]:
    """Raises VivavoceError."""
    for field in ("speaker", "note"):
        text = getattr(note, field)
        if not text.strip():
            raise invalid(f"{field} is empty", field=field, reason="empty_text")
        if len(text) > NOTE_LIMIT:
            raise too_large(f"{field} has at most {NOTE_LIMIT} characters", NOTE_LIMIT, field=field)
    return [note]


def record_candidate(state: PrivateState, evaluated: CandidateEvaluated) -> list[AnyPrivateEvent]:
    """An evaluation of a candidate, unless the same was recorded last."""
    newest = state.newest(evaluated.subject)
    if newest is not None and (newest.scorecard, newest.final) == (evaluated.scorecard, evaluated.final):
        return []
    return [evaluated]


def submit_scorecard(
    state: PrivateState, own: OwnScorecard, rubric: Rubric, *, after: int = 0
) -> list[AnyPrivateEvent]:
    """An own scorecard, and with it the AI's is revealed to its author. Raises VivavoceError.

    One a person and subject: what was written before the AI's scores were seen must stay what it was.
    """
    if state.has_judged(own.author_id, own.subject):
        raise conflict("you have submitted your scorecard already", reason="scorecard_submitted")
    check_marks(own.criteria, rubric)
    events: list[AnyPrivateEvent] = [ScorecardSubmitted(scorecard=own, after=after)]
    newest = state.newest(own.subject)
    judged = newest.scorecard if newest is not None else state.evaluation
    if judged is not None:
        events.append(EvaluationRevealed(to=own.author_id, scorecard=judged, after=after))
    return events


def adjudicate(state: PrivateState, decision: Adjudicated, rubric: Rubric) -> list[AnyPrivateEvent]:
    """What is agreed on, by somebody who has judged on their own before. Raises VivavoceError."""
    if not state.has_judged(decision.by, decision.subject):
        raise conflict("submit your own scorecard first", reason="scorecard_first")
    check_marks(decision.criteria, rubric)
    return [] if state.adjudicated.get(decision.subject) == decision else [decision]


def check_marks(marks: Sequence[OwnMark], rubric: Rubric) -> None:
    """Raise invalid_payload unless each criterion of the rubric is judged once, on the scale."""
    known = {criterion.criterion_id for criterion in rubric.criteria}
    named = [mark.criterion_id for mark in marks]
    if set(named) != known or len(named) != len(known):
        raise invalid("judge each criterion of the rubric exactly once", field="criteria", criteria=sorted(known))
    for place, mark in enumerate(marks):
        if mark.score is not None and not 1 <= mark.score <= 5:
            raise invalid(
                "a score is 1 to 5, or null where there is not enough evidence", field=f"criteria[{place}].score"
            )
