"""One client of document D's sockets: what it sent turned into wishes, what happened turned into messages."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
import uuid_utils

from vivavoce.domain.access import Identity, Role
from vivavoce.domain.errors import VivavoceError, forbidden
from vivavoce.domain.exam import batch as batch_rules
from vivavoce.domain.exam import events as e
from vivavoce.domain.exam import exam as rules
from vivavoce.domain.exam.alerts import Alert
from vivavoce.domain.exam.batch import BatchState, RecordedBatch
from vivavoce.domain.exam.exam import Wish
from vivavoce.domain.ids import check_client_id
from vivavoce.gateway.doors.in_order import InOrder
from vivavoce.gateway.json import decode_json
from vivavoce.gateway.socket import WebSocket
from vivavoce.grading.batches import RunningBatch
from vivavoce.grading.exams import RunningExam, role_in
from vivavoce.grading.following import Following
from vivavoce.grading.progress import progress
from vivavoce.grading.quality import Metrics
from vivavoce.grading.running import Running
from vivavoce.protocols.grading import messages as m
from vivavoce.protocols.grading import projector
from vivavoce.protocols.grading.codec import decode, encode, error_data, kind_of, repeatable_id
from vivavoce.protocols.times import iso

if TYPE_CHECKING:
    from vivavoce.gateway.doors.grading import GradingDoor

#: A replay goes on while less than this waits in the socket.
_REPLAY_BYTES: Final = 128 * 1024
_CLOSE_RESUME: Final = 4008
_CLOSE_FORBIDDEN: Final = 4403

Work = Callable[[Any], Coroutine[Any, Any, None]]


class GradingConnection(ABC):
    """The state of one socket. Wishes are worked off in order."""

    messages: ClassVar[Mapping[str, type[m.ClientMessage]]]

    def __init__(
        self,
        door: GradingDoor,
        ws: WebSocket,
        identity: Identity,
        language: str,
        exam: RunningExam | None = None,
        stream: Running[Any, Any, Any] | None = None,
    ) -> None:
        self.door = door
        self.ws = ws
        self.identity = identity
        self.exam = exam
        self.opened_at = door.clock.now_ms()
        self.language = language
        self._stream = stream
        self._following: Following | None = None
        self._warned = False
        self._wishes = InOrder[Any](door.spawn, ws, self._refuse)

    # --- coming in ----------------------------------------------------------------------------------------------

    def begin(self, last_seq: int | None, epoch: str | None) -> None:
        """Go on from `last_seq`, or show what is and go on from there."""
        stream = self._stream
        if stream is None:
            self.send(m.Heartbeat(server_time=self._now(), last_seq=0, epoch="", recovered=None))
            self.greet()
            return
        resumes = last_seq is not None and last_seq <= stream.published and epoch in (None, "", stream.epoch)
        self.send(
            m.Heartbeat(
                server_time=self._now(),
                last_seq=stream.published,
                epoch=stream.epoch,
                recovered=resumes if last_seq is not None else None,
            )
        )
        if resumes and last_seq is not None:
            self._following = Following(stream, self, self.resume_from(last_seq))
        else:
            self.greet()
            self._following = Following(stream, self, stream.published)

    @abstractmethod
    def greet(self) -> None:
        """Show what is."""

    def resume_from(self, last_seq: int) -> int:
        """Where reading begins for somebody who was told `last_seq`."""
        return last_seq

    # --- messages in --------------------------------------------------------------------------------------------

    def received(self, data: str | bytes) -> None:
        try:
            message = decode(decode_json(data), len(data), self.messages)
            check_client_id(message.client_id)
            if not isinstance(message, m.HeartbeatResponse):
                self._wishes.add(self.work_of(message), message)
        except VivavoceError as error:
            self.send_error(error)

    @abstractmethod
    def work_of(self, message: m.ClientMessage) -> Work:
        """What a message wishes."""

    def _refuse(self, error: VivavoceError, message: m.ClientMessage) -> None:
        named = {} if message.client_id is None else {"client_id": message.client_id}
        self.send_error(VivavoceError(error.code, error.details, reason=error.reason, info={**error.info, **named}))

    async def token_refresh(self, message: m.TokenRefresh) -> None:
        identity = await self.door.identify_again(message.token)
        if identity.user_id != self.identity.user_id:
            raise forbidden("the new token is somebody else's", reason="user_mismatch")
        self.identity = identity
        self._warned = False
        self.notify("token_refreshed", "success", client_id=message.client_id)

    def role(self, *allowed: Role) -> Role:
        """The role in the exam by now; with `allowed`, one of these. Raises forbidden."""
        assert self.exam is not None
        role = role_in(self.exam.state, self.identity)
        if role is None or (allowed and role != "admin" and role not in allowed):
            raise forbidden(f"the role {role} has no right to this", reason="role_forbids")
        return role

    # --- following ----------------------------------------------------------------------------------------------

    @abstractmethod
    def project(self, recorded: Any) -> m.ServerData | None:
        """What this viewer is told about an event."""

    def show(self, events: Sequence[Any]) -> None:
        """Called by `Following`. Rights that were taken away end the connection."""
        if self.exam is not None and role_in(self.exam.state, self.identity) is None:
            self.send_error(forbidden("the membership was taken away", reason="membership_removed"))
            self.ws.close(_CLOSE_FORBIDDEN, "forbidden")
            return
        for recorded in events:
            message = self.project(recorded)
            if message is not None:
                self.send(message)

    def ready(self) -> bool:
        return self.ws.writable and self.ws.buffered < _REPLAY_BYTES

    def lost(self) -> None:
        self.ws.close(_CLOSE_RESUME, "resume")

    def drained(self) -> None:
        if self._following is not None:
            self._following.wake()

    def closed(self) -> None:
        if self._following is not None:
            self._following.close()
            self._following = None

    async def caught_up(self) -> None:
        """Answers come after what was missed, so that nothing that is told goes backwards."""
        if self._following is not None:
            await self._following.caught_up()

    # --- messages out -------------------------------------------------------------------------------------------

    def send(self, data: m.ServerData | None, *, ephemeral: bool = False) -> None:
        text = encode(
            kind_of(data),
            data,
            connection_id=self.ws.id,
            message_id=repeatable_id(data) or str(uuid_utils.uuid7()),
            now_ms=self.door.clock.now_ms(),
        )
        self.ws.send(text, ephemeral=ephemeral)

    def send_error(self, error: VivavoceError) -> None:
        self.door.errors += 1
        self.send(error_data(error, self.door.sentence(self.language, error)))

    def notify(
        self,
        name: str,
        level: m.Level,
        text: str = "",
        *,
        link: str | None = None,
        seq: int | None = None,
        client_id: str | None = None,
    ) -> None:
        """A word to the person: the catalogue's of this name, or `text`."""
        sentences = self.door.sentences
        self.send(
            m.UserNotification(
                id=str(uuid_utils.uuid7()),
                level=level,
                title=sentences(self.language, f"notices.{name}_title") if not text else name,
                message=text or sentences(self.language, f"notices.{name}"),
                link=link,
                seq=seq,
                client_id=client_id,
            )
        )

    def beat(self) -> None:
        stream = self._stream
        published, epoch = (0, "") if stream is None else (stream.published, stream.epoch)
        self.send(m.Heartbeat(server_time=self._now(), last_seq=published, epoch=epoch))

    def _now(self) -> str:
        return iso(self.door.clock.now_ms())

    # --- the token's time ---------------------------------------------------------------------------------------

    def token_left_s(self) -> float | None:
        expires_at = self.identity.expires_at
        return None if expires_at is None else expires_at - time.time()

    def warn_of_expiry(self, left_s: float) -> None:
        if not self._warned:
            self._warned = True
            self.notify("token_expiring", "warning")

    def expire(self, code: int) -> None:
        self.send_error(VivavoceError("unauthorized", "the token has expired", reason="token_expired"))
        self.ws.close(code, "token expired")


