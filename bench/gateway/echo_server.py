"""The gateway as it serves a dialogue: identity and session attached to every connection, every limit on.

usage: python -m bench.gateway.echo_server PORT
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from vivavoce.domain.errors import VivavoceError
from vivavoce.gateway.conformance import app
from vivavoce.gateway.endpoint import Endpoint
from vivavoce.gateway.gateway import Gateway, Route
from vivavoce.gateway.handshake import Handshake
from vivavoce.gateway.limits import GatewayLimits, MessageRate
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.server import run, serve, settle_garbage_collector
from vivavoce.gateway.socket import WebSocket

PREFIX = "/api/v1/ws/"


@dataclass(slots=True)
class Identity:
    """Who is connected."""

    user_id: str
    name: str
    role: str
    expires_at: float


@dataclass(slots=True)
class Session:
    """A session with those who watch it."""

    session_id: str
    last_seq: int = 0
    viewers: set[WebSocket] = field(default_factory=set)


@dataclass(slots=True)
class Viewer:
    """What a door keeps for one socket."""

    identity: Identity
    session: Session
    last_seq: int
    features: frozenset[str]


class DialogueEcho(Endpoint):
    """Keeps what a dialogue keeps for a socket, and answers every message with itself."""

    max_message = 8 << 20

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def opened(self, ws: WebSocket) -> None:
        session_id = ws.handshake.path.removeprefix(PREFIX)
        session = self._sessions.setdefault(session_id, Session(session_id))
        identity = Identity(f"user-{ws.id}", "A Candidate", "candidate", 1e12)
        ws.state = Viewer(identity, session, session.last_seq, frozenset())
        session.viewers.add(ws)
        ws.authenticated = True

    def received(self, ws: WebSocket, data: str | bytes) -> None:
        if ws.state.session is not None:
            ws.send(data)

    def closed(self, ws: WebSocket, code: int, reason: str) -> None:
        session = ws.state.session
        session.viewers.discard(ws)
        if not session.viewers:
            self._sessions.pop(session.session_id, None)

    def refused(self, ws: WebSocket, error: VivavoceError) -> None:
        ws.send(error.code)


def main() -> None:
    """Serve until SIGTERM; the rate is high enough for the load, and counted."""
    endpoint = DialogueEcho()

    def match(handshake: Handshake) -> Endpoint | None:
        return endpoint if handshake.path.startswith(PREFIX) else None

    limits = GatewayLimits(message_rate=MessageRate(1e6, 1e6))
    gateway = Gateway(limits, [Route(match)], OriginPolicy("development"))

    def ready(_addresses: Sequence[tuple[str, int]]) -> None:
        settle_garbage_collector()
        print("ready", flush=True)

    run(serve(app, gateway, port=int(sys.argv[1]), ready=ready))


if __name__ == "__main__":
    main()
