"""The HTTP API on memory stores: everything real but the disk, the clock and the sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.requests import HTTPConnection

from tests.fakes.clock import FakeClock
from tests.fakes.grading import GradingHouse
from vivavoce import catalogue
from vivavoce.adapters.blobs.memory import MemoryBlobStore
from vivavoce.adapters.memory import identity as memory_identity
from vivavoce.adapters.memory import stores as memory
from vivavoce.adapters.memory.api_keys import MemoryApiKeys
from vivavoce.adapters.memory.library import MemoryQuestionSets
from vivavoce.adapters.memory.rubrics import MemoryRubrics
from vivavoce.dialogue.plan import make_plan
from vivavoce.domain.access import Role
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, built_in_rubrics, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.evaluation.panel import PanelEvaluations
from vivavoce.evaluation.panel_reporter import PanelReporter
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.evaluation.reporter import Reporter, transcript
from vivavoce.gateway.addresses import TrustedProxies, client_address, is_local_request, is_loopback_address
from vivavoce.gateway.json import decode_json
from vivavoce.governance.rights import Rights
from vivavoce.http.api import create_api
from vivavoce.http.services import Peer, Services
from vivavoce.identity.accounts import Users
from vivavoce.identity.api_keys import ApiKeyDesk
from vivavoce.identity.doorman import Doorman
from vivavoce.identity.grants import Grants
from vivavoce.identity.invitations import InvitationDesk
from vivavoce.identity.keyring import Keyring, Mode
from vivavoce.identity.membership import admit
from vivavoce.identity.passwords import Passwords
from vivavoce.identity.signin import SignIn
from vivavoce.identity.tickets import TicketOffice
from vivavoce.identity.tokens import Tokens
from vivavoce.library.question_sets import QuestionLibrary
from vivavoce.library.rubrics import RubricLibrary
from vivavoce.protocols.rooms.messages import CLIENT_EVENTS, SERVER_EVENTS
from vivavoce.rooms.analysis import AnswerAnalyst
from vivavoce.rooms.facade import Rooms
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.voice.speech import NoSpeech
from vivavoce.voice.voice import Voice

SECRET = "a secret for tests that is long enough: 0123456789"


def quick_passwords() -> Passwords:
    """Argon2 with next to no work."""
    return Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


class NoSockets:
    """Sockets as a test says they are; remembers what was sent."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {
            "total_connections": 3,
            "active_connections": 1,
            "messages_sent": 7,
            "messages_received": 5,
            "errors_count": 0,
            "uptime_seconds": 12.5,
        }
        self.open: list[dict[str, Any]] = []
        self.sent: list[tuple[str | None, str, str]] = []

    def stats(self) -> Mapping[str, float]:
        return self.figures

    def sessions(self) -> Sequence[Mapping[str, Any]]:
        return self.open

    def send(self, session_id: str, message: str, kind: str) -> int:
        self.sent.append((session_id, message, kind))
        return 1

    def broadcast(self, message: str, kind: str) -> int:
        self.sent.append((None, message, kind))
        return 1


class NoMonitor:
    """Figures as a monitor gives them; remembers what was closed."""

    FIGURES: Mapping[str, Any] = {
        "connections": 1,
        "total_connections": 3,
        "messages_sent": 7,
        "messages_received": 5,
        "errors_count": 0,
        "queued_bytes": 0,
        "loop_delay_ms": 0.5,
        "pool_percent": 0.1,
        "cpu_percent": 12.0,
        "memory_percent": 34.0,
        "disk_percent": None,
    }

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.anomalies: list[str] = []

    def now(self) -> Mapping[str, Any]:
        return {**self.FIGURES, "uptime_seconds": 12.5, "anomalies": self.anomalies}

    def history(self, hours: float) -> Sequence[Mapping[str, Any]]:
        return [{**self.FIGURES, "at": "2026-01-31T08:15:00.123Z"}] if hours >= 1 else []

    def connections(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "connection_id": "c1",
                "door": "dialogue",
                "path": "/api/v1/ws",
                "user_id": "ann",
                "address": "127.0.0.1",
                "idle_s": 1.0,
                "queued_bytes": 0,
            }
        ]

    def disconnect(self, connection_id: str) -> bool:
        self.closed.append(connection_id)
        return connection_id == "c1"

    def clean_up(self, idle_minutes: float) -> int:
        return 2


