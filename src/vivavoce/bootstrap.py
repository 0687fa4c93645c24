"""Puts the house together. The only place that names concrete adapters and engines."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import IO, Any, Final, Protocol, TypeVar

import msgspec
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from vivavoce import catalogue
from vivavoce.adapters.blobs.files import FileBlobStore
from vivavoce.adapters.clock import SystemClock
from vivavoce.adapters.jwks import JwksKeys
from vivavoce.adapters.machine import Machine
from vivavoce.adapters.memory.identity import MemoryTickets
from vivavoce.adapters.sql import identity as sql_identity
from vivavoce.adapters.sql import stores as sql_stores
from vivavoce.adapters.sql.api_keys import SqlApiKeys
from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.exam_rows import STATEMENTS
from vivavoce.adapters.sql.library import SqlQuestionSets
from vivavoce.adapters.sql.log import SqlEventLog
from vivavoce.adapters.sql.migrate import migrate
from vivavoce.adapters.sql.rubrics import SqlRubrics
from vivavoce.dialogue.plan import make_plan
from vivavoce.dialogue.responder import Responder, Wording
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.interview import InterviewConfig, InterviewPlan
from vivavoce.domain.rubrics import PANEL_RUBRIC
from vivavoce.domain.session import confirmation as cf
from vivavoce.domain.session import events as e
from vivavoce.domain.session.state import Policy, SessionState
from vivavoce.engines.evaluator.contract import Evaluator
from vivavoce.engines.evaluator.rubrics import PANEL_CRITERIA, built_in_rubrics, load_rubric
from vivavoce.engines.evaluator.rule import RuleEvaluator
from vivavoce.engines.interviewer.bank import load_bank
from vivavoce.engines.interviewer.fallback import FallbackInterviewer, SingleInterviewer
from vivavoce.engines.interviewer.guided import GuidedInterviewer
from vivavoce.evaluation.panel import PanelEvaluations
from vivavoce.evaluation.panel_reporter import PanelReporter
from vivavoce.evaluation.records import PrivateRecords
from vivavoce.evaluation.report import Report
from vivavoce.evaluation.reporter import Reporter, transcript
from vivavoce.gateway.addresses import (
    TrustedProxies,
    client_address,
    is_forwarded_securely,
    is_local_request,
    is_loopback_address,
)
from vivavoce.gateway.doors.dialogue import DialogueDoor
from vivavoce.gateway.doors.grading import GradingDoor
from vivavoce.gateway.doors.live import OpenSockets
from vivavoce.gateway.doors.panel import PanelDoor
from vivavoce.gateway.doors.refusals import Refusals
from vivavoce.gateway.doors.rooms import RoomsDoor
from vivavoce.gateway.gateway import Gateway, Route
from vivavoce.gateway.json import decode_json
from vivavoce.gateway.limits import GatewayLimits
from vivavoce.gateway.monitor import Monitor
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.socketio.limits import SocketIOLimits
from vivavoce.gateway.socketio.server import SocketIOServer
from vivavoce.governance.rights import Rights
from vivavoce.grading_house import Grading, build_grading
from vivavoce.http.api import create_api
from vivavoce.http.request_rate import RequestRate
from vivavoce.http.services import SCAN_LIMIT, Peer, Services
from vivavoce.identity.accounts import Users
from vivavoce.identity.api_keys import ApiKeyDesk
from vivavoce.identity.doorman import Doorman
from vivavoce.identity.grants import Grants
from vivavoce.identity.invitations import InvitationDesk
from vivavoce.identity.keyring import Keyring, WeakSecretError
from vivavoce.identity.membership import admit
from vivavoce.identity.passwords import Passwords
from vivavoce.identity.signin import SignIn
from vivavoce.identity.tickets import TicketOffice
from vivavoce.identity.tokens import Tokens
from vivavoce.identity.upkeep import Upkeep
from vivavoce.library.question_sets import QuestionLibrary
from vivavoce.library.rubrics import RubricLibrary
from vivavoce.observability.metrics import registry_of
from vivavoce.ports import BlobStore, Invitations, Reports, StoreUnavailableError
from vivavoce.protocols.rooms.messages import CLIENT_EVENTS, SERVER_EVENTS
from vivavoce.recognisers import InstalledSpeech
from vivavoce.rooms import integration, plugins
from vivavoce.rooms.analysis import AnswerAnalyst
from vivavoce.rooms.facade import Rooms
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.session.relay import Relay
from vivavoce.session.running import RunningSession
from vivavoce.settings import Settings, SettingsError, development_secret
from vivavoce.voice.recordings import blob_name
from vivavoce.voice.speech import Speech
from vivavoce.voice.voice import Voice

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)
VERSION: Final = version("vivavoce")
#: On SQLite one process has the data folder to itself (it holds the lock), so its leases are its own after a restart.
_PROCESS: Final = "single"
_UPKEEP_EVERY_S: Final = 3600
#: Where recordings are sent whole, and files of students' answers.
_AUDIO_PATH: Final = "/api/v1/sessions/*/audio"
_CSV_PATH: Final = "/api/v1/exams/*/submissions/csv"
_CSV_LIMIT: Final = 32 * 1024 * 1024
_SCAN_PATHS: Final = ("/api/v1/exams/*/submissions/scan", "/api/v1/exams/*/sheet-pages")
#: Events with which something comes into the outbox.
_LEAVES_WORK: Final = (e.SessionEnded, e.RecordingHeard, cf.TranscriptConfirmed, cf.ConfirmationLapsed)


class RunningSpeech(Speech, Protocol):
    """Recognisers that the house starts and stops."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(slots=True)
