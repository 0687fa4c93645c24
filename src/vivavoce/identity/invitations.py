"""Invitations: a signed link that makes somebody a member of one session, until it is revoked."""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

import msgspec
from uuid_utils import uuid7

from vivavoce.domain.access import Role
from vivavoce.domain.errors import VivavoceError, forbidden, invalid, not_found
from vivavoce.domain.session.commands import AddMember, RemoveMember
from vivavoce.identity.grants import Granted, Grants
from vivavoce.identity.keyring import Keyring, digest
from vivavoce.ports import Account, Accounts, Audit, Clock, Invitation, Invitations, RefreshTokens

DEFAULT_TTL_HOURS: Final = 14 * 24
MAX_TTL_HOURS: Final = 365 * 24
_PURPOSE: Final = "invitation"
_NAME_LIMIT: Final = 200

InvitedRole = Literal["candidate", "observer", "interviewer"]
Status = Literal["open", "accepted", "revoked", "expired"]


class MemberCommands(Protocol):
    """The way to a session's membership."""

    async def submit(self, session_id: str, command: Any, actor: str, *, client_id: str | None = None) -> Any: ...


class Accepted(msgspec.Struct, frozen=True):
    granted: Granted
    session_id: str


class InvitationDesk:
    def __init__(
        self,
        *,
        invitations: Invitations,
        accounts: Accounts,
        refresh_tokens: RefreshTokens,
        grants: Grants,
        sessions: MemberCommands,
        keyring: Keyring,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._invitations = invitations
        self._accounts = accounts
        self._refresh_tokens = refresh_tokens
        self._grants = grants
        self._sessions = sessions
        self._keyring = keyring
        self._audit = audit
        self._clock = clock

    async def invite(
        self, session_id: str, name: str, *, role: InvitedRole = "candidate", ttl_hours: float, by: str
    ) -> tuple[Invitation, str]:
        """A new invitation and its token, which is shown only now. Raises invalid_payload."""
        if not 0 < ttl_hours <= MAX_TTL_HOURS:
            raise invalid(f"an invitation lasts up to {MAX_TTL_HOURS} hours", field="expires_in_hours")
        if len(name) > _NAME_LIMIT:
            raise invalid(f"a name has at most {_NAME_LIMIT} characters", field="name")
        token = self._keyring.signed(_PURPOSE)
        now = self._clock.now_ms()
        key = uuid7().hex
        invitation = Invitation(
            invitation_id=f"inv_{key}",
            session_id=session_id,
            token_hash=digest(token),
            user_id=f"{'cand' if role == 'candidate' else 'inv'}_{key}",
            name=name.strip(),
            role=role,
            created_by=by,
            created_at=now,
            expires_at=now + int(ttl_hours * 3_600_000),
        )
        await self._invitations.add(invitation)
        await self._note(by, "invitation_created", invitation)
        return invitation, token

    async def of_session(self, session_id: str) -> list[Invitation]:
        return await self._invitations.of_session(session_id)

    async def accept(self, token: str, name: str = "") -> Accepted:
        """Make the holder of the link a member of its session and sign them in. The same link opened again is the
        same person. Raises not_found for a link we never made, forbidden for one that is revoked or has expired."""
        invitation = None
        if self._keyring.is_signed(_PURPOSE, token):
            invitation = await self._invitations.by_token(digest(token))
        if invitation is None:
            raise not_found("there is no such invitation", reason="invitation_unknown")
        self._must_be_good(invitation)
        account = await self._account(invitation, name.strip()[:_NAME_LIMIT])
        joins = AddMember(
            user_id=account.user_id,
            role=_member_role(invitation),
            name=account.name,
            invitation_id=invitation.invitation_id,
        )
        await self._sessions.submit(invitation.session_id, joins, account.user_id)
        if not await self._invitations.accept(invitation.invitation_id, self._clock.now_ms()):
            await self._take_away(invitation, account.user_id)
            raise forbidden("the invitation was revoked", reason="invitation_revoked")
        await self._note(account.user_id, "invitation_accepted", invitation)
        return Accepted(await self._grants.grant(account, session_id=invitation.session_id), invitation.session_id)

    async def revoke(self, session_id: str, invitation_id: str, *, by: str) -> None:
        """Revoke the link and the membership it gave; both stop working at once. Raises not_found."""
        known = await self._invitations.by_id(invitation_id)
        if known is None or known.session_id != session_id:
            raise not_found("there is no such invitation", reason="invitation_unknown")
        await self._invitations.revoke(invitation_id, self._clock.now_ms())
        await self._take_away(known, by)
        await self._note(by, "invitation_revoked", known)

    def status(self, invitation: Invitation) -> Status:
        if invitation.revoked_at:
            return "revoked"
        if invitation.accepted_at:
            return "accepted"
        return "expired" if invitation.expires_at <= self._clock.now_ms() else "open"

    def _must_be_good(self, invitation: Invitation) -> None:
        if invitation.revoked_at:
            raise forbidden("the invitation was revoked", reason="invitation_revoked")
        if invitation.expires_at <= self._clock.now_ms():
            raise forbidden("the invitation has expired", reason="invitation_expired")

    async def _account(self, invitation: Invitation, name: str) -> Account:
        known = await self._accounts.by_id(invitation.user_id)
        if known is not None:
            if known.disabled:
                raise forbidden("the invitation was revoked", reason="invitation_revoked")
            return known
        account = Account(
            user_id=invitation.user_id,
            email="",
            name=invitation.name or name,
            role="candidate" if invitation.role == "candidate" else "observer",
            language="",
            password_hash="",
            created_at=self._clock.now_ms(),
        )
        if await self._accounts.add(account):
            return account
        raced = await self._accounts.by_id(invitation.user_id)
        if raced is None:
            raise VivavoceError("internal", "the account of an invitation could not be made")
        return raced

    async def _take_away(self, invitation: Invitation, by: str) -> None:
        """A membership that was removed is never restored by a token; the account and its tokens end as well."""
        await self._accounts.change(invitation.user_id, disabled=True, valid_from=self._clock.now_ms() // 1000)
        await self._refresh_tokens.revoke_user(invitation.user_id)
        await self._sessions.submit(invitation.session_id, RemoveMember(user_id=invitation.user_id), by)

    async def _note(self, by: str, action: str, invitation: Invitation) -> None:
        await self._audit.record(
            self._clock.now_ms(),
            by,
            action,
            f"session:{invitation.session_id}",
            {"invitation_id": invitation.invitation_id, "role": invitation.role},
        )


def _member_role(invitation: Invitation) -> Role:
    """An invited interviewer is one in this session only: their account itself may create nothing."""
    roles: dict[str, Role] = {"interviewer": "interviewer", "observer": "observer"}
    return roles.get(invitation.role, "candidate")
