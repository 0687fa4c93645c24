"""What happens in one room, told to everybody who is in it: built once for all who see the same."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vivavoce.domain.access import Viewer
from vivavoce.domain.errors import VivavoceError, forbidden
from vivavoce.domain.session import events as e
from vivavoce.domain.session import room as r
from vivavoce.gateway.socketio.packets import Prepared
from vivavoce.gateway.socketio.socket import SioSocket, broadcast
from vivavoce.protocols.rooms import messages as m
from vivavoce.protocols.rooms.projector import (
    CHANGES_PARTICIPANTS,
    CHANGES_PROGRESS,
    Audience,
    audience_of,
    participants,
    progress,
    project,
)
from vivavoce.session.running import PAGE, RunningSession
from vivavoce.voice.speech import PartialSpeech

if TYPE_CHECKING:
    from vivavoce.gateway.doors.rooms import RoomsDoor
    from vivavoce.gateway.doors.rooms_client import RoomsClient

#: Events that not everybody sees alike.
_BY_AUDIENCE: Final = (r.AnswerSubmitted, r.CustomEventEmitted)
#: A replay goes on while less than this waits in the socket.
_REPLAY_BYTES: Final = 128 * 1024
_CLOSE_RESUME: Final = 4008
_RECENT: Final = 32
_AUDIENCES: Final[tuple[Audience, ...]] = ("staff", "candidate", "observer")


def packet_of(name: str, payload: msgspec.Struct | dict[str, Any]) -> Prepared:
    """An event of the main namespace, built once for as many sockets as are to get it."""
    encode = msgspec.json.encode
    return Prepared(b"42[" + encode(name) + b"," + encode(payload) + b"]")


class Place:
    """One client in one room. It sees the history from `cursor` on, at its own pace, and then what the room sees."""

    __slots__ = ("_room", "_task", "channel", "client", "closed", "cursor", "live", "viewer")

    def __init__(self, client: RoomsClient, channel: RoomChannel, viewer: Viewer) -> None:
        self.client = client
        self.channel = channel
        self.viewer = viewer
        self.cursor = channel.session.published
        self.live = False
        self.closed = False
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None

    @property
    def session(self) -> RunningSession:
        return self.channel.session

    @property
    def audience(self) -> Audience:
        return audience_of(self.viewer.role)

    def follow(self, after: int) -> None:
        """Show everything after that position, in order and once, then go on with what happens."""
        self.cursor = after
        at_hand = self.channel.at_hand(after)
        if at_hand and self.client.socket.writable:
            self._show(at_hand)
        if self.cursor < self.session.published:
            self._task = asyncio.get_running_loop().create_task(self._catch_up())
        else:
            self.channel.go_live(self)

    def wake(self) -> None:
        """The socket has room again."""
        if self._room is not None:
            self._room.set()

    def close(self) -> None:
        self.closed = True
        if self._task is not None:
            self._task.cancel()
        self.channel.remove(self)

    async def _catch_up(self) -> None:
        try:
            await self._read_on()
        except VivavoceError:
            self.client.cut(_CLOSE_RESUME, "resume")
        finally:
            self._task = self._room = None

    async def _read_on(self) -> None:
        """Ends in the same step of the loop in which the cursor meets the published head: nothing can slip by."""
        session, socket = self.session, self.client.socket
        while self.cursor < session.published:
            while not (socket.writable and socket.buffered < _REPLAY_BYTES):
                if not socket.connected:
                    return
                self._room = asyncio.Event()
                await self._room.wait()
            limit = min(PAGE, session.published - self.cursor)
            page = await self.channel.door.sessions.history(session.session_id, self.cursor, limit)
            if self.closed:
                return
            if not page:
                self.client.cut(_CLOSE_RESUME, "resume")
                return
            self._show(page)
        self.channel.go_live(self)

    def _show(self, events: Sequence[e.Recorded]) -> None:
        socket, state = self.client.socket, self.session.state
        for recorded in events:
            told = project(recorded, state, self.audience, self.channel.door.say)
            if told is not None:
                socket.send_prepared(packet_of(*told))
        self.cursor = events[-1].seq


class RoomChannel:
    """Follows a session for all sockets of this process that are in it."""

    def __init__(self, door: RoomsDoor, session: RunningSession) -> None:
        self.door = door
        self.session = session
        self.places: set[Place] = set()
        self._everybody: set[SioSocket] = set()
        self._audiences: dict[Audience, set[SioSocket]] = {audience: set() for audience in _AUDIENCES}
        self._watching: set[SioSocket] = set()
        """Those who asked for the feature `presence`."""
        self._told_soon = False
        self.recent: deque[e.Recorded] = deque(maxlen=_RECENT)
        """The newest events: whoever was away for a moment needs no look into the log."""
        self.partials: dict[str, str] = {}
        """What has been understood so far of what is being said, by recording."""
        session.followers.add(self)

    # --- who is in it -------------------------------------------------------------------------------------------

    def enter(self, client: RoomsClient, viewer: Viewer) -> Place:
        place = Place(client, self, viewer)
        self.places.add(place)
        return place

    def go_live(self, place: Place) -> None:
        place.live = True
        socket = place.client.socket
        self._everybody.add(socket)
        self._audiences[place.audience].add(socket)
        if "presence" in place.client.features:
            self._watching.add(socket)

    def at_hand(self, after: int) -> list[e.Recorded]:
        """The events after that position, if they are all still here."""
        recent = self.recent
        if not recent or not recent[0].seq <= after + 1 <= self.session.published == recent[-1].seq:
            return []
        return [recorded for recorded in recent if recorded.seq > after]

    def remove(self, place: Place) -> None:
        self.places.discard(place)
        self._hide(place)
        if not self.places:
            self.session.followers.discard(self)
            self.door.forget(self)

    def _hide(self, place: Place) -> None:
        place.live = False
        socket = place.client.socket
        self._everybody.discard(socket)
        self._watching.discard(socket)
        for sockets in self._audiences.values():
            sockets.discard(socket)

    # --- calls of the session -----------------------------------------------------------------------------------

    def events(self, events: Sequence[e.Recorded]) -> None:
        state = self.session.state
        say = self.door.say
        self.recent.extend(events)
        for recorded in events:
            if isinstance(recorded.data, _BY_AUDIENCE):
                for audience, sockets in self._audiences.items():
                    if sockets:
                        self._tell(sockets, project(recorded, state, audience, say))
            elif self._everybody:
                self._tell(self._everybody, project(recorded, state, "staff", say))
            special = _SPECIAL.get(type(recorded.data))
            if special is not None:
                special(self, recorded, recorded.data)
        if self._watching:
            self._tell_changes(events)

    def ephemeral(self, message: object) -> None:
        """What somebody is saying, as far as it has been understood."""
        if isinstance(message, PartialSpeech) and self._everybody:
            room = self.session.state.room
            self.partials[message.recording_id] = message.text
            caption = m.LiveTranscription(
                interview_id=self.session.state.shown_id,
                user_id=room.shown(message.user_id),
                text=message.text,
                is_final=False,
                timestamp=self.door.clock.now_ms() / 1000,
            )
            self.send("live_transcription", caption)

    # --- telling ------------------------------------------------------------------------------------------------

    def send(self, name: str, payload: msgspec.Struct, *, but: str | None = None) -> None:
        """Something that is not stored, to everybody but the person `but`; slow readers may miss it."""
        sockets: Iterable[SioSocket] = self._everybody
        if but is not None:
            sockets = [socket for socket in sockets if socket.state.identity.user_id != but]
        broadcast(sockets, packet_of(name, payload), ephemeral=True)

    def presence_changed(self) -> None:
        """Somebody's last connection went, or came back within the grace."""
        if self._watching:
            self._tell_participants()

    def present(self, place: Place) -> None:
        """Tell a newcomer who asked for it how things are."""
        if "presence" in place.client.features:
            state = self.session.state
            place.client.socket.emit("participants_updated", self._participants())
            place.client.socket.emit("interview_progress", progress(state, self.door.clock.now_ms()))

    def _tell(self, sockets: Iterable[SioSocket], told: tuple[str, Any] | None) -> None:
        if told is not None:
            broadcast(sockets, packet_of(*told))

    def _tell_changes(self, events: Sequence[e.Recorded]) -> None:
        if any(isinstance(recorded.data, CHANGES_PARTICIPANTS) for recorded in events):
            self._tell_participants()
        if any(isinstance(recorded.data, CHANGES_PROGRESS) for recorded in events):
            packet = packet_of("interview_progress", progress(self.session.state, self.door.clock.now_ms()))
            broadcast(self._watching, packet, ephemeral=True)

    def _tell_participants(self) -> None:
        """Once for all who come and go in the same moment."""
        if not self._told_soon:
            self._told_soon = True
            asyncio.get_running_loop().call_soon(self._tell_participants_now)

    def _tell_participants_now(self) -> None:
        self._told_soon = False
        if self._watching:
            broadcast(self._watching, packet_of("participants_updated", self._participants()), ephemeral=True)

    def _participants(self) -> m.ParticipantsUpdated:
        presence, session_id = self.door.sessions.presence, self.session.session_id
        return participants(self.session.state, lambda user_id: presence.connected(session_id, user_id))

    # --- voice --------------------------------------------------------------------------------------------------

    def _captioned(self, recorded: e.Recorded, data: r.SpeechCaptioned) -> None:
        self.partials.pop(data.spoken.recording_id, None)

    def _heard(self, recorded: e.Recorded, data: e.RecordingHeard) -> None:
        self.partials.pop(data.recording_id, None)
        for place in tuple(self.places):
            place.client.voice_heard(place, recorded, data)

    def _missed(self, recorded: e.Recorded, data: e.SpeechMissed) -> None:
        for place in tuple(self.places):
            place.client.voice_missed(place, recorded, data)

    # --- membership ---------------------------------------------------------------------------------------------

    def _membership_changed(self, recorded: e.Recorded, data: e.MemberAdded | e.MemberRemoved) -> None:
        for place in tuple(self.places):
            if place.viewer.user_id != data.user_id or place.viewer.role == "admin":
                continue
            if isinstance(data, e.MemberRemoved):
                error = forbidden("the membership was taken away", reason="membership_removed")
                place.client.tell_error(error, place=place)
                place.client.leave(place)
            elif place.viewer.role != data.role:
                place.viewer = msgspec.structs.replace(place.viewer, role=data.role)
                if place.live:
                    self._hide(place)
                    self.go_live(place)


_SPECIAL: Final[dict[type, Callable[[RoomChannel, e.Recorded, Any], None]]] = {
    e.MemberAdded: RoomChannel._membership_changed,
    e.MemberRemoved: RoomChannel._membership_changed,
    e.RecordingHeard: RoomChannel._heard,
    e.SpeechMissed: RoomChannel._missed,
    r.SpeechCaptioned: RoomChannel._captioned,
}