class House:
    """Everything that runs. `start` before serving, `stop` after."""

    settings: Settings
    database: Database
    sessions: Sessions
    responder: Responder
    relay: Relay
    door: DialogueDoor
    rooms_door: RoomsDoor
    panel_door: PanelDoor
    grading_door: GradingDoor
    monitor: Monitor
    evaluations: PanelEvaluations
    reports: Reports
    rooms: Rooms
    gateway: Gateway
    api: FastAPI
    users: Users
    sign_in: SignIn
    tokens: Tokens
    upkeep: Upkeep
    rights: Rights
    blobs: FileBlobStore
    speech: RunningSpeech
    voice: Voice
    grading: Grading
    lock: IO[str]
    _chores: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._chores = asyncio.get_running_loop().create_task(self._keep_house())
        self.door.start()
        self.rooms_door.start()
        self.panel_door.start()
        self.grading_door.start()
        self.monitor.start()
        self.evaluations.start()
        integration.bind(self.rooms)
        await self.sessions.start()
        await self.grading.start()
        self.relay.start()
        self.speech.start()

    async def _keep_house(self) -> None:
        while True:
            try:
                await self.upkeep.forget()
            except StoreUnavailableError as error:
                _LOG.warning("what is over was not forgotten and will be next hour: %s", error)
            await asyncio.sleep(_UPKEEP_EVERY_S)

    async def stop(self) -> None:
        if self._chores is not None:
            self._chores.cancel()
        integration.unbind(self.rooms)
        await self.door.stop()
        await self.rooms_door.stop()
        await self.panel_door.stop()
        await self.grading_door.stop()
        await self.monitor.stop()
        await self.evaluations.stop()
        await self.voice.stop()
        await self.responder.stop()
        await self.relay.stop()
        await self.grading.stop()
        await self.sessions.stop()
        await self.speech.stop()
        await self.blobs.stop()
        await self.database.stop()
        self.lock.close()


def keyring_of(settings: Settings) -> Keyring:
    secret = settings.jwt_secret.get_secret_value()
    if not secret and settings.mode == "development":
        secret = development_secret(settings.data_dir)
    try:
        return Keyring([secret], settings.mode)
    except WeakSecretError as error:
        raise SettingsError(f"VIVAVOCE_JWT_SECRET: {error}") from error


