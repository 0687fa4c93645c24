"""The messages of document D's four sockets. Names and fields are exact (SPEC.md 4); what comes in may carry more.

Each stands in the envelope `{type, timestamp, connection_id, data, error, message_id}`. A message that an event made
has its `seq` and `event_id` in `data`, and a `message_id` that stays the same when it is replayed.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Level = Literal["info", "success", "warning", "error"]
Number = float | int


# --- from the client ------------------------------------------------------------------------------------------------


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what clients send; the fields may stand beside the type or in `data`. `client_id` makes a command happen
    once however often it is sent."""

    client_id: str | None = None


class GetProgress(ClientMessage, frozen=True, kw_only=True):
    """Ask how far the batch is."""


class PauseBatch(ClientMessage, frozen=True, kw_only=True):
    """Hand nothing more out."""


class ResumeBatch(ClientMessage, frozen=True, kw_only=True):
    """Go on."""


class CancelBatch(ClientMessage, frozen=True, kw_only=True):
    """End the batch; what was graded stays."""


class RetryFailed(ClientMessage, frozen=True, kw_only=True):
    """Grade what failed once more."""


class RefreshMetrics(ClientMessage, frozen=True, kw_only=True):
    """Compute the figures now."""


class AcknowledgeAlert(ClientMessage, frozen=True, kw_only=True, rename="camel"):
    alert_id: str


class AdjustThreshold(ClientMessage, frozen=True, kw_only=True):
    metric: str
    threshold: Number


class JoinGradingSession(ClientMessage, frozen=True, kw_only=True):
    """Take part in marking."""


class RequestNextTask(ClientMessage, frozen=True, kw_only=True):
    question_id: str | None = msgspec.field(default=None, name="questionId")


class SubmitGrade(ClientMessage, frozen=True, kw_only=True):
    """`criteria` are points by the rubric's point ids."""

    task_id: str = msgspec.field(name="taskId")
    points: Number
    comment: str = ""
    criteria: dict[str, Number] = {}


class ReportIssue(ClientMessage, frozen=True, kw_only=True):
    """Something is wrong with a task, or at all."""

    text: str
    task_id: str = msgspec.field(default="", name="taskId")


class GetSystemStatus(ClientMessage, frozen=True, kw_only=True):
    """Ask how the machine does."""


class GetConnectionStats(ClientMessage, frozen=True, kw_only=True):
    """Ask about the sockets."""


class HeartbeatResponse(ClientMessage, frozen=True, kw_only=True):
    """The answer to `HEARTBEAT`."""


class TokenRefresh(ClientMessage, frozen=True, kw_only=True):
    token: str


_EVERYWHERE: Final[dict[str, type[ClientMessage]]] = {
    "heartbeat_response": HeartbeatResponse,
    "token_refresh": TokenRefresh,
}
PROGRESS_MESSAGES: Final[dict[str, type[ClientMessage]]] = {
    "get_progress": GetProgress,
    "pause_batch": PauseBatch,
    "resume_batch": ResumeBatch,
    "cancel_batch": CancelBatch,
    "retry_failed": RetryFailed,
    **_EVERYWHERE,
}
QUALITY_MESSAGES: Final[dict[str, type[ClientMessage]]] = {
    "refresh_metrics": RefreshMetrics,
    "acknowledge_alert": AcknowledgeAlert,
    "adjust_threshold": AdjustThreshold,
    **_EVERYWHERE,
}
MARKING_MESSAGES: Final[dict[str, type[ClientMessage]]] = {
    "join_grading_session": JoinGradingSession,
    "request_next_task": RequestNextTask,
    "submit_grade": SubmitGrade,
    "report_issue": ReportIssue,
    **_EVERYWHERE,
}
SYSTEM_MESSAGES: Final[dict[str, type[ClientMessage]]] = {
    "get_system_status": GetSystemStatus,
    "get_connection_stats": GetConnectionStats,
    **_EVERYWHERE,
}


# --- from the server ------------------------------------------------------------------------------------------------


