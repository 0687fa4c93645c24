"""Question sets: written by staff, shared among them, changed by their owner. Every change is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from vivavoce.domain.access import STAFF, Identity
from vivavoce.domain.errors import conflict, forbidden, not_found
from vivavoce.domain.interview import Language
from vivavoce.domain.question_sets import QuestionSet, SetQuestion, checked_questions
from vivavoce.ports import Audit, Clock, QuestionSetFilter, QuestionSetLine, QuestionSets


class QuestionLibrary:
    """Who may do what is decided here: admins, recruiters and interviewers see and use every set; its owner and admins
    change it. Guests and candidates see none."""

    def __init__(self, question_sets: QuestionSets, audit: Audit, clock: Clock) -> None:
        self._sets = question_sets
        self._audit = audit
        self._clock = clock

    async def create(
        self, identity: Identity, set_id: str, title: str, language: Language, questions: Sequence[SetQuestion]
    ) -> QuestionSet:
        """A new set under this id; asked again by the same person, the one that is there. Raises forbidden,
        invalid_payload."""
        _must_be_staff(identity)
        now = self._clock.now_ms()
        made = QuestionSet(
            question_set_id=set_id,
            version=1,
            title=title.strip(),
            language=language,
            questions=checked_questions(questions),
            created_by=identity.user_id,
            created_at=now,
            updated_by=identity.user_id,
            updated_at=now,
        )
        if not await self._sets.add(made):
            known = await self._known(set_id)
            if known.created_by != identity.user_id:
                raise conflict("a question set with this id exists", reason="question_set_exists")
            return known
        await self._note(identity, "question_set_created", made)
        return made

    async def page(self, identity: Identity, wanted: QuestionSetFilter) -> list[QuestionSetLine]:
        """Newest first. Raises forbidden."""
        _must_be_staff(identity)
        return await self._sets.page(wanted)

    async def show(self, identity: Identity, set_id: str, version: int | None = None) -> QuestionSet:
        """The newest version, or an older one. Raises forbidden, not_found."""
        _must_be_staff(identity)
        return await self._known(set_id, version)

    async def change(
        self, identity: Identity, set_id: str, changes: dict[str, Any], *, expected: int | None = None
    ) -> QuestionSet:
        """The next version, with `title`, `language` or `questions` changed; no version where nothing is. `expected`
        is the version that the change was made on. Raises forbidden, not_found, invalid_payload, and conflict when
        somebody else was quicker or the set is archived."""
        known = await self._mine(identity, set_id)
        if known.archived_at:
            raise conflict("this question set is archived", reason="question_set_archived")
        if expected is not None and expected != known.version:
            raise _changed(known.version)
        fields = dict(changes)
        if "questions" in fields:
            fields["questions"] = checked_questions(fields["questions"])
        if "title" in fields:
            fields["title"] = fields["title"].strip()
        changed = msgspec.structs.replace(known, **fields)
        if changed == known:
            return known
        changed = msgspec.structs.replace(
            changed, version=known.version + 1, updated_by=identity.user_id, updated_at=self._clock.now_ms()
        )
        if not await self._sets.put_version(changed):
            raise _changed((await self._known(set_id)).version)
        await self._note(identity, "question_set_changed", changed)
        return changed

    async def archive(self, identity: Identity, set_id: str, *, archived: bool) -> QuestionSet:
        """Put a set away, or take it back into use; sessions that took it are not touched. Raises forbidden,
        not_found."""
        known = await self._mine(identity, set_id)
        if bool(known.archived_at) == archived:
            return known
        at = self._clock.now_ms() if archived else 0
        await self._sets.set_archived(set_id, at)
        changed = msgspec.structs.replace(known, archived_at=at)
        await self._note(identity, "question_set_archived" if archived else "question_set_restored", changed)
        return changed

    async def _mine(self, identity: Identity, set_id: str) -> QuestionSet:
        _must_be_staff(identity)
        known = await self._known(set_id)
        if known.created_by != identity.user_id and not identity.is_admin:
            raise forbidden("only its owner and administrators change a question set", reason="question_set_not_yours")
        return known

    async def _known(self, set_id: str, version: int | None = None) -> QuestionSet:
        known = await self._sets.by_id(set_id, version)
        if known is None:
            raise not_found("there is no such question set", reason="question_set_not_found")
        return known

    async def _note(self, identity: Identity, action: str, changed: QuestionSet) -> None:
        await self._audit.record(
            self._clock.now_ms(),
            identity.user_id,
            action,
            f"question-set:{changed.question_set_id}",
            {"version": changed.version},
        )


def _must_be_staff(identity: Identity) -> None:
    if identity.guest or identity.role not in STAFF:
        raise forbidden("question sets are for admins, recruiters and interviewers", reason="role_forbids")


def _changed(version: int) -> Exception:
    return conflict("somebody changed this question set meanwhile", reason="question_set_changed", version=version)