def lock_data(settings: Settings) -> IO[str]:
    """Hold the data folder: two servers on one SQLite file would each believe to be the only writer.

    Raises SettingsError when somebody else has it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    handle = (settings.data_dir / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise SettingsError(
            f"VIVAVOCE_DATA_DIR: another server is running on {settings.data_dir}; stop it or name another folder"
        ) from error
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def plan_for(config: InterviewConfig) -> InterviewPlan:
    return make_plan(config, load_bank(config.language))


async def build(settings: Settings, speech: RunningSpeech | None = None) -> House:
    """Open the store and connect the parts, on the running loop. `speech`: other recognisers than the installed ones.
    Raises SettingsError, StoreUnavailableError."""
    lock = lock_data(settings)
    await asyncio.to_thread(migrate, settings.database_path)
    clock = SystemClock()
    database = Database(settings.database_path)
    database.start()
    blobs = FileBlobStore(settings.audio_path, settings.audio_storage_bytes)
    blobs.start()
    log = SqlEventLog(database, STATEMENTS)
    index = sql_stores.SqlSessionIndex(database)
    audit = sql_stores.SqlAudit(database)
    sessions = Sessions(
        log,
        index,
        sql_stores.SqlHeartbeats(database),
        clock,
        Policy(
            require_consent=settings.mode == "production",
            text_limit=settings.text_limit,
            idle_end_ms=int(settings.session_idle_s * 1000),
            audio_bytes=settings.audio_session_bytes,
            confirmation_ms=int(settings.transcript_confirmation_s * 1000),
        ),
        process_id=_PROCESS,
        grace_s=settings.grace_s,
    )
    entry = Entry(sessions, admit)

    accounts = sql_identity.SqlAccounts(database)
    refresh_tokens = sql_identity.SqlRefreshTokens(database)
    keyring = keyring_of(settings)
    provider_keys = JwksKeys(settings.jwt_jwks_url, clock) if settings.jwt_jwks_url else None
    tokens = Tokens(keyring, clock, provider_keys=provider_keys)
    tickets = MemoryTickets()
    api_keys = ApiKeyDesk(SqlApiKeys(database), audit, clock)
    doorman = Doorman(tokens, tickets, accounts, clock, settings.mode, api_keys)
    grants = Grants(tokens, refresh_tokens, accounts, clock)
    passwords = Passwords()
    users = Users(accounts=accounts, passwords=passwords, refresh_tokens=refresh_tokens, audit=audit, clock=clock)
    idempotency = sql_identity.SqlIdempotencyKeys(database)
    guard = sql_identity.SqlSignInGuard(database)
    upkeep = Upkeep(refresh_tokens, guard, idempotency, clock)
    sign_in = SignIn(
        accounts=accounts,
        passwords=passwords,
        grants=grants,
        guard=guard,
        links=sql_identity.SqlSignInLinks(database),
        keyring=keyring,
        audit=audit,
        clock=clock,
    )
    invitation_rows = sql_identity.SqlInvitations(database)
    invitations = InvitationDesk(
        invitations=invitation_rows,
        accounts=accounts,
        refresh_tokens=refresh_tokens,
        grants=grants,
        sessions=sessions,
        keyring=keyring,
        audit=audit,
        clock=clock,
    )

    records = PrivateRecords(log, clock)
    evaluator = evaluator_for(settings)
    reports = sql_stores.SqlReports(database)
    evaluations = PanelEvaluations(
        sessions, records, clock, evaluator, lambda language: load_rubric(PANEL_CRITERIA, language)
    )
    panel_reporter = PanelReporter(sessions, records, reports, evaluations, clock)
    reporter = Reporter(sessions, records, reports, clock, evaluator, load_rubric, panel_reporter)
    rubrics = RubricLibrary(SqlRubrics(database), built_in_rubrics(), audit, clock)
    speech = speech or InstalledSpeech(settings)
    voice = Voice(speech, blobs, sessions, plan_for, grace_s=settings.grace_s, trackers=speech.open_tracker)
    rights = Rights(
        sessions,
        log,
        sql_stores.SqlReports(database),
        audit,
        clock,
        forget_pages=database.forget_pages,
        erase_elsewhere=_erasing(invitation_rows, blobs, records),
    )
    grading = build_grading(settings, database, log, blobs, audit, clock)
    relay = Relay(
        sql_stores.SqlOutbox(database),
        clock,
        {"report": reporter.produce, "recording": voice.file, "batch": grading.batches.hand_out},
    )
    grading.batches.wake = relay.wake
    responder = Responder(
        sql_stores.SqlLeases(database),
        clock,
        interviewer_for(settings),
        load_bank,
        holder=_PROCESS,
        floor=voice.floor,
    )
    for part in (responder, voice, evaluations):
        sessions.committed.append(part.committed)
        sessions.woken.append(part.woken)
    sessions.committed.append(_waking(relay))

    trusted = _setting("TRUSTED_PROXIES", lambda: TrustedProxies(settings.trusted_proxies))
    door = DialogueDoor(sessions, entry, doorman, plan_for, voice, catalogue.text, clock, version=VERSION)
    room_events = {*CLIENT_EVENTS, *SERVER_EVENTS}
    analyst = AnswerAnalyst(RuleEvaluator(), load_rubric, catalogue.text)
    rooms = Rooms(sessions, analyst, clock, room_events)
    rooms_door = RoomsDoor(
        sessions,
        entry,
        doorman,
        voice,
        analyst.of_room,
        catalogue.text,
        Refusals(audit, clock),
        clock,
        plugins.installed(room_events),
    )
    panel_door = PanelDoor(
        sessions,
        entry,
        doorman,
        voice,
        records,
        evaluations,
        lambda: rubrics.built_in(PANEL_RUBRIC),
        catalogue.text,
        clock,
        audit,
        version=VERSION,
        heartbeat_s=settings.heartbeat_s,
    )
    gateway = Gateway(
        GatewayLimits(
            max_connections=settings.max_connections,
            max_connections_per_address=settings.max_connections_per_address,
            heartbeat_s=settings.heartbeat_s,
            idle_timeout_s=settings.idle_timeout_s,
            body_limits=[
                (_AUDIO_PATH, settings.audio_upload_bytes),
                (_CSV_PATH, _CSV_LIMIT),
                *((path, SCAN_LIMIT) for path in _SCAN_PATHS),
            ],
        ),
        [
            Route(lambda handshake: door if door.serves(handshake) else None),
            Route(lambda handshake: panel_door if panel_door.serves(handshake) else None),
            Route(lambda handshake: grading_door if grading_door.serves(handshake) else None),
        ],
        _setting("ALLOWED_ORIGINS", lambda: OriginPolicy(settings.mode, settings.allowed_origins)),
        trusted_proxies=trusted,
        describe=_describe,
    )
    monitor = Monitor(gateway, Machine(settings.data_dir), clock)
    grading_door = GradingDoor(grading.parts, doorman, catalogue.text, clock, audit, monitor)
    SocketIOServer(
        gateway,
        namespaces={"/": rooms_door},
        limits=SocketIOLimits(ping_interval_s=settings.ping_interval_s, ping_timeout_s=settings.ping_timeout_s),
    )
    services = Services(
        mode=settings.mode,
        version=VERSION,
        clock=clock,
        keyring=keyring,
        doorman=doorman,
        sign_in=sign_in,
        users=users,
        invitations=invitations,
        tickets=TicketOffice(tickets, clock),
        api_keys=api_keys,
        sessions=sessions,
        entry=entry,
        index=index,
        reporter=reporter,
        panel_reporter=panel_reporter,
        records=records,
        rubrics=rubrics,
        rights=rights,
        question_sets=QuestionLibrary(SqlQuestionSets(database), audit, clock),
        rooms=rooms,
        voice=voice,
        grading=grading.parts,
        audit=audit,
        idempotency=idempotency,
        plan=plan_for,
        bank=load_bank,
        transcript=transcript,
        pdf=_pdf,
        sockets=OpenSockets(gateway, (door, rooms_door, panel_door, grading_door)),
        monitor=monitor,
        parts=_parts(database, voice, grading),
        peer=_peer(trusted),
        decode_json=decode_json,
        rate=RequestRate(clock, settings.http_requests_per_s),
        metrics=registry_of(gateway, sessions, responder),
        audio_limit=settings.audio_upload_bytes,
        import_limit=_CSV_LIMIT,
        allowed_origins=settings.allowed_origins,
        public_url=settings.public_url,
    )
    return House(
        settings=settings,
        database=database,
        sessions=sessions,
        responder=responder,
        relay=relay,
        door=door,
        rooms_door=rooms_door,
        panel_door=panel_door,
        grading_door=grading_door,
        monitor=monitor,
        evaluations=evaluations,
        reports=reports,
        rooms=rooms,
        gateway=gateway,
        api=create_api(services),
        users=users,
        sign_in=sign_in,
        tokens=tokens,
        upkeep=upkeep,
        rights=rights,
        blobs=blobs,
        speech=speech,
        voice=voice,
        grading=grading,
        lock=lock,
    )


def interviewer_for(settings: Settings) -> Wording:
    """The guided interviewer; before it an LLM where one is configured."""
    guided = GuidedInterviewer()
    if not settings.llm_base_url:
        return SingleInterviewer(guided)
    from vivavoce.engines.interviewer.llm import LlmInterviewer, LlmOptions  # a second of imports

    options = LlmOptions(
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        first_token_timeout_s=settings.llm_first_token_timeout_s,
        total_timeout_s=settings.llm_timeout_s,
    )
    return FallbackInterviewer(LlmInterviewer(options), guided)


def evaluator_for(settings: Settings) -> Evaluator:
    """The LLM where one is configured (while it is away reports stay pending, never invented), or the rule engine."""
    if not settings.llm_base_url:
        return RuleEvaluator()
    from vivavoce.engines.evaluator.llm import LlmEvaluator
    from vivavoce.engines.structured_model import LlmOptions as EvaluatorOptions

    return LlmEvaluator(
        EvaluatorOptions(
            base_url=settings.llm_base_url,
            model=settings.llm_model,
            api_key=settings.llm_api_key.get_secret_value(),
        )
    )


def _setting(name: str, make: Callable[[], T]) -> T:
    """What a setting is made into; where that cannot be, the start ends with a sentence that names it."""
    try:
        return make()
    except ValueError as error:
        raise SettingsError(f"VIVAVOCE_{name}: {error}") from error


def _waking(relay: Relay) -> Any:
    def committed(_session: RunningSession, events: Any) -> None:
        if any(
            isinstance(
                recorded.data, e.SessionEnded | e.RecordingHeard | cf.TranscriptConfirmed | cf.ConfirmationLapsed
            )
            for recorded in events
        ):
            relay.wake()

    return committed


def _erasing(
    invitations: Invitations, blobs: BlobStore, records: PrivateRecords
) -> Callable[[SessionState], Awaitable[None]]:
    async def erase(state: SessionState) -> None:
        await invitations.erase_names(state.session_id)
        records.forget(state.session_id)
        for recording in state.recordings.values():
            for suffix in ("", recording.audio_format):
                await blobs.delete(blob_name(state.session_id, recording.recording_id, suffix))

    return erase


def _describe(error: VivavoceError, accept_language: str) -> str:
    return catalogue.text(catalogue.negotiate(accept_language), f"errors.{error.reason}", **error.info)


async def _pdf(report: Mapping[str, Any]) -> bytes:
    from vivavoce.evaluation.pdf import render_pdf  # the typesetter is large, and most processes print nothing

    return await asyncio.to_thread(render_pdf, msgspec.convert(report, Report))


def _parts(database: Database, voice: Voice, grading: Grading) -> Any:
    async def parts() -> Mapping[str, str]:
        await database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        return {
            "database": "ready",
            "migrations": "ready",
            "redis": "off",
            "jobs": grading.jobs.state,
            "voice": voice.state,
        }

    return parts


def _peer(trusted: TrustedProxies) -> Any:
    def peer(request: HTTPConnection) -> Peer:
        host = request.client.host if request.client else ""
        address = client_address(host, request.headers, trusted) if trusted else host
        return Peer(
            address=address,
            is_local=is_local_request(host, request.headers),
            is_secure=request.url.scheme == "https" or is_forwarded_securely(host, request.headers, trusted),
            is_loopback=is_loopback_address(address),
        )

    return peer
