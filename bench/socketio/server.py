"""The gateway as it serves rooms: a token checked, identity, participant and session attached, every limit on.

usage: python -m bench.socketio.server PORT
SIGUSR2 prints the longest pause of the garbage collector so far and the length of a full collection.
"""

from __future__ import annotations

import base64
import gc
import hmac
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from vivavoce.domain.errors import VivavoceError, invalid
from vivavoce.gateway.conformance import app
from vivavoce.gateway.gateway import Gateway
from vivavoce.gateway.limits import GatewayLimits, MessageRate
from vivavoce.gateway.origins import OriginPolicy
from vivavoce.gateway.server import run, serve, settle_garbage_collector
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.server import SocketIOServer
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket

SECRET = b"a secret of the benchmark, long enough for HS256"
TEXT_LIMIT = 10_000


HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


class Claims(msgspec.Struct):
    """What a token says."""

    sub: str
    name: str
    role: str
    exp: int


_decode_claims = msgspec.json.Decoder(Claims).decode


def token() -> str:
    """What every client of the load brings: a JWT signed with HS256."""
    claims = Claims("7", "A Candidate", "candidate", int(time.time()) + 86_400)
    signed = HEADER + b"." + base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
    return (signed + b"." + _sign(signed)).decode()


def check_token(text: object) -> Claims:
    """Signature, algorithm, form and expiry. Raises VivavoceError `unauthorized`."""
    signed, _, signature = str(text).encode().rpartition(b".")
    header, _, payload = signed.partition(b".")
    if header == HEADER and hmac.compare_digest(signature, _sign(signed)):
        claims = _decode_claims(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        if claims.exp > time.time():
            return claims
    raise VivavoceError("unauthorized", "no valid token")


def _sign(signed: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(SECRET, signed, "sha256")).rstrip(b"=")


@dataclass(slots=True)
class Identity:
    """Who is connected."""

    user_id: str
    name: str
    role: str
    expires_at: float


@dataclass(slots=True)
class Session:
    """A session with those who are in its room."""

    session_id: str
    last_seq: int = 0
    sockets: set[SioSocket] = field(default_factory=set)


@dataclass(slots=True)
class Participant:
    """What a door keeps for one socket."""

    identity: Identity
    session: Session
    last_seq: int
    features: frozenset[str]


class Message(msgspec.Struct):
    """What the load sends."""

    interview_id: str
    user_id: str
    type: str
    message: str


class Rooms(Namespace):
    """Checks the token, then echoes by acknowledgement and publishes to the room of the sender."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self.server: SocketIOServer

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> None:
        claims = check_token(auth.get("token"))
        name = str(auth.get("room", 0))
        session = self._sessions.setdefault(name, Session(name))
        identity = Identity(claims.sub, claims.name, claims.role, float(claims.exp))
        socket.state = Participant(identity, session, session.last_seq, frozenset())
        session.sockets.add(socket)

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        participant: Participant = socket.state
        message = msgspec.convert(args[0], Message)
        if len(message.message) > TEXT_LIMIT:
            raise invalid("too long", field="message")
        if message.user_id != participant.identity.user_id:
            raise VivavoceError("forbidden")
        if ack is not None:
            ack(args[0])
        elif name == "publish":
            self.server.broadcast(participant.session.sockets, "delivery", args[0])

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        session = socket.state.session
        session.sockets.discard(socket)
        if not session.sockets:
            self._sessions.pop(session.session_id, None)


class CollectorWatch:
    """How long the garbage collector stops everything."""

    def __init__(self) -> None:
        self._began = 0.0
        self.longest_s = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.longest_s = max(self.longest_s, time.perf_counter() - self._began)

    def report(self, *_: object) -> None:
        """Print it, with the length of a full collection now."""
        longest_s = self.longest_s
        began = time.perf_counter()
        gc.collect()
        full_s = time.perf_counter() - began
        print(json.dumps({"longest_gc_ms": longest_s * 1000, "full_gc_ms": full_s * 1000}), flush=True)


def main() -> None:
    """Serve until SIGTERM; the rate is high enough for the load, and counted."""
    limits = GatewayLimits(message_rate=MessageRate(1e6, 1e6))
    gateway = Gateway(limits, [], OriginPolicy("development"))
    rooms = Rooms()
    rooms.server = SocketIOServer(gateway, namespaces={"/": rooms})
    watch = CollectorWatch()

    def ready(_addresses: Sequence[tuple[str, int]]) -> None:
        settle_garbage_collector()
        gc.callbacks.append(watch)
        signal.signal(signal.SIGUSR2, watch.report)
        print("ready", flush=True)

    run(serve(app, gateway, port=int(sys.argv[1]), ready=ready))


if __name__ == "__main__":
    main()
