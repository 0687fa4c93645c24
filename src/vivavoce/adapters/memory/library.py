"""What people keep to use again, in memory."""

from __future__ import annotations

import msgspec

from vivavoce.domain.question_sets import QuestionSet
from vivavoce.ports import QuestionSetFilter, QuestionSetLine


class MemoryQuestionSets:
    def __init__(self) -> None:
        self._versions: dict[str, list[QuestionSet]] = {}
        """The versions of each set, in order."""
        self._archived: dict[str, int] = {}

    async def add(self, question_set: QuestionSet) -> bool:
        if question_set.question_set_id in self._versions:
            return False
        self._versions[question_set.question_set_id] = [question_set]
        return True

    async def by_id(self, question_set_id: str, version: int | None = None) -> QuestionSet | None:
        versions = self._versions.get(question_set_id, [])
        found = next((one for one in reversed(versions) if version in (None, one.version)), None)
        return self._as_archived(found) if found is not None else None

    async def put_version(self, question_set: QuestionSet) -> bool:
        versions = self._versions.get(question_set.question_set_id)
        if versions is None or versions[-1].version != question_set.version - 1:
            return False
        versions.append(question_set)
        return True

    async def set_archived(self, question_set_id: str, at: int) -> None:
        self._archived[question_set_id] = at

    async def page(self, wanted: QuestionSetFilter) -> list[QuestionSetLine]:
        lines = (QuestionSetLine.of(self._as_archived(versions[-1])) for versions in self._versions.values())
        fitting = [
            line
            for line in lines
            if bool(line.archived_at) == wanted.archived
            and wanted.created_by in (None, line.created_by)
            and wanted.language in (None, line.language)
            and wanted.query.lower() in line.title.lower()
            and (wanted.before is None or (line.created_at, line.question_set_id) < wanted.before)
        ]
        return sorted(fitting, key=lambda line: (line.created_at, line.question_set_id), reverse=True)[: wanted.limit]

    def _as_archived(self, question_set: QuestionSet) -> QuestionSet:
        return msgspec.structs.replace(question_set, archived_at=self._archived.get(question_set.question_set_id, 0))