class ProgressConnection(GradingConnection):
    """`/ws/progress/{batch_id}`: a batch as it goes on."""

    messages = m.PROGRESS_MESSAGES

    def __init__(
        self,
        door: GradingDoor,
        ws: WebSocket,
        identity: Identity,
        language: str,
        exam: RunningExam,
        batch: RunningBatch,
    ) -> None:
        super().__init__(door, ws, identity, language, exam, batch)
        self.batch = batch
        self._seen = BatchState()
        self._told = batch.settled.seq

    def greet(self) -> None:
        self._seen = msgspec.structs.replace(self.batch.settled)
        self.send(self._now_it_is())

    def resume_from(self, last_seq: int) -> int:
        """A batch's events are few and small: what it was at `last_seq` is made from the beginning."""
        self._told = last_seq
        return 0

    def project(self, recorded: RecordedBatch) -> m.GradingProgress | None:
        batch_rules.evolve(self._seen, recorded.data, seq=recorded.seq, at=recorded.at)
        if recorded.seq <= self._told:
            return None
        self._told = recorded.seq
        figures = (
            self.batch.progress()
            if recorded.seq == self.batch.settled.seq
            else progress(self._seen, self.batch.pace, 0, recorded.at)
        )
        return projector.progress(self._seen, figures, event_id=recorded.event_id, client_id=recorded.client_id)

    def _now_it_is(self, client_id: str | None = None) -> m.GradingProgress:
        return projector.progress(self.batch.settled, self.batch.progress(), client_id=client_id)

    def work_of(self, message: m.ClientMessage) -> Work:
        match message:
            case m.GetProgress():
                return self._get_progress
            case m.TokenRefresh():
                return self.token_refresh
        return self._control

    async def _get_progress(self, message: m.GetProgress) -> None:
        await self.caught_up()
        self.send(self._now_it_is(message.client_id))

    async def _control(self, message: m.ClientMessage) -> None:
        self.role("teacher")
        batches, by, client_id = self.door.grading.batches, self.identity.user_id, message.client_id
        match message:
            case m.PauseBatch():
                await batches.pause(self.batch.batch_id, by, client_id=client_id)
                name = "batch_paused"
            case m.ResumeBatch():
                await batches.resume(self.batch.batch_id, by, client_id=client_id)
                name = "batch_resumed"
            case m.CancelBatch():
                await batches.cancel(self.batch.batch_id, by, client_id=client_id)
                name = "batch_cancelled"
            case _:
                await batches.retry_failed(self.batch.batch_id, by, client_id=client_id)
                name = "batch_retried"
        self.notify(name, "success", seq=self.batch.published, client_id=client_id)


