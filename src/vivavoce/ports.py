"""What the inside needs from the outside. Guarantees are written on the methods; every adapter is held to them by one
contract suite (tests/contracts)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from vivavoce.domain.access import Identity
from vivavoce.domain.interview import Language
from vivavoce.domain.log_page import page_decoder
from vivavoce.domain.question_sets import QuestionSet
from vivavoce.domain.rubrics import RubricVersion

# --- the event log -------------------------------------------------------------------------------------------------


class NewEvent(msgspec.Struct, frozen=True):
    """A fact to be stored. `payload` is JSON with its type inside, `at` epoch milliseconds, `event_id` a UUID (v7)."""

    event_id: str
    type: str
    at: int
    payload: bytes


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The line of a session in the index: what lists and sweeps need without reading a log. Times are epoch ms, 0: not
    yet; `competencies` are joined by commas."""

    session_id: str
    kind: str
    title: str
    status: str
    created_by: str
    by_guest: bool
    created_at: int
    role: str
    language: str
    candidate_name: str
    interview_style: str
    competencies: str
    duration_minutes: int
    visibility: str
    began_at: int
    ended_at: int
    end_reason: str
    answered: int
    clock_ms: int
    clock_running_since: int
    connected: bool
    reply_due: bool
    next_due: int
    report: str


class ListedSession(msgspec.Struct, frozen=True):
    """A session in a list: its line, its newest seq, and the role of whom the list is for (empty: no member)."""

    row: SessionRow
    last_seq: int
    my_role: str


class MembershipRow(msgspec.Struct, frozen=True):
    session_id: str
    user_id: str
    role: str
    active: bool


class OutboxItem(msgspec.Struct, frozen=True):
    """Work that an event asks for. `key` is unique: the same work is never queued twice."""

    key: str
    kind: str
    subject: str


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One command's events for one stream and, in the same transaction, the rows that follow from them."""

    stream: str
    expected: int
    actor: str
    events: tuple[NewEvent, ...]
    client_id: str | None = None
    session_row: SessionRow | None = None
    memberships: tuple[MembershipRow, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    rows: tuple[msgspec.Struct, ...] = ()
    """Rows of other kinds (`exam_ports`), for the tables the log was made with."""


class Appended(msgspec.Struct, frozen=True):
    """Where a command's events are: [`first`, `last`]. `duplicate`: they were there already, nothing was written."""

    first: int
    last: int
    duplicate: bool = False


class Position(msgspec.Struct, frozen=True):
    """A place in a history: `head` is the newest seq (0: the stream is empty). A new `epoch` means a new history."""

    epoch: str
    head: int


class StoredEvent(msgspec.Struct, frozen=True, array_like=True):
    """`payload` is JSON text; `client_id` stands on the last event of its command."""

    seq: int
    event_id: str
    at: int
    actor: str
    client_id: str | None
    payload: msgspec.Raw


stored_events: Final = page_decoder(StoredEvent, msgspec.Raw)


class SequenceConflictError(Exception):
    """The stream's head was not `expected`; catch up and decide again."""

    def __init__(self, stream: str, head: int) -> None:
        super().__init__(f"{stream} is at {head}")
        self.head = head


class StoreUnavailableError(Exception):
    """The store could not write or read (disk full, database away). Nothing of the request was stored; try again."""


class EventLog(Protocol):
    """Append-only streams; `seq` counts 1, 2, 3 … in each without gaps."""

    def append(self, request: Append) -> asyncio.Future[Appended]:
        """Store all of `request` or nothing; when the future resolves, it is on disk (survives `kill -9` and power
        loss). Requests for one stream are written in the order they were handed in.

        A (stream, actor, client_id) seen before returns where its events are, whatever `expected` says. Otherwise a
        head other than `expected` raises SequenceConflictError. Concurrent appends are grouped into one commit;
        a conflict in the group fails only its own append. Raises StoreUnavailableError.
        """
        ...

    async def read(self, stream: str, after: int, limit: int) -> bytes:
        """Events with seq > `after`, at most `limit`, in order: `Columns` as JSON, which the reader decodes in one go
        (`stored_events`, or `page_decoder` for its own types). Of an unknown stream: `EMPTY_PAGE`."""
        ...

    async def find(self, stream: str, actor: str, client_id: str) -> Appended | None:
        """Where the events of a command are, if it was stored."""
        ...

    async def position(self, stream: str) -> Position:
        """The newest position. The epoch of an unknown stream is that of the store."""
        ...

    async def rewrite(self, stream: str, payloads: Sequence[tuple[int, bytes]]) -> None:
        """Erasure: replace the payloads at these seqs and destroy their salts. Seqs, ids and times stay."""
        ...


# --- recordings ----------------------------------------------------------------------------------------------------


class BlobsFullError(Exception):
    """There is no room for more blobs; nothing was stored. `limit` is what may be stored in all, in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the blobs may take {limit} bytes, and they do")
        self.limit = limit


class BlobStore(Protocol):
    """Bytes by name. A name is parts of `[A-Za-z0-9._:-]`, up to 128 characters each, joined by `/`; none begins with a
    dot."""

    def write(self, name: str, offset: int, data: bytes) -> asyncio.Future[int]:
        """Put `data` at `offset`; when the future resolves to the blob's new size, it is on disk (survives `kill -9`
        and power loss). Writes to one blob happen in the order they were handed in; concurrent ones share a flush.

        What the blob had at and after `offset` is gone: it was never acknowledged. A name that is new begins at 0.
        Raises ValueError for an offset beyond the end or a name that is none, BlobsFullError, StoreUnavailableError.
        """
        ...

    async def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes [`start`, `end`), fewer where the blob ends before; an unknown blob is empty.
        Raises StoreUnavailableError."""
        ...

    async def size(self, name: str) -> int:
        """Its size in bytes; 0 for an unknown one."""
        ...

    async def delete(self, name: str) -> None:
        """Remove it. An unknown blob is no error. Raises StoreUnavailableError."""
        ...

    async def total(self) -> int:
        """Bytes in all blobs."""
        ...


