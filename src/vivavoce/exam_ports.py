"""What grading needs from the outside: the rows that follow from events, and how they are read.

Rows are written in the transaction of the events they follow from (`Append.rows`), never otherwise, but for leases of
tasks, scans that are being read, and the roster. Every list is one query however long the page; `before` is the
cursor: (created_at, id) of the last row seen, and lists go from new to old. Times are epoch ms, 0: not yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from vivavoce.domain.exam.marks import MarkKind, Response, ResponseStatus

Cursor = tuple[int, str]
ItemStatus = Literal["queued", "pending", "done", "failed"]
TaskStatus = Literal["open", "leased", "done"]
ScanStatus = Literal["arriving", "waiting", "reading", "read", "failed"]


# --- rows that follow from events ----------------------------------------------------------------------------------


class ExamRow(msgspec.Struct, frozen=True, kw_only=True):
    """The line of an exam; `document` is its whole state but the questions, as JSON."""

    exam_id: str
    title: str
    created_by: str
    created_at: int
    released: bool
    questions: int
    submissions: int
    responses: int
    waiting: int
    marked: int
    document: bytes


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """`document` is the question as JSON, empty once it was removed."""

    exam_id: str
    question_id: str
    version: int
    document: bytes


class ExamMemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """`role` is empty once the person was removed."""

    user_id: str
    exam_id: str
    role: str


class SubmissionRow(msgspec.Struct, frozen=True, kw_only=True):
    submission_id: str
    exam_id: str
    student_id: str
    student_name: str
    class_id: str
    source: str
    overall_quality: float | None
    responses: int
    created_at: int


class ResponseRow(msgspec.Struct, frozen=True, kw_only=True):
    """`chosen` and `filled` are JSON lists."""

    response_id: str
    submission_id: str
    exam_id: str
    student_id: str
    question_id: str
    text: str
    chosen: str
    filled: str
    quality: float | None
    image: str
    status: str
    created_at: int


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    response_id: str
    status: str
    points: float | None
    ai_points: float | None
    human_points: float | None
    confidence: float | None
    updated_at: int


class SeedRow(msgspec.Struct, frozen=True, kw_only=True):
    response_id: str
    seed_points: float | None


class ErasedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A response that waits no more, because its student was forgotten."""

    response_id: str
    updated_at: int


class GradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One mark. (batch_id, submission_id, question_id) is unique where there is a batch; `document` is the mark."""

    grade_id: str
    exam_id: str
    submission_id: str
    response_id: str
    question_id: str
    student_id: str
    batch_id: str
    rater: str
    kind: str
    points: float | None
    document: bytes
    created_at: int


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A response that waits for a person. `avoid` may not take it (the first marker of a second marking); small
    priorities come first. `session_id` names the marking session that has it."""

    task_id: str
    exam_id: str
    response_id: str
    question_id: str
    kind: MarkKind
    status: TaskStatus
    priority: int
    avoid: str
    assigned_to: str
    lease_until: int
    session_id: str
    created_at: int
    updated_at: int


class TasksOver(msgspec.Struct, frozen=True, kw_only=True):
    """No task of this response is open any more."""

    response_id: str
    updated_at: int


class TaskDone(msgspec.Struct, frozen=True, kw_only=True):
    task_id: str
    updated_at: int


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    alert_id: str
    exam_id: str
    metric: str
    about: str
    value: float
    threshold: float
    level: str
    raised_at: int
    acknowledged_by: str
    acknowledged_at: int
    resolved_at: int


class AlertSeen(msgspec.Struct, frozen=True, kw_only=True):
    alert_id: str
    acknowledged_by: str
    acknowledged_at: int


class AlertOver(msgspec.Struct, frozen=True, kw_only=True):
    alert_id: str
    resolved_at: int