class QualityConnection(GradingConnection):
    """`/ws/quality/{exam_id}`: figures, and alerts when they are out of bounds."""

    messages = m.QUALITY_MESSAGES
    exam: RunningExam

    def __init__(self, door: GradingDoor, ws: WebSocket, identity: Identity, language: str, exam: RunningExam) -> None:
        super().__init__(door, ws, identity, language, exam, exam)
        self._alerts: dict[str, Alert] = {alert.alert_id: alert for alert in exam.state.open_alerts.values()}

    def greet(self) -> None:
        self._wishes.add(self._refresh, m.RefreshMetrics())
        for alert in self._alerts.values():
            self.send(projector.alert(alert, seq=self.exam.published))

    def project(self, recorded: e.RecordedExam) -> m.EventData | None:
        return projector.quality_event(recorded, self._alerts)

    def measured(self, metrics: Metrics) -> None:
        self.send(projector.metrics(metrics), ephemeral=True)

    def work_of(self, message: m.ClientMessage) -> Work:
        match message:
            case m.RefreshMetrics():
                return self._refresh
            case m.AcknowledgeAlert():
                return self._acknowledge
            case m.AdjustThreshold():
                return self._adjust
        return self.token_refresh

    async def _refresh(self, message: m.RefreshMetrics) -> None:
        self.send(projector.metrics(await self.door.grading.quality.metrics(self.exam)))

    async def _acknowledge(self, message: m.AcknowledgeAlert) -> None:
        self.role("teacher", "reviewer")
        receipt = await self.exam.submit(
            lambda state: rules.acknowledge(state, message.alert_id),
            self.identity.user_id,
            client_id=message.client_id,
        )
        self.notify("alert_acknowledged", "success", seq=receipt.last_seq, client_id=message.client_id)

    async def _adjust(self, message: m.AdjustThreshold) -> None:
        self.role("teacher")
        receipt = await self.exam.submit(
            lambda state: rules.adjust_threshold(state, message.metric, float(message.threshold)),
            self.identity.user_id,
            client_id=message.client_id,
        )
        self.notify("threshold_adjusted", "success", seq=receipt.last_seq, client_id=message.client_id)


