"""Rubrics: the built-in ones, and those that staff write. Every change is a new version; sessions keep theirs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vivavoce.domain.access import STAFF, Identity
from vivavoce.domain.errors import conflict, forbidden, not_found
from vivavoce.domain.rubrics import RubricCriterion, RubricVersion, checked_criteria
from vivavoce.ports import Audit, Clock, Rubrics


class RubricLibrary:
    """Who may do what is decided here: staff see and use every rubric; its author and admins write new versions.
    Guests see and use the built-in ones only."""

    def __init__(self, rubrics: Rubrics, built_in: Sequence[RubricVersion], audit: Audit, clock: Clock) -> None:
        self._rubrics = rubrics
        self._built_in = {rubric.rubric_id: rubric for rubric in built_in}
        self._audit = audit
        self._clock = clock

    def built_in(self, rubric_id: str) -> RubricVersion:
        return self._built_in[rubric_id]

    async def create(
        self, identity: Identity, rubric_id: str, title: str, criteria: Sequence[RubricCriterion]
    ) -> RubricVersion:
        """A new rubric under this id; asked again by the same person, the one that is there. Raises forbidden,
        invalid_payload, too_large, conflict."""
        _must_be_staff(identity)
        now = self._clock.now_ms()
        made = RubricVersion(
            rubric_id=rubric_id,
            version="1",
            title=title.strip(),
            criteria=checked_criteria(criteria),
            created_by=identity.user_id,
            created_at=now,
            updated_by=identity.user_id,
            updated_at=now,
        )
        if rubric_id in self._built_in or not await self._rubrics.add(made):
            known = await self._known(rubric_id)
            if known.created_by != identity.user_id:
                raise conflict("a rubric with this id exists", reason="rubric_exists")
            return known
        await self._note(identity, "rubric_created", made)
        return made

    async def page(self, identity: Identity, before: tuple[int, str] | None, limit: int) -> list[RubricVersion]:
        """The newest version of each, newest rubric first; the built-in ones come before the first page."""
        _must_see(identity)
        own = [] if identity.guest else await self._rubrics.page(before, limit)
        return own if before is not None else [*self._built_in.values(), *own]

    async def show(self, identity: Identity, rubric_id: str, version: str | None = None) -> RubricVersion:
        """The newest version, or another. Raises forbidden, not_found."""
        _must_see(identity)
        if identity.guest and rubric_id not in self._built_in:
            raise _unknown()
        return await self._known(rubric_id, version)

    async def new_version(
        self,
        identity: Identity,
        rubric_id: str,
        title: str,
        criteria: Sequence[RubricCriterion],
        expected: str | None = None,
    ) -> RubricVersion:
        """The next version; the known one where nothing changed. `expected` is the version that the change was made
        on. Raises forbidden, not_found, invalid_payload, too_large, and conflict when somebody else was quicker."""
        _must_be_staff(identity)
        known = await self._known(rubric_id)
        if known.built_in:
            raise forbidden("a built-in rubric cannot be changed; write one of your own", reason="rubric_built_in")
        if known.created_by != identity.user_id and not identity.is_admin:
            raise forbidden("only its author and administrators change a rubric", reason="rubric_not_yours")
        if expected is not None and expected != known.version:
            raise _changed(known.version)
        changed = msgspec.structs.replace(known, title=title.strip(), criteria=checked_criteria(criteria))
        if changed == known:
            return known
        changed = msgspec.structs.replace(
            changed,
            version=str(int(known.version) + 1),
            updated_by=identity.user_id,
            updated_at=self._clock.now_ms(),
        )
        if not await self._rubrics.put_version(changed):
            raise _changed((await self._known(rubric_id)).version)
        await self._note(identity, "rubric_changed", changed)
        return changed

    async def _known(self, rubric_id: str, version: str | None = None) -> RubricVersion:
        built_in = self._built_in.get(rubric_id)
        if built_in is not None:
            if version in (None, built_in.version):
                return built_in
            raise _unknown()
        known = await self._rubrics.by_id(rubric_id, version)
        if known is None:
            raise _unknown()
        return known

    async def _note(self, identity: Identity, action: str, rubric: RubricVersion) -> None:
        subject = f"rubric:{rubric.rubric_id}"
        now = self._clock.now_ms()
        await self._audit.record(now, identity.user_id, action, subject, {"version": rubric.version})


def _must_see(identity: Identity) -> None:
    if identity.role not in STAFF:
        raise forbidden("rubrics are for admins, recruiters and interviewers", reason="role_forbids")


def _must_be_staff(identity: Identity) -> None:
    _must_see(identity)
    if identity.guest:
        raise forbidden("guests use the built-in rubrics", reason="role_forbids")


def _unknown() -> Exception:
    return not_found("there is no such rubric", reason="rubric_not_found")


def _changed(version: str) -> Exception:
    return conflict("somebody changed this rubric meanwhile", reason="rubric_changed", version=version)
