"""Who may do what. Roles and rights are data; every door asks here (SPEC.md 0.5, 0.6)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Role = Literal[
    "admin",
    "recruiter",
    "interviewer",
    "observer",
    "candidate",
    "teacher",
    "grader",
    "reviewer",
    "student",
]
ROLES: Final[tuple[Role, ...]] = (
    "admin",
    "recruiter",
    "interviewer",
    "observer",
    "candidate",
    "teacher",
    "grader",
    "reviewer",
    "student",
)

#: Roles that may create sessions, and so may name one that does not exist yet.
CREATORS: Final[frozenset[Role]] = frozenset({"admin", "recruiter", "interviewer"})
#: Roles that see what interviewers see.
STAFF: Final[frozenset[Role]] = frozenset({"admin", "recruiter", "interviewer"})

GUEST_PREFIX: Final = "guest:"
#: What the user id of a program with an API key begins with.
KEY_PREFIX: Final = "key:"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the door. `sessions`/`exams` are the token's claims (`"*"` as a one-element tuple);
    `expires_at` is epoch seconds, None for a development guest."""

    user_id: str
    name: str = ""
    role: Role = "candidate"
    sessions: tuple[str, ...] = ()
    exams: tuple[str, ...] = ()
    expires_at: float | None = None
    guest: bool = False
    language: str = ""

    @property
    def may_create(self) -> bool:
        return self.role in CREATORS

    @property
    def is_key(self) -> bool:
        """Whether this is a program with an API key."""
        return self.user_id.startswith(KEY_PREFIX)

    @property
    def is_admin(self) -> bool:
        return self.role == "admin" and not self.guest


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looking at one session, with the role they have in it."""

    user_id: str
    role: Role
    guest: bool = False

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF
