"""Coming in: from an identity and a session id to a running session and the role one has in it.

Every door and every HTTP route about a session passes here, so membership is checked in one place, on each entry.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import not_found
from vivavoce.domain.ids import check_session_id
from vivavoce.domain.interview import InterviewConfig
from vivavoce.domain.rubrics import RubricVersion
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.events import SessionKind, Visibility
from vivavoce.domain.session.state import SessionState
from vivavoce.session.hub import Sessions
from vivavoce.session.running import Receipt, RunningSession

#: Whoever waited for a session to be read so as to name it goes on so many turns of the loop after it can be had.
_TURNS: Final = 3


class Admission(Protocol):
    """`viewer` may look at the session; `joins` is the membership that a token's claim makes, to be stored first."""

    @property
    def viewer(self) -> Viewer: ...
    @property
    def joins(self) -> c.AddMember | None: ...


class Rule(Protocol):
    """Who is this in that session? Raises VivavoceError not_found for those who may not even know that the session
    exists, forbidden for those whose membership was taken away."""

    def __call__(self, identity: Identity, state: SessionState) -> Admission: ...


class Entry:
    def __init__(self, sessions: Sessions, rule: Rule) -> None:
        self._sessions = sessions
        self._rule = rule

    async def enter(self, identity: Identity, session_id: str) -> tuple[RunningSession, Viewer]:
        """An existing session, for those who may see it. Raises VivavoceError."""
        session = await self._sessions.open(check_session_id(session_id))
        for _ in range(_TURNS):
            if session.state.exists:
                return session, await self._admit(session, identity)
            await asyncio.sleep(0)
        raise not_found("there is no such session", reason="session_not_found")

    async def enter_or_name(self, identity: Identity, session_id: str) -> tuple[RunningSession, Viewer]:
        """As `enter`; who may create sessions may also name one that does not exist yet (SPEC.md 0.6). It is created
        with `create`, by the first thing that is stored in it."""
        session = await self._sessions.open(check_session_id(session_id))
        if session.state.exists:
            return session, await self._admit(session, identity)
        if not identity.may_create:
            raise not_found("there is no such session", reason="session_not_found")
        return session, Viewer(user_id=identity.user_id, role=identity.role, guest=identity.guest)

    def create(
        self,
        session: RunningSession,
        identity: Identity,
        config: InterviewConfig,
        *,
        kind: SessionKind = "dialogue",
        title: str = "",
        visibility: Visibility = "sealed",
        rubric: RubricVersion | None = None,
        numbered: bool = False,
        client_id: str | None = None,
    ) -> asyncio.Future[Receipt]:
        """Hand in the creation; what is submitted after it comes after it."""
        return session.submit(
            c.CreateSession(
                session_id=session.session_id,
                kind=kind,
                title=title,
                config=config,
                visibility=visibility,
                rubric=rubric,
                by_guest=identity.guest,
                numbered=numbered,
                creator_role=identity.role,
                creator_name=identity.name,
            ),
            identity.user_id,
            client_id,
        )

    async def _admit(self, session: RunningSession, identity: Identity) -> Viewer:
        admission = self._rule(identity, session.state)
        if admission.joins is not None:
            await session.submit(admission.joins, identity.user_id)
        return admission.viewer
