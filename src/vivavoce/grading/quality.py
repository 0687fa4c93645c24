"""The quality monitor: figures from the stored marks, and alerts when they are out of bounds (SPEC.md 4)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from vivavoce.domain.agreement import PairSums, drift, quadratic_weighted_kappa, severity
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.alerts import Figure
from vivavoce.domain.exam.batch import BatchState
from vivavoce.domain.exam.exam import ExamState
from vivavoce.domain.ids import SYSTEM
from vivavoce.exam_ports import DoubleMark, MarkingStore, RaterMark
from vivavoce.grading.batches import Batches
from vivavoce.grading.exams import Exams, RunningExam
from vivavoce.ports import Clock

_LOG: Final = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 1.0
#: The newest marks that figures are computed on, and the fewest on which an alert may stand.
WINDOW: Final = 2_000
FEWEST: Final = 10
#: A marker's newest marks, and those before them that they are held against.
_DRIFT_WINDOW: Final = 10
_DRIFT_BASELINE: Final = 40
#: A question of more steps shows only the points that were given.
_STEPS_SHOWN: Final = 20
_SPEED_WINDOW_MS: Final = 60_000
_decode_batch: Final = msgspec.json.Decoder(BatchState).decode


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `QUALITY_METRICS`: `processingSpeed` is responses a second within the last minute; figures
    without a double-marked response are null."""

    accuracyRate: float | None  # noqa: N815  (names of the wire)
    consistencyScore: float | None  # noqa: N815
    processingSpeed: float  # noqa: N815
    errorRate: float  # noqa: N815
    lastUpdated: int  # noqa: N815
    doubleMarked: int  # noqa: N815


class RaterFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A marker against seed items and the AI, as shares of the maximum: below 0 is severe. `drift` is how far the
    newest ten marks have moved away from the others', against the forty before them."""

    rater: str
    marks: int
    severity: float
    drift: float | None


class QuestionFigures(msgspec.Struct, frozen=True, kw_only=True):
    question_id: str
    marks: int
    accuracy: float | None
    kappa: float | None
    exact: float | None
    bias: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    metrics: Metrics
    questions: tuple[QuestionFigures, ...]
    raters: tuple[RaterFigures, ...]


def accuracy(state: ExamState, marks: Sequence[DoubleMark]) -> float | None:
    """The share of AI grades within the exam's tolerance of the person's."""
    known = [(mark, state.questions[mark.question_id]) for mark in marks if mark.question_id in state.questions]
    if not known:
        return None
    tolerance = state.head.settings.tolerance
    near = sum(abs(mark.ai - mark.human) <= tolerance * question.points + 1e-9 for mark, question in known)
    return near / len(known)


def consistency(state: ExamState, marks: Sequence[DoubleMark]) -> float | None:
    """Quadratic weighted kappa of person and AI, on the questions' own steps."""
    return quadratic_weighted_kappa(
        (round(mark.human / step), round(mark.ai / step))
        for mark in marks
        if (question := state.questions.get(mark.question_id)) and (step := question.step)
    )


def by_question(state: ExamState, marks: Sequence[DoubleMark]) -> list[QuestionFigures]:
    groups: dict[str, list[DoubleMark]] = defaultdict(list)
    for mark in marks:
        groups[mark.question_id].append(mark)
    found = []
    for question_id, question in state.questions.items():
        group = groups.get(question_id, [])
        sums = PairSums()
        for mark in group:
            sums = sums.with_pair(mark.human, mark.ai, tolerance=state.head.settings.tolerance * question.points)
        found.append(
            QuestionFigures(
                question_id=question_id,
                marks=len(group),
                accuracy=accuracy(state, group),
                kappa=consistency(state, group),
                exact=sum(mark.ai == mark.human for mark in group) / len(group) if group else None,
                bias=sum(mark.ai - mark.human for mark in group) / len(group) if group else None,
            )
        )
    return found


def by_rater(state: ExamState, marks: Sequence[RaterMark]) -> list[RaterFigures]:
    """`marks` from new to old."""
    values: dict[str, list[float]] = defaultdict(list)
    for mark in reversed(marks):
        question = state.questions.get(mark.question_id)
        if question is not None:
            values[mark.rater].append((mark.points - mark.reference) / question.points)
    found = []
    for rater, differences in sorted(values.items()):
        moved = drift(differences, window=_DRIFT_WINDOW, baseline=_DRIFT_BASELINE)
        found.append(
            RaterFigures(
                rater=rater,
                marks=len(differences),
                severity=severity(rater, differences).difference,
                drift=None if moved is None else moved.away,
            )
        )
    return found