class ServerData(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is sent in `data`."""


class EventData(ServerData, frozen=True, kw_only=True):
    """Base of what events make: `seq` is the event's, or the newest one's where a question was answered."""

    seq: int
    event_id: str = ""
    client_id: str | None = None


class GradingProgress(EventData, frozen=True, kw_only=True):
    """How far a batch is; `throughput` is responses a second, lately."""

    batch_id: str = msgspec.field(name="batchId")
    exam_id: str = msgspec.field(name="examId")
    total_tasks: int = msgspec.field(name="totalTasks")
    completed_tasks: int = msgspec.field(name="completedTasks")
    processing_tasks: int = msgspec.field(name="processingTasks")
    failed_tasks: int = msgspec.field(name="failedTasks")
    status: Literal["queued", "running", "paused", "cancelled", "completed"]
    start_time: str | None = msgspec.field(name="startTime")
    estimated_completion: str | None = msgspec.field(name="estimatedCompletion")
    throughput: float


class SystemStatus(ServerData, frozen=True, kw_only=True):
    """The machine and the sockets; a percentage that cannot be read is null. `anomalies` name figures out of the
    ordinary."""

    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    connections: int
    total_connections: int
    messages_sent: int
    messages_received: int
    errors_count: int
    uptime_seconds: float
    queued_bytes: int
    loop_delay_ms: float
    pool_percent: float
    anomalies: list[str]


class UserNotification(ServerData, frozen=True, kw_only=True):
    """A word to the person: the answer to a control message or a report, or news."""

    id: str
    level: Level
    title: str
    message: str
    link: str | None = None
    seq: int | None = None
    client_id: str | None = None


class Heartbeat(ServerData, frozen=True, kw_only=True):
    """Every 30 s, and as the greeting, where `recovered` says whether what was missed follows. `last_seq` is the newest
    position of the stream."""

    server_time: str
    last_seq: int
    epoch: str
    recovered: bool | None = None


class MetricsNow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`accuracyRate` and `consistencyScore` are null without a double-marked response."""

    accuracy_rate: float | None
    consistency_score: float | None
    processing_speed: float
    error_rate: float
    last_updated: str
    double_marked: int


class QualityMetrics(ServerData, frozen=True, kw_only=True):
    metrics: MetricsNow


class QualityAlert(EventData, frozen=True, kw_only=True):
    """A figure crossed its threshold, or somebody acknowledged that."""

    alert_id: str = msgspec.field(name="alertId")
    metric: str
    about: str
    value: float
    threshold: float
    level: Literal["warning", "critical"]
    raised_at: str = msgspec.field(name="raisedAt")
    acknowledged_by: str | None = msgspec.field(name="acknowledgedBy")


class AlertResolved(EventData, frozen=True, kw_only=True):
    alert_id: str = msgspec.field(name="alertId")


class GradingStatus(ServerData, frozen=True, kw_only=True):
    """`participants` are marking now; `remaining` responses wait for a person."""

    exam_id: str = msgspec.field(name="examId")
    status: Literal["open", "released"]
    participants: list[str]
    remaining: int
    marked: int
    seq: int


class GradingTask(ServerData, frozen=True, kw_only=True):
    """A response to be marked."""

    task_id: str = msgspec.field(name="taskId")
    exam_id: str = msgspec.field(name="examId")
    question_id: str = msgspec.field(name="questionId")
    question_type: str = msgspec.field(name="questionType")
    response: str
    image_url: str | None = msgspec.field(name="imageUrl")
    rubric: list[dict[str, Any]]
    max_points: float = msgspec.field(name="maxPoints")
    step: float
    question_text: str = msgspec.field(name="questionText")
    model_answers: list[str] = msgspec.field(name="modelAnswers")
    guidance: str
    kind: str
    quality: float | None
    lease_until: str = msgspec.field(name="leaseUntil")
    marks: list[dict[str, Any]]


class GradingResult(EventData, frozen=True, kw_only=True):
    """A response was marked; `points` are null where the marks disagree."""

    task_id: str = msgspec.field(name="taskId")
    exam_id: str = msgspec.field(name="examId")
    points: float | None
    status: str
    timestamp: str


class Error(ServerData, frozen=True, kw_only=True):
    error: str
    message: str
    details: str
    info: dict[str, Any]


SERVER_TYPES: Final[dict[type[ServerData], str]] = {
    GradingProgress: "GRADING_PROGRESS",
    SystemStatus: "SYSTEM_STATUS",
    UserNotification: "USER_NOTIFICATION",
    Heartbeat: "HEARTBEAT",
    QualityMetrics: "QUALITY_METRICS",
    QualityAlert: "QUALITY_ALERT",
    AlertResolved: "ALERT_RESOLVED",
    GradingStatus: "GRADING_STATUS",
    GradingTask: "GRADING_TASK",
    GradingResult: "GRADING_RESULT",
    Error: "ERROR",
}
#: What every one of the four sockets sends.
COMMON: Final[tuple[type[ServerData], ...]] = (UserNotification, Heartbeat, Error)
