"""Rubrics in memory."""

from __future__ import annotations

from vivavoce.domain.rubrics import RubricVersion


class MemoryRubrics:
    def __init__(self) -> None:
        self._versions: dict[str, list[RubricVersion]] = {}
        """The versions of each rubric, in order."""

    async def add(self, rubric: RubricVersion) -> bool:
        if rubric.rubric_id in self._versions:
            return False
        self._versions[rubric.rubric_id] = [rubric]
        return True

    async def by_id(self, rubric_id: str, version: str | None = None) -> RubricVersion | None:
        versions = self._versions.get(rubric_id, [])
        return next((one for one in reversed(versions) if version in (None, one.version)), None)

    async def put_version(self, rubric: RubricVersion) -> bool:
        versions = self._versions.get(rubric.rubric_id)
        if versions is None or int(versions[-1].version) != int(rubric.version) - 1:
            return False
        versions.append(rubric)
        return True

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[RubricVersion]:
        created = {rubric_id: versions[0].created_at for rubric_id, versions in self._versions.items()}
        places = sorted(((at, rubric_id) for rubric_id, at in created.items()), reverse=True)
        return [self._versions[place[1]][-1] for place in places if before is None or place < before][:limit]