class MarkingConnection(GradingConnection):
    """`/ws/grading/{exam_id}`: tasks, marks, and who is marking."""

    messages = m.MARKING_MESSAGES
    exam: RunningExam

    def __init__(self, door: GradingDoor, ws: WebSocket, identity: Identity, language: str, exam: RunningExam) -> None:
        super().__init__(door, ws, identity, language, exam, exam)
        self._joined = False
        self._last_status: m.GradingStatus | None = None

    def greet(self) -> None:
        self.tell_status()

    def tell_status(self) -> None:
        """How far marking is, where that changed."""
        status = projector.status(self.exam.state, sorted(self.exam.markers), self.exam.published)
        known = self._last_status
        if known is None or msgspec.structs.replace(known, seq=status.seq) != status:
            self._last_status = status
            self.send(status, ephemeral=known is not None)

    def project(self, recorded: e.RecordedExam) -> m.GradingResult | None:
        role = role_in(self.exam.state, self.identity)
        assert role is not None  # `show` has looked
        return projector.marking_event(recorded, self.exam.state, self.identity.user_id, role)

    def work_of(self, message: m.ClientMessage) -> Work:
        match message:
            case m.JoinGradingSession():
                return self._join
            case m.RequestNextTask():
                return self._next
            case m.SubmitGrade():
                return self._grade
            case m.ReportIssue():
                return self._report
        return self.token_refresh

    async def _join(self, message: m.JoinGradingSession) -> None:
        self.role()
        if not self._joined:
            self._joined = True
            markers = self.exam.markers
            markers[self.identity.user_id] = markers.get(self.identity.user_id, 0) + 1
        self._last_status = None
        self.tell_status()

    async def _next(self, message: m.RequestNextTask) -> None:
        found = await self.door.grading.marking.next_task(
            self.exam, self.identity.user_id, self.role(), self.ws.id, question_id=message.question_id
        )
        self.send(None if found is None else projector.task(self.exam.state, found))

    async def _grade(self, message: m.SubmitGrade) -> None:
        wish = Wish(
            points=float(message.points),
            points_by={name: float(points) for name, points in message.criteria.items()},
            comment=message.comment,
        )
        role = self.role()
        receipt = await self.door.grading.marking.submit(
            self.exam, message.task_id, wish, self.identity, role, client_id=message.client_id
        )
        if receipt.duplicate:  # its event was shown when it happened
            for recorded in receipt.events:
                self.send(projector.marking_event(recorded, self.exam.state, self.identity.user_id, role))

    async def _report(self, message: m.ReportIssue) -> None:
        self.role()
        await self.door.grading.marking.report_issue(
            self.exam, message.task_id, message.text, self.identity.user_id, client_id=message.client_id
        )
        self.notify("issue_reported", "success", seq=self.exam.published, client_id=message.client_id)

    def closed(self) -> None:
        super().closed()
        if self._joined:
            markers = self.exam.markers
            left = markers.pop(self.identity.user_id, 1) - 1
            if left:
                markers[self.identity.user_id] = left


class SystemConnection(GradingConnection):
    """`/ws/system`: how the machine and the sockets do."""

    messages = m.SYSTEM_MESSAGES

    def greet(self) -> None:
        self.tell()

    def tell(self) -> None:
        self.send(m.SystemStatus(**self.door.monitor.now()), ephemeral=True)

    def project(self, recorded: object) -> None:
        """There is no stream here."""

    def work_of(self, message: m.ClientMessage) -> Work:
        return self.token_refresh if isinstance(message, m.TokenRefresh) else self._status

    async def _status(self, message: m.ClientMessage) -> None:
        self.send(m.SystemStatus(**self.door.monitor.now()))