class ApiHouse:
    """An API and what is behind it. `as_` gives a client that carries somebody's token."""

    def __init__(self, *, mode: Mode = "production", web_app: Path = Path("/nonexistent"), **changes: Any) -> None:
        self.clock = FakeClock()
        self.store = memory.MemoryStore()
        self.log = memory.MemoryEventLog(self.store)
        self.audit = memory.MemoryAudit(self.store)
        self.reports = memory.MemoryReports(self.store)
        self.keyring = Keyring([SECRET], mode)
        self.accounts = memory_identity.MemoryAccounts()
        self.refresh_tokens = memory_identity.MemoryRefreshTokens()
        self.tickets = memory_identity.MemoryTickets()
        self.idempotency = memory_identity.MemoryIdempotencyKeys()
        self.tokens = Tokens(self.keyring, self.clock)
        self.api_keys = ApiKeyDesk(MemoryApiKeys(), self.audit, self.clock)
        self.doorman = Doorman(self.tokens, self.tickets, self.accounts, self.clock, mode, self.api_keys)
        self.grants = Grants(self.tokens, self.refresh_tokens, self.accounts, self.clock)
        passwords = quick_passwords()
        self.users = Users(self.accounts, passwords, self.refresh_tokens, self.audit, self.clock)
        self.sign_in = SignIn(
            accounts=self.accounts,
            passwords=passwords,
            grants=self.grants,
            guard=memory_identity.MemorySignInGuard(),
            links=memory_identity.MemorySignInLinks(),
            keyring=self.keyring,
            audit=self.audit,
            clock=self.clock,
        )
        index = memory.MemorySessionIndex(self.store)
        self.sessions = Sessions(
            self.log,
            index,
            memory.MemoryHeartbeats(self.store),
            self.clock,
            Policy(require_consent=mode == "production"),
            process_id="test",
        )
        invitations = memory_identity.MemoryInvitations()
        self.invitations = InvitationDesk(
            invitations=invitations,
            accounts=self.accounts,
            refresh_tokens=self.refresh_tokens,
            grants=self.grants,
            sessions=self.sessions,
            keyring=self.keyring,
            audit=self.audit,
            clock=self.clock,
        )
        self.records = PrivateRecords(self.log, self.clock)
        evaluations = PanelEvaluations(
            self.sessions,
            self.records,
            self.clock,
            RuleEvaluator(),
            lambda language: load_rubric(PANEL_CRITERIA, language),
        )
        self.panel_reporter = PanelReporter(self.sessions, self.records, self.reports, evaluations, self.clock)
        self.reporter = Reporter(
            self.sessions,
            self.records,
            self.reports,
            self.clock,
            RuleEvaluator(),
            load_rubric,
            self.panel_reporter,
        )
        self.rights = Rights(
            self.sessions,
            self.log,
            self.reports,
            self.audit,
            self.clock,
            forget_pages=_nothing_on_disk,
            erase_elsewhere=_names_of(invitations),
        )
        self.blobs = MemoryBlobStore()
        self.voice = Voice(
            NoSpeech(),
            self.blobs,
            self.sessions,
            lambda config: make_plan(config, load_bank(config.language)),
            grace_s=0,
        )
        self.rooms = Rooms(
            self.sessions,
            AnswerAnalyst(RuleEvaluator(), load_rubric, catalogue.text),
            self.clock,
            {*CLIENT_EVENTS, *SERVER_EVENTS},
        )
        self.sockets = NoSockets()
        self.monitor = NoMonitor()
        self.grading = GradingHouse(self.clock, self.audit)
        settings: dict[str, Any] = {
            "mode": mode,
            "version": "0.0-test",
            "clock": self.clock,
            "keyring": self.keyring,
            "doorman": self.doorman,
            "sign_in": self.sign_in,
            "users": self.users,
            "invitations": self.invitations,
            "tickets": TicketOffice(self.tickets, self.clock),
            "api_keys": self.api_keys,
            "sessions": self.sessions,
            "entry": Entry(self.sessions, admit),
            "index": index,
            "reporter": self.reporter,
            "panel_reporter": self.panel_reporter,
            "records": self.records,
            "rubrics": RubricLibrary(MemoryRubrics(), built_in_rubrics(), self.audit, self.clock),
            "rights": self.rights,
            "rooms": self.rooms,
            "question_sets": QuestionLibrary(MemoryQuestionSets(), self.audit, self.clock),
            "voice": self.voice,
            "grading": self.grading.parts,
            "audit": self.audit,
            "idempotency": self.idempotency,
            "plan": lambda config: make_plan(config, load_bank(config.language)),
            "bank": load_bank,
            "transcript": transcript,
            "pdf": _pdf,
            "sockets": self.sockets,
            "monitor": self.monitor,
            "parts": _parts,
            "peer": peer,
            "decode_json": decode_json,
            "metrics": CollectorRegistry(),
            "web_app": web_app,
            "reply_timeout_s": 0.05,
        }
        self.services = Services(**{**settings, **changes})
        self.api: FastAPI = create_api(self.services)

    def token(self, user_id: str, role: Role, **claims: Any) -> str:
        return self.tokens.mint(user_id, role=role, name=user_id.title(), ttl_s=3600, **claims)

    def client(self, token: str | None = None, *, base_url: str = "http://vivavoce.test", **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        address = options.pop("address", ("127.0.0.1", 50000))
        transport = httpx.ASGITransport(self.api, raise_app_exceptions=False, client=address)
        return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers, **options)

    def as_(self, user_id: str, role: Role, **claims: Any) -> Any:
        return self.client(self.token(user_id, role, **claims))

    def local(self, **options: Any) -> Any:
        """A client on this machine, without a token."""
        return self.client(base_url="http://127.0.0.1:8000", **options)

    async def reply(self, session_id: str, text: str = "And then?") -> None:
        """The interviewer's reply to what is waiting."""
        from vivavoce.domain.interview import Move

        session = await self.sessions.open(session_id)
        state = await session.settled()
        await session.submit(
            c.RecordReply(
                fence=1,
                input_seqs=tuple(entry.seq for entry in state.pending()),
                text=text,
                move=Move(strategy="deep_dive", response_type="question", focus_area="teamwork", reason="to hear more"),
                engine="guided",
                engine_version="1",
            ),
            "system",
        )


def peer(request: HTTPConnection) -> Peer:
    host = request.client.host if request.client else ""
    address = client_address(host, request.headers, TrustedProxies())
    return Peer(
        address=address,
        is_local=is_local_request(host, request.headers),
        is_loopback=is_loopback_address(address),
    )


async def _nothing_on_disk() -> None:
    """Memory needs no overwriting."""


def _names_of(invitations: memory_identity.MemoryInvitations) -> Callable[[SessionState], Awaitable[None]]:
    return lambda state: invitations.erase_names(state.session_id)


async def _pdf(report: Mapping[str, Any]) -> bytes:
    return b"%PDF-1.7 " + str(report["session_id"]).encode()


async def _parts() -> Mapping[str, str]:
    return {"database": "ready", "migrations": "ready", "redis": "off", "jobs": "ready", "voice": "off"}