class QualityMonitor:
    """Looks at an exam within a second of its marks changing; alerts are events of the exam."""

    def __init__(self, exams: Exams, batches: Batches, store: MarkingStore, clock: Clock) -> None:
        self.measured: list[Callable[[RunningExam, Metrics], None]] = []
        """Called with new figures, on the event loop; must not block."""
        self._exams = exams
        self._batches = batches
        self._store = store
        self._clock = clock
        self._changed: dict[str, RunningExam] = {}
        self._graded: dict[str, deque[tuple[int, int]]] = defaultdict(deque)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def committed(self, exam: RunningExam, events: Sequence[e.RecordedExam]) -> None:
        """A listener of `Exams`."""
        count = 0
        for recorded in events:
            if isinstance(recorded.data, e.ResponsesGraded):
                count += len(recorded.data.grades)
            elif isinstance(recorded.data, e.ResponseMarked):
                count += 1
            elif not isinstance(recorded.data, e.ThresholdAdjusted):
                continue
            self._changed[exam.exam_id] = exam
        if count:
            self._graded[exam.exam_id].append((events[-1].at, count))

    async def metrics(self, exam: RunningExam) -> Metrics:
        """The figures now. Raises VivavoceError unavailable."""
        return self._metrics(exam, await self._store.double_marked(exam.exam_id, WINDOW), await self._errors(exam))

    async def report(self, exam: RunningExam) -> Report:
        """The figures, by question and by marker too."""
        marks = await self._store.double_marked(exam.exam_id, WINDOW)
        return Report(
            metrics=self._metrics(exam, marks, await self._errors(exam)),
            questions=tuple(by_question(exam.state, marks)),
            raters=tuple(by_rater(exam.state, await self._store.rater_marks(exam.exam_id, WINDOW))),
        )

    async def matrix(self, exam: RunningExam, question_id: str) -> tuple[list[float], list[list[int]]]:
        """How often a person gave what (rows) where the AI gave what (columns), and the points of rows and columns.
        Raises not_found."""
        question = exam.state.question(question_id)
        marks = await self._store.double_marked(exam.exam_id, WINDOW)
        own = [mark for mark in marks if mark.question_id == question_id]
        points = sorted({value for mark in own for value in (mark.human, mark.ai)})
        if question.points / question.step <= _STEPS_SHOWN:
            points = [step * question.step for step in range(round(question.points / question.step) + 1)]
        place = {value: at for at, value in enumerate(points)}
        counts = [[0] * len(points) for _ in points]
        for mark in own:
            row, column = place.get(mark.human), place.get(mark.ai)
            if row is not None and column is not None:
                counts[row][column] += 1
        return points, counts

    async def look(self, exam: RunningExam) -> Metrics:
        """Compute the figures, raise and resolve alerts; what is newly critical may pause the exam's batches."""
        report = await self.report(exam)
        figures = _figures(report)
        receipt = await exam.submit(lambda state: rules.judge(state, figures, self._clock.now_ms()), SYSTEM)
        critical = [
            recorded.data.alert.metric
            for recorded in receipt.events
            if isinstance(recorded.data, e.AlertRaised) and recorded.data.alert.level == "critical"
        ]
        if critical and exam.state.head.settings.pause_on_alert:
            await self._pause(exam, critical[0])
        return report.metrics

    def _metrics(self, exam: RunningExam, marks: Sequence[DoubleMark], errors: float) -> Metrics:
        return Metrics(
            accuracyRate=accuracy(exam.state, marks),
            consistencyScore=consistency(exam.state, marks),
            processingSpeed=self._speed(exam.exam_id),
            errorRate=errors,
            lastUpdated=self._clock.now_ms(),
            doubleMarked=len(marks),
        )

    def _speed(self, exam_id: str) -> float:
        graded = self._graded.get(exam_id)
        if not graded:
            return 0.0
        now = self._clock.now_ms()
        while graded and graded[0][0] <= now - _SPEED_WINDOW_MS:
            graded.popleft()
        return round(sum(count for _, count in graded) / (_SPEED_WINDOW_MS / 1000), 3)

    async def _errors(self, exam: RunningExam) -> float:
        """The share of failures in the exam's latest batches."""
        rows = await self._batches.store.batches(exam.exam_id, status=None, before=None, limit=20)
        states = [_decode_batch(row.document) for row in rows]
        failed = sum(state.failed for state in states)
        tried = failed + sum(state.completed for state in states)
        return failed / tried if tried else 0.0

    async def _pause(self, exam: RunningExam, metric: str) -> None:
        for row in await self._batches.store.batches(exam.exam_id, status=None, before=None, limit=20):
            if row.status == "running":
                with contextlib.suppress(VivavoceError):  # it ended meanwhile
                    await self._batches.pause(row.batch_id, SYSTEM, reason=f"alert:{metric}")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            changed, self._changed = self._changed, {}
            for exam in changed.values():
                try:
                    metrics = await self.look(exam)
                except Exception:
                    _LOG.exception("the quality of an exam could not be judged and will be with its next mark")
                    continue
                for listener in self.measured:
                    listener(exam, metrics)


def _figures(report: Report) -> list[Figure]:
    """What alerts are judged on: nothing that stands on too few marks."""
    metrics = report.metrics
    found = [Figure(metric="errorRate", value=metrics.errorRate)]
    if metrics.doubleMarked >= FEWEST:
        for name in ("accuracyRate", "consistencyScore"):
            value: float | None = getattr(metrics, name)
            if value is not None:
                found.append(Figure(metric=name, value=value))
    for rater in report.raters:
        if rater.marks >= FEWEST:
            found.append(Figure(metric="severity", value=abs(rater.severity), about=rater.rater))
        if rater.drift is not None:
            found.append(Figure(metric="drift", value=abs(rater.drift), about=rater.rater))
    return found


def thresholds_view(state: ExamState) -> list[dict[str, Any]]:
    return [{"metric": metric, "threshold": value} for metric, value in sorted(state.all_thresholds().items())]