# --- what lists and sweeps read ------------------------------------------------------------------------------------


class SessionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions a person may list: `user_id` None is everybody's (admin). `before` is the cursor: the
    (created_at, session_id) of the last row seen."""

    user_id: str | None = None
    guest_sessions: bool = False
    status: str | None = None
    query: str = ""
    before: tuple[int, str] | None = None
    limit: int = 50


class SessionIndex(Protocol):
    """The index of sessions, written only in the transactions of `EventLog.append`."""

    async def page(self, wanted: SessionFilter) -> list[ListedSession]:
        """Newest first; one query however long the page is."""
        ...

    async def due(self, now: int, limit: int) -> list[str]:
        """Ids of sessions with a deadline at or before `now` (epoch ms)."""
        ...

    async def awaiting_reply(self, limit: int) -> list[str]:
        """Ids of sessions in which an input (or an opening) has no reply yet, oldest first."""
        ...


class Reports(Protocol):
    """Finished reports as JSON documents."""

    async def put(self, session_id: str, document: bytes, at: int) -> None: ...

    async def get(self, session_id: str) -> bytes | None: ...

    async def delete(self, session_id: str) -> None: ...


class Outbox(Protocol):
    """Work asked for by events. An item stays until it is done; the same item may be handed out again after a crash."""

    async def waiting(self, now: int, limit: int) -> Sequence[OutboxItem]: ...

    async def done(self, key: str) -> None: ...

    async def postpone(self, key: str, until: int) -> None:
        """It failed: hand it out again at `until` (epoch ms)."""
        ...


class Leases(Protocol):
    """Who may do a thing now. A lease is held by one `holder` until it expires or is released."""

    async def acquire(self, name: str, holder: str, now: int, ttl_ms: int) -> int | None:
        """A fencing token larger than any given before for this name, or None while somebody else holds it."""
        ...

    async def release(self, name: str, token: int) -> None: ...


class Heartbeats(Protocol):
    """When each server process was last known to live; a clock that was running when it died stops there."""

    async def beat(self, process_id: str, now: int) -> None: ...

    async def last_beat(self) -> int:
        """The newest beat of any process, epoch ms; 0 when there was none."""
        ...


# --- the rest ------------------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall time, epoch milliseconds UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class Audit(Protocol):
    """The record of accesses and refusals: who, what, which, when; never contents."""

    async def record(self, at: int, actor: str, action: str, subject: str, details: dict[str, Any]) -> None: ...

    async def page(self, subject: str | None, before: int | None, limit: int) -> list[dict[str, Any]]: ...


Unsubscribe = Callable[[], None]
Spawn = Callable[[Awaitable[None]], None]


# --- what people keep to use again ---------------------------------------------------------------------------------


class QuestionSetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A set in a list: its newest version without the questions themselves. `time_s` is the sum of the time limits."""

    question_set_id: str
    version: int
    title: str
    language: str
    question_count: int
    time_s: int
    created_by: str
    created_at: int
    updated_by: str
    updated_at: int
    archived_at: int

    @classmethod
    def of(cls, question_set: QuestionSet) -> QuestionSetLine:
        """The line of this version."""
        return cls(
            question_set_id=question_set.question_set_id,
            version=question_set.version,
            title=question_set.title,
            language=question_set.language,
            question_count=len(question_set.questions),
            time_s=sum(question.time_limit_s or 0 for question in question_set.questions),
            created_by=question_set.created_by,
            created_at=question_set.created_at,
            updated_by=question_set.updated_by,
            updated_at=question_set.updated_at,
            archived_at=question_set.archived_at,
        )


class QuestionSetFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sets to list; `before` is the cursor: the (created_at, question_set_id) of the last one seen."""

    created_by: str | None = None
    language: Language | None = None
    archived: bool = False
    query: str = ""
    before: tuple[int, str] | None = None
    limit: int = 50


class QuestionSets(Protocol):
    """Sets by id; every version that was ever stored stays."""

    async def add(self, question_set: QuestionSet) -> bool:
        """False, and nothing is stored, when the id is taken."""
        ...

    async def by_id(self, question_set_id: str, version: int | None = None) -> QuestionSet | None:
        """The newest version, or the one asked for; whether it is archived is said of the set, not of the version."""
        ...

    async def put_version(self, question_set: QuestionSet) -> bool:
        """Store the next version; False, and nothing is stored, unless it follows the newest one there is."""
        ...

    async def set_archived(self, question_set_id: str, at: int) -> None:
        """0: back in use."""
        ...

    async def page(self, wanted: QuestionSetFilter) -> list[QuestionSetLine]:
        """Newest first; one query however long the page is."""
        ...


class Rubrics(Protocol):
    """People's own rubrics by id; every version that was ever stored stays. Versions are numbered 1, 2, 3 …"""

    async def add(self, rubric: RubricVersion) -> bool:
        """Store version 1; False, and nothing is stored, when the id is taken."""
        ...

    async def by_id(self, rubric_id: str, version: str | None = None) -> RubricVersion | None:
        """The newest version, or the one asked for."""
        ...

    async def put_version(self, rubric: RubricVersion) -> bool:
        """Store the next version; False, and nothing is stored, unless it follows the newest one there is."""
        ...

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[RubricVersion]:
        """The newest version of each, newest rubric first; `before` is the (created_at, rubric_id) of the last seen."""
        ...


# --- identity ------------------------------------------------------------------------------------------------------


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can sign in, or was invited. `email` is lower case, empty for invited people; `password_hash` is
    empty for those who have no password. Tokens issued before `valid_from` (epoch seconds) are refused; `created_at`
    is epoch ms."""

    user_id: str
    email: str
    name: str
    role: str
    language: str
    password_hash: str
    created_at: int
    disabled: bool = False
    valid_from: int = 0


class Accounts(Protocol):
    async def add(self, account: Account) -> bool:
        """False, and nothing is stored, when the user id or a non-empty e-mail address is taken."""
        ...

    async def by_id(self, user_id: str) -> Account | None: ...

    async def by_email(self, email: str) -> Account | None: ...

    async def change(self, user_id: str, **fields: Any) -> Account | None:
        """Set fields of an account; what it is afterwards, None for an unknown one."""
        ...

    async def page(self, before: tuple[int, str] | None, limit: int, query: str = "") -> list[Account]:
        """Newest first, after the cursor (created_at, user_id); `query` is part of a name or an e-mail address."""
        ...


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token, by its hash. All tokens that follow from one sign-in are a `family`; `session_id` is the one
    session an invited person is bound to, otherwise empty. Times are epoch ms."""

    token_hash: str
    family: str
    user_id: str
    session_id: str
    expires_at: int


RefreshOutcome = Literal["rotated", "unknown", "expired", "revoked", "reused"]


class RefreshTokens(Protocol):
    async def add(self, token: RefreshToken) -> None: ...

    async def rotate(
        self, token_hash: str, successor_hash: str, expires_at: int, now: int
    ) -> tuple[RefreshOutcome, RefreshToken | None]:
        """Spend a token and store its successor in one transaction; the second is the one that was spent.

        Of two that try at once, one gets `rotated` and the other `reused`. A reused token revokes its whole family.
        """
        ...

    async def revoke_family(self, token_hash: str) -> RefreshToken | None:
        """Revoke the token and everything that follows from the same sign-in; the token, if it is known."""
        ...

    async def revoke_user(self, user_id: str) -> None: ...

    async def purge(self, now: int) -> None:
        """Forget what has expired."""
        ...


