"""New event types of rooms, brought by plug-ins (SPEC.md 1).

A plug-in is a distribution with an entry point in the group `vivavoce.room_events` that names a `RoomEventKind`:

    [project.entry-points."vivavoce.room_events"]
    raise_hand = "my_package:RAISE_HAND"

What it emits is an event of the session like any other: stored, replayed, seen once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import msgspec

from vivavoce.domain.access import Role, Viewer
from vivavoce.domain.errors import conflict, forbidden, invalid, too_large
from vivavoce.domain.session import room as r
from vivavoce.domain.session.state import SessionState, Status

_LOG: Final = logging.getLogger(__name__)
GROUP: Final = "vivavoce.room_events"
NAME_LIMIT: Final = 64
DATA_BYTES: Final = 64 * 1024
#: Names that Socket.IO or the rooms themselves use, besides those of the door's own events.
RESERVED: Final = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error", "message"}
)


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """What the room gets: an event under its own name, with `data` (an object). `to_staff`: only those who lead."""

    event: str
    data: dict[str, Any]
    to_staff: bool = False


class RoomEventKind(msgspec.Struct, frozen=True, kw_only=True):
    """An event that clients may send.

    `payload` is what comes in (unknown fields are ignored); `handle` gets it with the state of the session and who
    sent it, and says what the room gets. It is pure and quick: it decides on the event loop; a VivavoceError refuses.
    `roles` may send it, while the room is in one of `statuses`.
    """

    name: str
    payload: type[msgspec.Struct]
    handle: Callable[[Any, SessionState, Viewer], Emission]
    roles: Collection[Role] = ("admin", "recruiter", "interviewer", "candidate")
    statuses: Collection[Status] = ("scheduled", "waiting", "live", "paused")

    def command(self, payload: msgspec.Struct, state: SessionState, viewer: Viewer) -> r.EmitCustom:
        """The command of an event. Raises VivavoceError."""
        if viewer.role not in self.roles:
            raise forbidden(f"the role {viewer.role} may not send {self.name}", reason="role_forbids")
        if state.status not in self.statuses:
            raise conflict(f"{self.name} does not fit a room that is {state.status}", reason="conflict")
        emission = self.handle(payload, state, viewer)
        return r.EmitCustom(
            by=viewer.user_id,
            name=checked_name(emission.event),
            data=checked_data(emission.data),
            to_staff=emission.to_staff,
        )


def checked_name(name: str, taken: Collection[str] = ()) -> str:
    """`name`, if an event may have it. Raises invalid_payload."""
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        raise invalid(f"the name of an event is 1 to {NAME_LIMIT} printable characters", field="event")
    if name in RESERVED or name in taken:
        raise invalid(f"{name!r} is an event of the rooms themselves", field="event", reason="event_reserved")
    return name


def checked_data(data: Any) -> dict[str, Any]:
    """`data`, if it can travel with an event. Raises invalid_payload, too_large."""
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise invalid("the data of an event is an object", field="data")
    try:
        encoded = msgspec.json.encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid(f"the data of an event is JSON: {type(error).__name__}", field="data") from None
    if len(encoded) > DATA_BYTES:
        raise too_large(f"the data of an event has at most {DATA_BYTES} bytes", DATA_BYTES, field="data")
    plain: dict[str, Any] = msgspec.json.decode(encoded)
    return plain


def installed(taken: Collection[str], found: Iterable[EntryPoint] | None = None) -> Mapping[str, RoomEventKind]:
    """The kinds of all installed plug-ins by name. One that cannot be loaded, or takes a name that is `taken`, is left
    out with a line in the log: a broken plug-in must not keep the rooms closed."""
    kinds: dict[str, RoomEventKind] = {}
    for entry in entry_points(group=GROUP) if found is None else found:
        try:
            kind = entry.load()
            if not isinstance(kind, RoomEventKind):
                raise TypeError(f"{entry.value} is no RoomEventKind")
            name = checked_name(kind.name, {*taken, *kinds})
        except Exception as error:
            _LOG.error("the plug-in %s was left out: %s", entry.name, error)
        else:
            kinds[name] = kind
    return kinds
