"""Which sessions one may enter (SPEC 0.5, 0.6, 5)."""

from __future__ import annotations

import pytest

from vivavoce.domain.access import ROLES, Identity, Role, Viewer
from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.session.state import Member, SessionState
from vivavoce.identity.membership import RIGHTS, admit, creator_role, may, may_create_named, require


def session(*members: tuple[str, Role], removed: tuple[str, ...] = (), by_guest: bool = False) -> SessionState:
    known = {user_id: Member(user_id, role, "", removed=user_id in removed) for user_id, role in members}
    return SessionState(session_id="s1", head=2, members=known, by_guest=by_guest)


def somebody(user_id: str = "u1", role: Role = "candidate", **claims: object) -> Identity:
    return Identity(user_id=user_id, role=role, **claims)  # type: ignore[arg-type]


GUEST = Identity(user_id="guest:ann", role="interviewer", guest=True)


def refusal(identity: Identity, state: SessionState) -> str:
    with pytest.raises(VivavoceError) as caught:
        admit(identity, state)
    return caught.value.code


def test_a_member_has_the_role_of_the_membership_not_of_the_token() -> None:
    admission = admit(somebody(role="recruiter"), session(("u1", "candidate")))
    assert (admission.viewer.role, admission.joins) == ("candidate", None)


def test_an_admin_enters_any_session_without_becoming_a_member() -> None:
    admission = admit(somebody(role="admin"), session())
    assert (admission.viewer.role, admission.joins) == ("admin", None)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_spec_0_5_strangers_may_not_know_that_a_session_exists(role: Role) -> None:
    assert refusal(somebody(role=role), session(("u2", "candidate"))) == "not_found"
    assert refusal(somebody(role=role), session(by_guest=True)) == "not_found"
    assert refusal(somebody(role=role, sessions=("s2",)), session()) == "not_found"


def test_spec_0_5_a_guest_is_an_interviewer_in_guests_sessions_and_nowhere_else() -> None:
    admission = admit(GUEST, session(("guest:bob", "interviewer"), by_guest=True))
    assert admission.viewer == Viewer(user_id="guest:ann", role="interviewer", guest=True)
    assert admission.joins is not None
    assert admission.joins.role == "interviewer"
    assert refusal(GUEST, session(("u2", "recruiter"))) == "not_found"
    assert refusal(GUEST, session(("guest:ann", "interviewer"))) == "not_found"


def test_spec_0_5_a_guest_never_has_an_admins_rights() -> None:
    as_admin = Identity(user_id="guest:ann", role="admin", guest=True)
    assert not as_admin.is_admin
    assert refusal(as_admin, session()) == "not_found"
    assert admit(as_admin, session(by_guest=True)).viewer.role == "interviewer"


@pytest.mark.parametrize("sessions", [("s1",), ("*",)])
def test_spec_5_a_tokens_claim_makes_a_membership(sessions: tuple[str, ...]) -> None:
    admission = admit(somebody(role="observer", sessions=sessions), session())
    assert admission.viewer.role == "observer"
    assert admission.joins is not None
    assert (admission.joins.user_id, admission.joins.role, admission.joins.restore) == ("u1", "observer", False)


@pytest.mark.parametrize("sessions", [(), ("s1",), ("*",)])
def test_spec_5_a_claim_never_restores_a_membership_that_was_taken_away(sessions: tuple[str, ...]) -> None:
    assert refusal(somebody(sessions=sessions), session(("u1", "candidate"), removed=("u1",))) == "forbidden"


def test_a_session_that_does_not_exist_is_not_found_for_everybody() -> None:
    for identity in (GUEST, somebody(role="admin"), somebody(sessions=("*",))):
        assert refusal(identity, SessionState()) == "not_found"


@pytest.mark.parametrize("role", ROLES)
def test_spec_0_6_only_creators_and_guests_create_by_naming(role: Role) -> None:
    assert may_create_named(somebody(role=role)) is (role in ("admin", "recruiter", "interviewer"))
    assert may_create_named(GUEST)
    assert creator_role(GUEST) == "interviewer"


@pytest.mark.parametrize("role", ROLES)
def test_spec_2_reports_reasons_and_invitations_are_for_staff(role: Role) -> None:
    viewer = Viewer(user_id="u1", role=role)
    staff = role in ("admin", "recruiter", "interviewer")
    for action in ("report", "explain", "invite", "members", "score"):
        assert may(viewer, action) is staff
    assert may(viewer, "withdraw") is (role == "candidate")
    assert may(viewer, "speak") is (staff or role == "candidate")


def test_a_right_that_is_missing_is_forbidden() -> None:
    for action in RIGHTS:
        require(Viewer(user_id="u1", role="candidate" if action == "withdraw" else "recruiter"), action)
    with pytest.raises(VivavoceError) as caught:
        require(Viewer(user_id="u1", role="observer"), "end")
    assert caught.value.code == "forbidden"
