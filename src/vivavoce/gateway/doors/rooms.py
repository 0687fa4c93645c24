"""The rooms door (document A): the default namespace of Socket.IO at `/socket.io/`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Coroutine, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from msgspec import UNSET

from vivavoce.catalogue import negotiate
from vivavoce.domain.access import Identity
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState
from vivavoce.gateway.doors.live import Visitor
from vivavoce.gateway.doors.plain import CLOSE_EXPIRED, EXPIRY_TICK_S, WARN_BEFORE_S, Doorman, Sentences
from vivavoce.gateway.doors.refusals import Refusals
from vivavoce.gateway.doors.rooms_channel import RoomChannel, packet_of
from vivavoce.gateway.doors.rooms_client import RoomsClient
from vivavoce.gateway.doors.rooms_voice import VoiceStream
from vivavoce.gateway.socketio.namespace import Namespace
from vivavoce.gateway.socketio.socket import Acknowledge, SioSocket, broadcast
from vivavoce.ports import Clock
from vivavoce.protocols.rooms import messages as m
from vivavoce.protocols.rooms.codec import decode_auth
from vivavoce.rooms.plugins import RoomEventKind
from vivavoce.session.entry import Entry
from vivavoce.session.hub import Sessions
from vivavoce.session.running import RunningSession
from vivavoce.voice.voice import Voice

_LOG: Final = logging.getLogger(__name__)
#: How many are online is told to everybody: at once to few, and to many at a pace that stays cheap.
_ONLINE_EVERY_S: Final = 0.05
_ONLINE_TOLD_PER_S: Final = 5_000


class Analyse(Protocol):
    """How an answer stands to what was asked. Raises VivavoceError."""

    def __call__(
        self, state: SessionState, text: str | None, question_id: r.Id | None, user_id: r.Id | None
    ) -> Awaitable[m.AnswerAnalysis]: ...


class RoomsDoor(Namespace):
    """Everything the clients of this door share."""

    def __init__(
        self,
        sessions: Sessions,
        entry: Entry,
        doorman: Doorman,
        voice: Voice,
        analyse: Analyse,
        sentences: Sentences,
        refusals: Refusals,
        clock: Clock,
        plugins: Mapping[str, RoomEventKind] | None = None,
    ) -> None:
        self.sessions = sessions
        self.entry = entry
        self.doorman = doorman
        self.voice = voice
        self.analyse = analyse
        self.clock = clock
        self.plugins: Mapping[str, RoomEventKind] = plugins or {}
        self.streams: dict[tuple[str, str], VoiceStream] = {}
        """What each person says into each room, by session and person."""
        self.errors = 0
        """Events and clients refused by this door."""
        self._sentences = sentences
        self._refusals = refusals
        self._clients: set[RoomsClient] = set()
        self._channels: dict[str, RoomChannel] = {}
        self._online: dict[str, int] = {}
        self._told_online = 0
        self._telling_online: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._ticker = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        if self._telling_online is not None:
            self._telling_online.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._refusals.stop()

    @property
    def clients(self) -> Collection[RoomsClient]:
        """Everybody who has come in and not left."""
        return self._clients

    @property
    def channels(self) -> Collection[RoomChannel]:
        """The rooms that somebody is in."""
        return self._channels.values()

    def visitors(self) -> Iterator[Visitor]:
        for client in self._clients:
            for place in client.places:
                yield Visitor(place.session.session_id, place.viewer.user_id, place.viewer.role, client.opened_at)

    def notice(self, session_id: str | None, kind: str, message: str) -> int:
        """A word from an administrator; how many got it."""
        if session_id is None:
            return self.announce(message, kind)
        channel = self._channels.get(session_id)
        if channel is None:
            return 0
        sockets = [place.client.socket for place in channel.places]
        self.tell(sockets, "system_message", self._system_message(message, kind, session_id))
        return len(sockets)

    # --- calls of the gateway -----------------------------------------------------------------------------------

    def connecting(self, socket: SioSocket, auth: dict[str, Any]) -> Awaitable[None]:
        return self._let_in(socket, auth)

    async def _let_in(self, socket: SioSocket, auth: dict[str, Any]) -> None:
        handshake = socket.handshake
        try:
            given = decode_auth(auth)
            identity = await self.doorman.identify(
                token=given.token or None,
                ticket=given.ticket,
                is_local_request=handshake.is_local,
                named=given.user_id,
            )
        except VivavoceError as error:
            self.errors += 1
            self._refusals.note("", "rooms.connect", "door:rooms", error, address=handshake.client_address)
            raise
        language = negotiate(handshake.headers.get("accept-language"))
        client = RoomsClient(self, socket, identity, frozenset(given.features) & m.FEATURES, language)
        if given.user_id is not None and r.key_of(given.user_id) != identity.user_id:
            client.named_as = given.user_id
        socket.state = client

    def connected(self, socket: SioSocket) -> None:
        client: RoomsClient = socket.state
        self._clients.add(client)
        self._count(client.identity.user_id, 1)
        socket.emit(
            "connected",
            m.Connected(
                message=self.say(client.language, "rooms.connected"),
                user_id=client.named_as or client.identity.user_id,
                session_id=socket.id,
            ),
        )
        socket.emit("online_users", m.OnlineUsers(count=len(self._online)))
        self._tell_online_soon()

    def event(self, socket: SioSocket, name: str, args: list[Any], ack: Acknowledge | None) -> None:
        client: RoomsClient = socket.state
        try:
            client.received(name, args, ack)
        except VivavoceError as error:
            client.refuse(error, ack, name=name, args=args)

    def refused(self, socket: SioSocket, error: VivavoceError, ack: Acknowledge | None) -> None:
        client: RoomsClient = socket.state
        client.refuse(error, ack)

    def drained(self, socket: SioSocket) -> None:
        socket.state.drained()

    def disconnected(self, socket: SioSocket, reason: str) -> None:
        client: RoomsClient | None = socket.state
        if client is None or client not in self._clients:
            return
        self._clients.discard(client)
        if not self._clients:
            self._clients.clear()  # else it keeps the room that it once needed
        client.disconnected()
        socket.state = None  # they hold each other: without this only the garbage collector could tell
        self._count(client.identity.user_id, -1)
        self._tell_online_soon()

    # --- for the clients ----------------------------------------------------------------------------------------

    def channel(self, session: RunningSession) -> RoomChannel:
        channel = self._channels.get(session.session_id)
        if channel is None:
            channel = self._channels[session.session_id] = RoomChannel(self, session)
        return channel

    def forget(self, channel: RoomChannel) -> None:
        """Nobody is in it any more."""
        session_id = channel.session.session_id
        if self._channels.get(session_id) is channel:
            del self._channels[session_id]

    async def identify_again(self, token: str) -> Identity:
        return await self.doorman.identify(token=token, is_local_request=False)

    def renamed(self, client: RoomsClient, identity: Identity) -> None:
        """A guest has said who it is."""
        self._count(client.identity.user_id, -1)
        self._count(identity.user_id, 1)

    def say(self, language: str, key: str) -> str:
        return self._sentences(language, key)

    def sentence(self, language: str, error: VivavoceError) -> str:
        return self._sentences(language, f"errors.{error.reason}", **error.info)

    def note_refusal(self, client: RoomsClient, error: VivavoceError, name: str, session_id: str) -> None:
        self.errors += 1
        subject = f"session:{session_id[:128]}" if session_id else "door:rooms"
        self._refusals.note(client.identity.user_id, f"rooms.{name[:64] or 'event'}", subject, error)

    def announce(self, message: str, level: str) -> int:
        """A system message to everybody who is connected; how many got it."""
        sockets = [client.socket for client in self._clients]
        self.tell(sockets, "system_message", self._system_message(message, level))
        return len(sockets)

    def _system_message(self, message: str, level: str, session_id: str | None = None) -> m.SystemMessageTold:
        return m.SystemMessageTold(
            message=message,
            level=level,
            timestamp=self.clock.now_ms() / 1000,
            interview_id=UNSET if session_id is None else session_id,
        )

    def tell(self, sockets: Iterable[SioSocket], name: str, payload: Any) -> None:
        """The same to many."""
        broadcast(sockets, packet_of(name, payload))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something rare that waits (joining, opening a recording); never for a plain event."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("a task of the rooms door failed", exc_info=task.exception())

    # --- who is online ------------------------------------------------------------------------------------------

    def _count(self, user_id: str, change: int) -> None:
        count = self._online.get(user_id, 0) + change
        if count > 0:
            self._online[user_id] = count
        else:
            self._online.pop(user_id, None)

    def _tell_online_soon(self) -> None:
        """Gather: where many come at once, each of them would be told of each other."""
        if self._telling_online is None:
            pause_s = max(_ONLINE_EVERY_S, len(self._clients) / _ONLINE_TOLD_PER_S)
            self._telling_online = asyncio.get_running_loop().call_later(pause_s, self._tell_online)

    def _tell_online(self) -> None:
        self._telling_online = None
        if len(self._online) != self._told_online:
            self._told_online = len(self._online)
            packet = packet_of("online_users", m.OnlineUsers(count=self._told_online))
            broadcast([client.socket for client in self._clients], packet, ephemeral=True)

    # --- time ---------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Tell a minute before a token expires; cut when it did (SPEC.md 4). Forget streams that are over."""
        while True:
            await asyncio.sleep(EXPIRY_TICK_S)
            for client in tuple(self._clients):
                left_s = client.token_left_s()
                if left_s is None:
                    continue
                if left_s <= 0:
                    expired = VivavoceError("unauthorized", "the token has expired", reason="token_expired")
                    client.refuse(expired, None, name="expired")
                    client.cut(CLOSE_EXPIRED, "token expired")
                elif left_s <= WARN_BEFORE_S:
                    client.warn_of_expiry(left_s)
            for key, stream in tuple(self.streams.items()):
                if stream.live is None or stream.live.done.done():
                    del self.streams[key]