class SignInGuard(Protocol):
    """Counts attempts, so that nobody guesses on. Survives restarts."""

    async def enter(self, limits: Mapping[str, int], now: int, window_ms: int) -> int:
        """Count one attempt for each key in one transaction and return 0; when a key has had as many as its limit in
        the window, count nothing and return when (epoch ms) its window ends."""
        ...

    async def clear(self, key: str) -> None:
        """Forget the attempts of a key."""
        ...

    async def refund(self, key: str) -> None:
        """Take back one attempt: it was none."""
        ...

    async def purge(self, now: int, window_ms: int) -> None: ...


class SignInLinks(Protocol):
    async def add(self, token_hash: str, user_id: str, expires_at: int) -> None: ...

    async def take(self, token_hash: str, now: int) -> str | None:
        """The user of a link that has not expired, once: whoever comes second gets None."""
        ...


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation to one session. `user_id` is the account it stands for; times are epoch ms, 0: not yet."""

    invitation_id: str
    session_id: str
    token_hash: str
    user_id: str
    name: str
    role: str
    created_by: str
    created_at: int
    expires_at: int
    accepted_at: int = 0
    revoked_at: int = 0


class Invitations(Protocol):
    async def add(self, invitation: Invitation) -> None: ...

    async def by_token(self, token_hash: str) -> Invitation | None: ...

    async def by_id(self, invitation_id: str) -> Invitation | None: ...

    async def of_session(self, session_id: str) -> list[Invitation]:
        """Newest first."""
        ...

    async def accept(self, invitation_id: str, now: int) -> bool:
        """Note that it was accepted (the first time stays); False when it has been revoked."""
        ...

    async def revoke(self, invitation_id: str, now: int) -> Invitation | None:
        """Revoke it (the first time stays); None when it is unknown."""
        ...

    async def erase_names(self, session_id: str) -> None:
        """Blank the names of everybody invited to a session, here and on accounts that exist for invitations only."""
        ...


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A program's key, by its hash. It acts as itself, with a role; `sessions` and `exams` are what a token would
    claim. Times are epoch ms, 0: never, not yet."""

    key_id: str
    secret_hash: str
    name: str
    role: str
    sessions: tuple[str, ...]
    exams: tuple[str, ...]
    created_by: str
    created_at: int
    expires_at: int = 0
    used_at: int = 0
    revoked_at: int = 0


class ApiKeys(Protocol):
    async def add(self, key: ApiKey) -> bool:
        """False, and nothing is stored, when the id is taken."""
        ...

    async def by_id(self, key_id: str) -> ApiKey | None: ...

    async def by_hash(self, secret_hash: str) -> ApiKey | None: ...

    async def note_use(self, key_id: str, at: int) -> None: ...

    async def revoke(self, key_id: str, at: int) -> ApiKey | None:
        """Revoke it (the first time stays); None when it is unknown."""
        ...

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[ApiKey]:
        """Newest first, after the cursor (created_at, key_id)."""
        ...


class Tickets(Protocol):
    """What stands for an identity for a moment."""

    async def put(self, ticket_hash: str, identity: Identity, expires_at: int) -> None: ...

    async def take(self, ticket_hash: str, now: int) -> Identity | None:
        """The identity, once, and only before it expires."""
        ...


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to a request with an Idempotency-Key. `fingerprint` tells requests apart; `status` is 0 while
    the first one is under way; `body` is sealed."""

    fingerprint: str
    status: int = 0
    body: bytes = b""
    at: int = 0


class IdempotencyKeys(Protocol):
    """Answers by (scope, key): the scope is who asks what."""

    async def begin(self, scope: str, key: str, fingerprint: str, now: int, abandoned_ms: int) -> StoredAnswer | None:
        """None: the key is the caller's now, because it is new or whoever had it gave no answer for `abandoned_ms`.
        Otherwise what is stored under it. Of two that begin at once only one gets None."""
        ...

    async def finish(self, scope: str, key: str, answer: StoredAnswer) -> None: ...

    async def release(self, scope: str, key: str) -> None:
        """Nothing came of it: the key is free again."""
        ...

    async def purge(self, before: int) -> None:
        """Forget answers stored before that time (epoch ms)."""
        ...


class SigningKeys(Protocol):
    """The public keys of whoever issues RS256 tokens."""

    async def key(self, key_id: str | None) -> Any | None:
        """The key for a token's `kid`, None when there is none. Raises VivavoceError `unavailable` when the keys
        cannot be had and none are remembered."""
        ...