class AppealRow(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal of a student, or an issue that a marker reported (`kind`)."""

    appeal_id: str
    kind: str
    exam_id: str
    submission_id: str
    response_id: str
    student_id: str
    text: str
    status: str
    answer: str
    answered_by: str
    answered_at: int
    created_at: int


class AppealOver(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal was answered."""

    appeal_id: str
    status: str
    answer: str
    answered_by: str
    answered_at: int


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """The line of a batch; `document` is its state as JSON."""

    batch_id: str
    exam_id: str
    status: str
    round: int
    created_by: str
    created_at: int
    updated_at: int
    document: bytes


class ItemsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which responses a batch is of: those of these questions, that were never graded unless `again`; at most `sample`
    of each question where it is not 0. Writing it makes the batch's items, in chunks of one question each."""

    batch_id: str
    exam_id: str
    question_ids: tuple[str, ...]
    again: bool
    sample: int
    chunk: int


class ItemDone(msgspec.Struct, frozen=True, kw_only=True):
    batch_id: str
    response_id: str
    status: ItemStatus
    reason: str
    updated_at: int


class ItemsAgain(msgspec.Struct, frozen=True, kw_only=True):
    """What failed in this batch is queued again."""

    batch_id: str
    updated_at: int


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when; never contents."""

    user_id: str
    action_type: str
    subject: str
    created_at: int


# --- what is read ----------------------------------------------------------------------------------------------------


class StoredExam(msgspec.Struct, frozen=True):
    """`document` as in ExamRow; `questions` are their documents in the order in which they were added."""

    document: bytes
    questions: tuple[bytes, ...]


class ExamFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`user_id` None is everybody's (admin); `exam_ids` are further ones a token names (`*` alone: all)."""

    user_id: str | None = None
    exam_ids: tuple[str, ...] = ()
    query: str = ""
    before: Cursor | None = None
    limit: int = 50


class ListedSubmission(msgspec.Struct, frozen=True, kw_only=True):
    row: SubmissionRow
    marked: int
    points: float


class OwnResult(msgspec.Struct, frozen=True, kw_only=True):
    """A student's submission, with what its exam is called and worth."""

    listed: ListedSubmission
    exam_title: str
    max_points: float


class GivenResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A response in full: what was answered, and where it stands."""

    response: Response
    exam_id: str
    text: str
    chosen: tuple[str, ...]
    filled: tuple[str, ...]
    quality: float | None
    image: str
    created_at: int


class HumanPoints(msgspec.Struct, frozen=True):
    """What a person gave a response to a question."""

    response_id: str
    text: str
    points: float


class DoubleMark(msgspec.Struct, frozen=True):
    """A response with a mark of the AI and a blind mark of a person."""

    question_id: str
    ai: float
    human: float


class RaterMark(msgspec.Struct, frozen=True):
    """A blind mark of a person beside what the response came to by others: the seed's agreed mark, the AI's, or the
    other marker's."""

    rater: str
    question_id: str
    points: float
    reference: float
    at: int


class ExamStore(Protocol):
    async def exam(self, exam_id: str) -> StoredExam | None: ...

    async def exams(self, wanted: ExamFilter) -> list[ExamRow]: ...

    async def submission(self, submission_id: str) -> SubmissionRow | None: ...

    async def submissions(
        self, exam_id: str, *, student_id: str | None, before: Cursor | None, limit: int
    ) -> list[ListedSubmission]: ...

    async def submissions_of_student(self, student_id: str, before: Cursor | None, limit: int) -> list[OwnResult]:
        """In exams whose results are released."""
        ...

    async def known_submissions(
        self, exam_id: str, submission_ids: Sequence[str], student_ids: Sequence[str]
    ) -> set[str]:
        """Which of these ids name a submission, or a student who has one in the exam."""
        ...

    async def submissions_by(self, student_id: str) -> list[tuple[str, str]]:
        """(exam_id, submission_id) of everything a student handed in, the oldest first."""
        ...

    async def erase(self, submission_ids: Sequence[str], at: int) -> None:
        """Take out of these submissions' rows what their student wrote and what was said about it. Points, marks and
        counts stay; nobody is given such a response to mark, and nobody learns from it."""
        ...

    async def responses(self, response_ids: Sequence[str]) -> dict[str, Response]:
        """With their marks, by id; unknown ones are left out."""
        ...

    async def given(self, response_ids: Sequence[str]) -> list[GivenResponse]: ...

    async def given_of(self, submission_ids: Sequence[str]) -> list[GivenResponse]:
        """All of these submissions, each in the order of its questions."""
        ...

    async def points_of(self, submission_ids: Sequence[str]) -> dict[str, dict[str, float | None]]:
        """What the responses of these submissions stand at, by submission and question."""
        ...

    async def responses_page(
        self, exam_id: str, *, status: ResponseStatus | None, question_id: str | None, after: str, limit: int
    ) -> list[GivenResponse]:
        """By response id, after `after`."""
        ...

    async def human_marks(self, exam_id: str, question_id: str, limit: int) -> list[HumanPoints]:
        """The newest marks by people on which a learning grader stands: one a response."""
        ...

    async def human_marks_beside(
        self, exam_id: str, question_ids: Sequence[str], limit: int
    ) -> dict[str, list[HumanPoints]]:
        """The newest marks by people of several questions, at most `limit` of each, by question id in their order."""
        ...

    async def alerts(self, exam_id: str, *, only_open: bool, before: Cursor | None, limit: int) -> list[AlertRow]: ...

    async def appeals(
        self,
        *,
        exam_id: str | None,
        student_id: str | None,
        kind: str,
        status: str | None,
        before: Cursor | None,
        limit: int,
    ) -> list[AppealRow]: ...

    async def appeal(self, appeal_id: str) -> AppealRow | None: ...

    async def open_appeal_of(self, response_id: str) -> bool: ...


class ChunkItems(msgspec.Struct, frozen=True):
    """What is left of a chunk: responses of one question."""

    question_id: str
    response_ids: tuple[str, ...]


class BatchStore(Protocol):
    async def batch(self, batch_id: str) -> bytes | None:
        """The document of its row."""
        ...

    async def batches(
        self, exam_id: str | None, *, status: str | None, before: Cursor | None, limit: int
    ) -> list[BatchRow]: ...

    async def count_wanted(self, wanted: ItemsWanted) -> dict[str, int]:
        """How many responses a batch would have, by question."""
        ...

    async def open_chunks(self, batch_id: str) -> list[tuple[int, str]]:
        """Chunks that have something left to do, with their questions."""
        ...

    async def chunk(self, batch_id: str, chunk: int, limit: int) -> ChunkItems: ...

    async def item_counts(self, batch_id: str) -> dict[str, int]:
        """Items by status."""
        ...

    async def failures(self, batch_id: str, after: str, limit: int) -> list[tuple[str, str]]:
        """(response_id, reason) of what failed, by response id."""
        ...

    async def keep_pending(self, batch_id: str, response_ids: Sequence[str], now: int) -> None:
        """A provider could not be had: these items wait for it."""
        ...

    async def beat(self, worker_id: str, now: int) -> None: ...

    async def workers(self) -> dict[str, int]:
        """When each worker was last heard of."""
        ...

    async def forget_worker(self, worker_id: str) -> None: ...


class Job(msgspec.Struct, frozen=True):
    """One chunk of a batch in one of its rounds: ids only. `queue` is whose rate it is limited by."""

    batch_id: str
    round: int
    chunk: int
    queue: str

    @property
    def job_id(self) -> str:
        return f"{self.batch_id}:{self.round}:{self.chunk}"


class Jobs(Protocol):
    """What runs chunks: durable, each at least once."""

    async def enqueue(self, jobs: Sequence[Job]) -> None:
        """Put them into their queues; a job that is there already is left alone."""
        ...

    async def cancel_waiting(self, batch_id: str) -> None:
        """Take out those that have not begun; those under way see that the batch is not running."""
        ...

    async def take_over(self, worker_id: str) -> int:
        """Hand out again what a dead worker had begun; how many that were."""
        ...

    @property
    def state(self) -> str:
        """`ready`, `starting` or `off`."""
        ...


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants the next task. `moderates` may be given moderations; `seed` puts a seed item first if there is one that
    this person has not marked."""

    exam_id: str
    user_id: str
    session_id: str
    moderates: bool
    question_id: str | None
    seed: bool
    now: int
    lease_ms: int


class MarkingStore(Protocol):
    async def claim(self, wanted: Claim) -> TaskRow | None:
        """The task this person has already, or the next one, leased to them; None when none is left. Of two who claim
        at once each gets another task. Expired leases are open again."""
        ...

    async def task(self, task_id: str) -> TaskRow | None: ...

    async def has_task(self, user_id: str, response_id: str) -> bool:
        """Whether somebody marks a response now, or has marked it by a task."""
        ...

    async def extend(self, task_id: str, user_id: str, until: int) -> bool: ...

    async def give_back(self, task_id: str, user_id: str, now: int) -> None: ...

    async def tasks(
        self, exam_id: str, *, status: TaskStatus | None, before: Cursor | None, limit: int
    ) -> list[TaskRow]: ...

    async def activity(self, user_id: str, action_type: str | None, before: int, limit: int) -> list[ActivityRow]: ...

    async def double_marked(self, exam_id: str, limit: int) -> list[DoubleMark]:
        """The newest double-marked responses of an exam."""
        ...

    async def rater_marks(self, exam_id: str, limit: int) -> list[RaterMark]:
        """The newest blind marks that have something to be compared with."""
        ...


class ScanRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in for a student, and how far its reading is. `scan_id` is the id of the submission that
    comes of it, `tries` how often its reading was begun, `outcome` JSON that is empty until it is over. An `arriving`
    one is not on disk yet."""

    scan_id: str
    exam_id: str
    student_id: str
    student_name: str
    class_id: str
    file_name: str
    size: int
    status: ScanStatus
    tries: int
    outcome: str
    given_by: str
    created_at: int
    updated_at: int


class ScanStore(Protocol):
    async def add(self, scan: ScanRow) -> bool:
        """False when the id is taken, or the student has one in the exam that is not over. One of the student that
        failed gives way."""
        ...

    async def arrived(self, scan_id: str, now: int) -> bool:
        """It is on disk and waits to be read; False when it was removed meanwhile."""
        ...

    async def scan(self, scan_id: str) -> ScanRow | None: ...

    async def scans(self, exam_id: str, before: Cursor | None, limit: int) -> list[ScanRow]:
        """Those that have arrived."""
        ...

    async def scans_of(self, student_id: str) -> list[ScanRow]: ...

    async def begin(self, now: int) -> ScanRow | None:
        """The oldest that waits, which is read from here on; None when none waits."""
        ...

    async def put_back(self, scan_id: str, tries: int, now: int) -> None:
        """It could not be read now and waits again, after that many tries."""
        ...

    async def end(self, scan_id: str, status: ScanStatus, outcome: str, now: int) -> None: ...

    async def take_up(self, now: int) -> list[str]:
        """After a crash: what was being read waits again. The ids of those that had not arrived."""
        ...

    async def remove(self, scan_id: str) -> None: ...

    async def drop(self, exam_id: str, scan_id: str) -> bool:
        """Remove one that waits or failed; False when it is none of these."""
        ...


class StudentRow(msgspec.Struct, frozen=True, kw_only=True):
    student_id: str
    name: str
    class_id: str
    created_by: str
    created_at: int


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    class_id: str
    name: str
    created_by: str
    created_at: int


class Roster(Protocol):
    """Students and classes."""

    async def put_students(self, students: Sequence[StudentRow]) -> None:
        """Add them; a known one gets the new name and class."""
        ...

    async def students(
        self, *, class_id: str | None, query: str, before: Cursor | None, limit: int
    ) -> list[StudentRow]: ...

    async def remove_student(self, student_id: str) -> bool:
        """False when they were not there."""
        ...

    async def put_class(self, class_row: ClassRow) -> bool:
        """False when the id is taken."""
        ...

    async def classes(self, before: Cursor | None, limit: int) -> list[ClassRow]: ...
