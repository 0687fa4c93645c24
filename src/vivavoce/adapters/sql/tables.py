"""The tables of the core. Times are epoch milliseconds; JSON payloads are bytes."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _partial(name: str, column: str, condition: str) -> sa.Index:
    """An index of only the rows that meet `condition`, on either database."""
    where = sa.text(condition)
    return sa.Index(name, column, sqlite_where=where, postgresql_where=where)


#: What the store knows of itself: `epoch` names this history (SPEC.md 0.2).
meta = sa.Table(
    "meta", metadata, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
)

#: `first` is the seq of the first event of the same command; `client_id` stands on the last one. `commitment` is
#: sha256(salt + payload): erasure blanks the payload and destroys the salt, and a chain over commitments still holds.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("stream", sa.Integer, sa.ForeignKey("streams.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary),
    sa.Column("commitment", sa.LargeBinary, nullable=False),
    sa.Index("idx_events_stream_seq", "stream", "seq", unique=True),
    sa.Index(
        "idx_events_command",
        "stream",
        "actor",
        "client_id",
        unique=True,
        sqlite_where=sa.text("client_id IS NOT NULL"),
        postgresql_where=sa.text("client_id IS NOT NULL"),
    ),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("session_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("by_guest", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("candidate_name", sa.Text, nullable=False),
    sa.Column("interview_style", sa.Text, nullable=False),
    sa.Column("competencies", sa.Text, nullable=False),
    sa.Column("duration_minutes", sa.Integer, nullable=False),
    sa.Column("visibility", sa.Text, nullable=False),
    sa.Column("began_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger, nullable=False),
    sa.Column("end_reason", sa.Text, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("clock_ms", sa.BigInteger, nullable=False),
    sa.Column("clock_running_since", sa.BigInteger, nullable=False),
    sa.Column("connected", sa.Boolean, nullable=False),
    sa.Column("reply_due", sa.Boolean, nullable=False),
    sa.Column("next_due", sa.BigInteger, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Index("idx_sessions_created", "created_at", "session_id"),
    _partial("idx_sessions_due", "next_due", "next_due > 0"),
    _partial("idx_sessions_reply_due", "created_at", "reply_due"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("session_id", sa.Text, primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("not_before", sa.BigInteger, nullable=False, default=0),
    sa.Column("done", sa.Boolean, nullable=False, default=False),
    _partial("idx_outbox_waiting", "not_before", "NOT done"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("process_id", sa.Text, primary_key=True),
    sa.Column("beat_at", sa.BigInteger, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("details", sa.LargeBinary, nullable=False),
    sa.Index("idx_audit_subject", "subject", "id"),
)
