"""Bodies of signing in, users, invitations, audit and the admin API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from vivavoce.domain.access import Role
from vivavoce.http.shapes.base import Body, Line, Secret, Shape
from vivavoce.identity.passwords import MAX_LENGTH

_USER: JsonDict = {
    "user_id": "user_0195f3c0a1b27c3d8e4f",
    "name": "Kim Minji",
    "email": "minji@example.com",
    "role": "recruiter",
    "language": "ko",
}
_TOKENS: JsonDict = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl",
    "refresh_token": "k0Jq2gkY0Tt7m8Wb1vVqZ3yq4s5u6w7x8y9zAaBbCcD",
    "expires_in": 900,
    "user": _USER,
}


class SignInBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "minji@example.com", "password": "correct horse battery"}]}
    )

    email: Line
    password: Annotated[str, Field(max_length=MAX_LENGTH * 4)]


class LinkBody(Body):
    """The token of a one-time link."""

    token: Secret


class RefreshBody(Body):
    refresh_token: Secret


class UserShape(Shape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_USER]})

    user_id: str
    name: str
    email: str
    role: Role
    language: str


class TokensShape(Shape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_TOKENS]})

    access_token: str
    refresh_token: str
    expires_in: int = Field(description="Seconds until the access token expires")
    user: UserShape


class TicketShape(Shape):
    ticket: str = Field(description="For `?ticket=` of a WebSocket, once")
    expires_in: int


class AcceptBody(Body):
    token: Secret
    name: Line = ""


class AcceptedShape(TokensShape):
    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{**_TOKENS, "session_id": "s1"}]})

    session_id: str


class InvitationBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Lee Seojun", "expires_in_hours": 72}]})

    name: Line
    expires_in_hours: Annotated[float, Field(gt=0, le=8760)] = 336
    role: Literal["candidate", "observer", "interviewer"] = "candidate"


class InvitationShape(Shape):
    invitation_id: str
    name: str
    role: str
    created_at: str
    expires_at: str
    status: Literal["open", "accepted", "revoked", "expired"]
    user_id: str


class NewInvitationShape(InvitationShape):
    url: str = Field(description="The link for the invited person")
    token: str = Field(description="Shown only in this answer")


class InvitationsShape(Shape):
    items: list[InvitationShape]


class NewUserBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "minji@example.com", "name": "Kim Minji", "role": "recruiter"}]}
    )

    email: Line
    name: Line
    role: Role
    password: Annotated[str, Field(max_length=MAX_LENGTH * 4)] | None = None
    language: Literal["", "en", "ko", "zh"] = ""


class ChangeUserBody(Body):
    role: Role | None = None
    disabled: Literal[True] | None = None
    password: Annotated[str, Field(max_length=MAX_LENGTH * 4)] | None = None


class AdminUserShape(UserShape):
    created_at: str
    disabled: bool


class NewUserShape(AdminUserShape):
    sign_in_url: str | None = Field(description="A one-time link, when the user has no password yet")


class UsersShape(Shape):
    items: list[AdminUserShape]
    next_cursor: str | None


class AuditEntryShape(Shape):
    id: int
    at: str
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


class AuditShape(Shape):
    items: list[AuditEntryShape]
    next_cursor: str | None


class SocketMessageBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "The server restarts in five minutes.", "type": "notice"}]}
    )

    message: Annotated[str, Field(min_length=1, max_length=10_000)]
    type: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")] = "notice"


class SocketFiguresShape(Shape):
    total_connections: int
    active_connections: int
    messages_sent: int
    messages_received: int
    errors_count: int
    uptime_seconds: float


class ConnectedUserShape(Shape):
    user_id: str
    role: str
    connected_at: str


class ConnectedSessionShape(Shape):
    session_id: str
    connections: int
    users: list[ConnectedUserShape]


class SocketStatsData(Shape):
    websocket_stats: SocketFiguresShape
    active_sessions: list[ConnectedSessionShape]


class SocketStatsShape(Shape):
    success: Literal[True]
    data: SocketStatsData


class SocketSessionsShape(Shape):
    success: Literal[True]
    data: list[ConnectedSessionShape]


class SocketSessionShape(Shape):
    success: Literal[True]
    data: ConnectedSessionShape


class DeliveredShape(Shape):
    success: Literal[True]
    data: dict[str, int] = Field(description="`{delivered}`: how many sockets got it")
