"""Which sessions somebody may enter and what they may do there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from vivavoce.domain.access import ROLES, STAFF, Identity, Role, Viewer
from vivavoce.domain.errors import forbidden, not_found
from vivavoce.domain.session.commands import AddMember
from vivavoce.domain.session.state import SessionState

Action = Literal[
    "read",
    "explain",
    "speak",
    "end",
    "withdraw",
    "consent",
    "invite",
    "members",
    "report",
    "score",
    "configure",
    "lead",
]

_INTERVIEW: Final[frozenset[Role]] = STAFF | {"candidate"}
#: What each role may do in a dialogue. `explain` is to see why the interviewer asked what it asked; `speak` is refused
#: to staff by the session itself once a candidate belongs to it; `lead` is to do what interviewers do in a room.
RIGHTS: Final[Mapping[Action, frozenset[Role]]] = {
    "read": frozenset(ROLES),
    "explain": STAFF,
    "speak": _INTERVIEW,
    "end": _INTERVIEW,
    "withdraw": frozenset({"candidate"}),
    "consent": _INTERVIEW,
    "invite": STAFF,
    "members": STAFF,
    "report": STAFF,
    "score": STAFF,
    "configure": STAFF,
    "lead": STAFF,
}


class Admission(msgspec.Struct, frozen=True):
    """`viewer` may look at the session. `joins` is the membership that comes with it and has to be submitted first,
    in the name of `viewer.user_id`; None for those who need none."""

    viewer: Viewer
    joins: AddMember | None = None


def admit(identity: Identity, state: SessionState) -> Admission:
    """How somebody may enter a session.

    Admins enter any. Guests enter what guests created, as interviewers. Members have the role of their membership. A
    token's `sessions` claim makes a member of the token's role, but never again of somebody who was removed. Raises
    forbidden for those, and not_found for everybody else: they may not even know that the session exists.
    """
    if not state.exists:
        raise _unknown()
    member = state.members.get(identity.user_id)
    if identity.is_admin:
        return Admission(Viewer(user_id=identity.user_id, role="admin"))
    if identity.guest and not state.by_guest:
        raise _unknown()
    if member is not None:
        if member.removed:
            raise forbidden("your access to this session was taken away", reason="membership_removed")
        return Admission(Viewer(user_id=identity.user_id, role=member.role, guest=identity.guest))
    if identity.guest:
        return _joining(identity, "interviewer")
    if state.session_id in identity.sessions or identity.sessions == ("*",):
        return _joining(identity, identity.role)
    raise _unknown()


def may_create_named(identity: Identity) -> bool:
    """Whether naming a session that does not exist creates it (SPEC.md 0.6); for others it is `not_found`."""
    return identity.guest or identity.may_create


def creator_role(identity: Identity) -> Role:
    """The role that somebody has in the sessions they create."""
    return "interviewer" if identity.guest else identity.role


def may(viewer: Viewer, action: Action) -> bool:
    return viewer.role in RIGHTS[action]


def require(viewer: Viewer, action: Action) -> None:
    """Raise forbidden unless the viewer's role has the right."""
    if not may(viewer, action):
        raise forbidden(f"the role {viewer.role} has no right to {action} here", reason="role_forbids")


def _joining(identity: Identity, role: Role) -> Admission:
    viewer = Viewer(user_id=identity.user_id, role=role, guest=identity.guest)
    return Admission(viewer, AddMember(user_id=identity.user_id, role=role, name=identity.name))


def _unknown() -> Exception:
    return not_found("there is no such session", reason="session_not_found")
