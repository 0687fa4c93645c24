"""The state of a session, folded from its events by `evolve`. Mutable on purpose: a session of 50,000 events is
folded in place; nobody but `evolve` writes to it."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from vivavoce.domain.access import Role
from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Turn
from vivavoce.domain.recordings import Spoken
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session.commands import TimerKind
from vivavoce.domain.session.confirmation import Flag
from vivavoce.domain.session.events import EndReason, InputSource, SessionKind, Unheard, Visibility
from vivavoce.domain.session.panel import PanelState
from vivavoce.domain.session.room import RoomState

Status = Literal["scheduled", "waiting", "live", "paused", "ended", "stopped"]
Confirmation = Literal["none", "open", "awaiting", "confirmed", "lapsed"]
ReportStatus = Literal["none", "pending", "ready", "failed"]

OVER: Final = frozenset({"ended", "stopped"})


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The limits `decide` works with (SPEC.md 0.7; settings)."""

    require_consent: bool = False
    text_limit: int = 10_000
    idle_end_ms: int = 2 * 3600 * 1000
    overtime_ms: int = 3 * 60 * 1000
    closing_ms: int = 60 * 1000
    max_patience_s: float = 300.0
    max_pending_inputs: int = 32
    max_pending_recordings: int = 16
    audio_bytes: int = 2 * 1024**3
    room_participants: int = 64
    confirmation_ms: int = 15 * 60 * 1000


class Member(msgspec.Struct, gc=False):
    user_id: str
    role: Role
    name: str
    invitation_id: str = ""
    removed: bool = False


class Input(msgspec.Struct, gc=False):
    """One thing the candidate said; `answered_by` is the seq of the reply that took it up, 0 while there is none."""

    seq: int
    event_id: str
    user_id: str
    client_id: str | None
    text: str
    at: int
    at_s: float
    source: InputSource
    interrupts: bool
    context: str
    answered_by: int = 0
    end_s: float = 0.0
    spoken: Spoken | None = None
    flag: Flag | None = None


class Recording(msgspec.Struct):
    """Audio of one sender: sent whole, or a stream. Bytes [0, `size`) are on disk; seconds [0, `heard_s`) have been
    transcribed, everything once it is `heard`. `at_s` is the session time of its beginning, as far as it is known:
    that of its arrival where it came whole. `filed`: compressed, in `audio_format`."""

    recording_id: str
    user_id: str
    client_id: str | None
    audio_format: str
    sample_rate: int
    streamed: bool
    in_one: bool
    language: str
    context: str
    interrupts: bool
    seq: int
    at: int
    at_s: float
    size: int = 0
    received_ms: int = 0
    complete: bool = False
    heard_s: float = 0.0
    spoken: bool = False
    missed: Unheard | None = None
    heard: bool = False
    duration_s: float = 0.0
    filed: bool = False


