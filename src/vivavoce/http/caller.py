"""What routes take as parameters: who is asking, and the session they ask about, if they may."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPBearer

from vivavoce.domain.access import Identity, Viewer
from vivavoce.domain.errors import forbidden
from vivavoce.domain.session.state import SessionState
from vivavoce.http.kind_views import panel_view, room_view
from vivavoce.http.route import identify, services_of
from vivavoce.http.services import Peer, Services
from vivavoce.identity import membership
from vivavoce.identity.doorman import as_named
from vivavoce.protocols.dialogue.projector import session_view
from vivavoce.session.running import RunningSession


async def _services(request: Request) -> Services:
    return services_of(request)


async def _peer(request: Request) -> Peer:
    return services_of(request).peer(request)


Ours = Annotated[Services, Depends(_services)]
FromPeer = Annotated[Peer, Depends(_peer)]
_BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token")


async def _caller(request: Request, _: Annotated[object, Security(_BEARER)]) -> Identity:
    return await identify(request)


Caller = Annotated[Identity, Depends(_caller)]


async def _admin(identity: Caller) -> Identity:
    if not identity.is_admin:
        raise forbidden("only administrators may do this", reason="admin_only")
    return identity


Admin = Annotated[Identity, Depends(_admin)]


def public_url(request: Request) -> str:
    """Where people reach this server, without a slash at the end: as configured, else as this request did."""
    services = services_of(request)
    if services.public_url:
        return services.public_url.rstrip("/")
    scheme = "https" if services.peer(request).is_secure else request.url.scheme
    return f"{scheme}://{request.url.netloc}"


class Visit(msgspec.Struct, frozen=True):
    """Somebody at a session they may enter."""

    services: Services
    identity: Identity
    session: RunningSession
    viewer: Viewer

    async def state(self) -> SessionState:
        """What is on disk."""
        return await self.session.settled()

    def speaks_as(self, named: str | int | None) -> None:
        """Raise forbidden when a payload names somebody else than its sender (SPEC.md 0.5)."""
        as_named(self.identity, named)

    def require(self, action: membership.Action) -> None:
        membership.require(self.viewer, action)

    async def view(self) -> dict[str, Any]:
        """The session as this viewer may see it."""
        state = await self.state()
        view = session_view(state, self.viewer, self.session.epoch, self.services.clock.now_ms())
        return {**view, **room_view(state), **(panel_view(state) if self.viewer.is_staff else {})}


async def _visit(
    services: Ours,
    identity: Caller,
    session_id: Annotated[str, Path(min_length=1, max_length=128, description="The session's id")],
) -> Visit:
    session, viewer = await services.entry.enter(identity, session_id)
    return Visit(services, identity, session, viewer)


AtSession = Annotated[Visit, Depends(_visit)]
