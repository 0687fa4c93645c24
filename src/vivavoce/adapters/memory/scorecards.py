"""People's own scorecards in memory."""

from __future__ import annotations

from vivavoce.ports import OwnScorecard


class MemoryOwnScorecards:
    def __init__(self) -> None:
        self._scorecards: dict[tuple[str, str], OwnScorecard] = {}

    async def add(self, scorecard: OwnScorecard) -> OwnScorecard:
        return self._scorecards.setdefault((scorecard.session_id, scorecard.user_id), scorecard)

    async def of_session(self, session_id: str) -> list[OwnScorecard]:
        found = [entry for entry in self._scorecards.values() if entry.session_id == session_id]
        return sorted(found, key=lambda entry: (entry.submitted_at, entry.user_id))