class SessionState(msgspec.Struct):
    session_id: str = ""
    kind: SessionKind = "dialogue"
    status: Status = "scheduled"
    title: str = ""
    config: InterviewConfig = InterviewConfig()
    visibility: Visibility = "sealed"
    created_by: str = ""
    by_guest: bool = False
    numbered: bool = False
    created_at: int = 0
    members: dict[str, Member] = {}
    consents: dict[str, tuple[str, ...]] = {}
    plan: InterviewPlan | None = None
    opening_due: bool = False
    inputs: list[Input] = []
    first_pending: int = 0
    recordings: dict[str, Recording] = {}
    unheard: list[str] = []
    """Recordings that have not been transcribed to their end, in the order they began."""
    audio_bytes: int = 0
    turns: list[Turn] = []
    fence: int = 0
    reply_event_ids: list[str] = []
    replied_at: list[int] = []
    answer_qualities: list[float | None] = []
    engine_notes: list[str] = []
    engines: list[tuple[str, str, str]] = []
    """(engine, version, model) of every engine that worded a reply."""
    present: dict[str, Role] = {}
    clock_ms: int = 0
    clock_running_since: int | None = None
    patience_until: int = 0
    closing_since: int = 0
    closing_seq: int = 0
    began_at: int = 0
    began_seq: int = 0
    ended_at: int = 0
    end_reason: EndReason | None = None
    ended_by: str = ""
    ended_seq: int = 0
    confirm_by: int = 0
    unconfirmed: list[str] = []
    """Candidates who were heard and have not confirmed how; the scores wait for them until `confirm_by`."""
    confirmation_lapsed: bool = False
    report: ReportStatus = "none"
    last_activity: int = 0
    rubric: RubricVersion | None = None
    """What candidates are judged by, where it was chosen."""
    room: RoomState = msgspec.field(default_factory=RoomState)
    panel: PanelState = msgspec.field(default_factory=PanelState)
    head: int = 0

    @property
    def shown_id(self) -> str | int:
        """Its id as it was given, where that may be a number."""
        return int(self.session_id) if self.numbered else self.session_id

    @property
    def exists(self) -> bool:
        return self.head > 0

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def duration_ms(self) -> int:
        return self.config.duration_minutes * 60_000

    def elapsed_ms(self, now: int) -> int:
        """The interview's clock. In a dialogue it is the candidate's, and runs while the interview is live and
        somebody who speaks is there; in a room it runs while the interview is live."""
        running = 0 if self.clock_running_since is None else max(0, now - self.clock_running_since)
        return self.clock_ms + running

    def stop_clock(self, at: int) -> None:
        """For `evolve`: the clock stands from `at` (epoch ms) on."""
        if self.clock_running_since is not None:
            self.clock_ms += max(0, at - self.clock_running_since)
            self.clock_running_since = None

    def elapsed_s(self, now: int) -> float:
        return self.elapsed_ms(now) / 1000

    def remaining_s(self, now: int) -> float:
        return max(0.0, (self.duration_ms - self.elapsed_ms(now)) / 1000)

    def has_candidate(self) -> bool:
        return any(m.role == "candidate" and not m.removed for m in self.members.values())

    def speaks(self, user_id: str, role: Role) -> bool:
        """Whether this person's words are the candidate's. Staff may try an interview that has no candidate yet."""
        if role == "candidate":
            return True
        return role in ("admin", "recruiter", "interviewer") and not self.has_candidate() and user_id in self.members

    @property
    def answered(self) -> int:
        """Inputs that have a reply."""
        return self.first_pending

    @property
    def candidate_here(self) -> bool:
        """Whether somebody who speaks is connected."""
        return any(self.speaks(user_id, role) for user_id, role in self.present.items())

    def pending(self) -> list[Input]:
        """The inputs that the next reply takes up: the oldest unanswered one and those that interrupted it."""
        group: list[Input] = []
        for entry in self.inputs[self.first_pending :]:
            if group and not entry.interrupts:
                break
            group.append(entry)
        return group

    @property
    def reply_due(self) -> bool:
        return (
            self.kind == "dialogue"
            and self.status == "live"
            and (self.opening_due or self.first_pending < len(self.inputs))
        )

    @property
    def work_due(self) -> bool:
        """Whether somebody has to take this session up: it owes a reply, or has audio nobody has heard."""
        return self.reply_due or bool(self.unheard)

    @property
    def confirmation(self) -> Confirmation:
        """How it stands with the transcript of what was spoken: `open` while the interview goes on, `none` where
        nobody is asked."""
        if not self.over:
            return "open" if any(entry.spoken is not None for entry in self.inputs) else "none"
        if not self.confirm_by:
            return "none"
        return "awaiting" if self.unconfirmed else "lapsed" if self.confirmation_lapsed else "confirmed"

    def deadlines(self, policy: Policy) -> list[tuple[TimerKind, int, int]]:
        """The times that are set: (kind, due in epoch ms, seq of the event that set it)."""
        if self.unconfirmed:
            return [("confirmation", self.confirm_by, self.ended_seq)]
        if self.status not in ("live", "paused"):
            return []
        due: list[tuple[TimerKind, int, int]] = [("idle", self.last_activity + policy.idle_end_ms, self.began_seq)]
        if self.kind == "dialogue" and self.clock_running_since is not None:
            left = self.duration_ms + policy.overtime_ms - self.clock_ms
            due.append(("time_up", self.clock_running_since + left, self.began_seq))
        if self.closing_since and not self.reply_due:
            due.append(("closing", self.closing_since + policy.closing_ms, self.closing_seq))
        return due

    def next_due(self, policy: Policy) -> int:
        """The earliest deadline in epoch ms; 0 when none is set."""
        return min((due for _, due, _ in self.deadlines(policy)), default=0)
