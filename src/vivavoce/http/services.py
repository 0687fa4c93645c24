"""What the HTTP API is made of. `bootstrap` fills it in; tests fill it with memory adapters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from prometheus_client import CollectorRegistry
from starlette.requests import HTTPConnection

from vivavoce.domain.interview import InterviewConfig, InterviewPlan, Language
from vivavoce.domain.question_bank import QuestionBank
from vivavoce.domain.scorecard import Utterance
from vivavoce.domain.session.state import SessionState
from vivavoce.evaluation.panel_reporter import PanelReporter
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.evaluation.reporter import Reporter
from vivavoce.governance.rights import Rights
from vivavoce.grading.parts import GradingParts
from vivavoce.http.request_rate import RequestRate
from vivavoce.identity.accounts import Users
from vivavoce.identity.api_keys import ApiKeyDesk
from vivavoce.identity.doorman import Doorman
from vivavoce.identity.invitations import InvitationDesk
from vivavoce.identity.keyring import Keyring, Mode
from vivavoce.identity.signin import SignIn
from vivavoce.identity.tickets import TicketOffice
from vivavoce.library.question_sets import QuestionLibrary
from vivavoce.library.rubrics import RubricLibrary
from vivavoce.ports import Audit, Clock, IdempotencyKeys, SessionIndex
from vivavoce.rooms.facade import Rooms
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.voice.voice import Voice

SCAN_LIMIT: Final = 50 * 1024 * 1024
WEB_APP: Final = Path(__file__).parent / "webapp"


class Peer(msgspec.Struct, frozen=True):
    """Where a request comes from: the client's address (behind trusted proxies), whether it may be a guest's
    (SPEC.md 0.5), whether it came over TLS, and whether the address is this machine's own."""

    address: str
    is_local: bool
    is_secure: bool = False
    is_loopback: bool = False


class LiveSockets(Protocol):
    """The sockets that are open now, in true figures."""

    def stats(self) -> Mapping[str, float]:
        """total_connections, active_connections, messages_sent, messages_received, errors_count, uptime_seconds."""
        ...

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        """Sessions somebody is connected to: `{session_id, connections, users: [{user_id, role, connected_at}]}`."""
        ...

    def send(self, session_id: str, message: str, kind: str) -> int:
        """Give a message to everybody connected to a session; how many sockets got it."""
        ...

    def broadcast(self, message: str, kind: str) -> int:
        """Give a message to every socket; how many got it."""
        ...


class SocketMonitor(Protocol):
    """The figures of all sockets over time, and what administrators may do to sockets."""

    def now(self) -> Mapping[str, Any]: ...

    def history(self, hours: float) -> Sequence[Mapping[str, Any]]: ...

    def connections(self) -> Sequence[Mapping[str, Any]]: ...

    def disconnect(self, connection_id: str) -> bool: ...

    def clean_up(self, idle_minutes: float) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`reporter` gives reports, sealed or not, and takes own scorecards: there is no other store of them. `transcript`
    lists what was said; `pdf` lays out a report (as plain data) as its reader may see it. `parts` says what is ready
    (`database`, `migrations`, `redis`, `jobs`, `voice`). `decode_json` refuses what is no JSON, too deep, or too long a
    number; `peer` judges where a request comes from. `rate` is how often somebody may ask; None: as often as they like.
    """

    mode: Mode
    version: str
    clock: Clock
    keyring: Keyring
    doorman: Doorman
    sign_in: SignIn
    users: Users
    invitations: InvitationDesk
    tickets: TicketOffice
    api_keys: ApiKeyDesk
    sessions: Sessions
    entry: Entry
    index: SessionIndex
    reporter: Reporter
    panel_reporter: PanelReporter
    records: PrivateRecords
    rubrics: RubricLibrary
    rights: Rights
    question_sets: QuestionLibrary
    rooms: Rooms
    voice: Voice
    grading: GradingParts
    audit: Audit
    idempotency: IdempotencyKeys
    plan: Callable[[InterviewConfig], InterviewPlan]
    bank: Callable[[Language], QuestionBank]
    transcript: Callable[[SessionState], Sequence[Utterance]]
    pdf: Callable[[Mapping[str, Any]], Awaitable[bytes]]
    sockets: LiveSockets
    monitor: SocketMonitor
    parts: Callable[[], Awaitable[Mapping[str, str]]]
    peer: Callable[[HTTPConnection], Peer]
    decode_json: Callable[[bytes], Any]
    rate: RequestRate | None = None
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    allowed_origins: tuple[str, ...] = ()
    public_url: str = ""
    web_app: Path = WEB_APP
    reply_timeout_s: float = 30.0
    body_limit: int = 1024 * 1024
    audio_limit: int = 256 * 1024 * 1024
    import_limit: int = 32 * 1024 * 1024
    scan_limit: int = SCAN_LIMIT
