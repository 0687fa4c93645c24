"""People's own scorecards in SQL."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from vivavoce.adapters.sql.database import Database
from vivavoce.adapters.sql.tables import metadata
from vivavoce.ports import OwnScorecard

own_scorecards = sa.Table(
    "own_scorecards",
    metadata,
    sa.Column("session_id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Column("submitted_at", sa.BigInteger, nullable=False),
)


class SqlOwnScorecards:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scorecard: OwnScorecard) -> OwnScorecard:
        o = own_scorecards
        statement = insert(o).values(**msgspec.structs.asdict(scorecard)).on_conflict_do_nothing()
        stored = sa.select(o).where(o.c.session_id == scorecard.session_id, o.c.user_id == scorecard.user_id)

        def work(c: sa.Connection) -> OwnScorecard:
            c.execute(statement)
            return OwnScorecard(**c.execute(stored).one()._mapping)

        return await self._database.write(work)

    async def of_session(self, session_id: str) -> list[OwnScorecard]:
        o = own_scorecards
        query = sa.select(o).where(o.c.session_id == session_id).order_by(o.c.submitted_at, o.c.user_id)
        return await self._database.read(lambda c: [OwnScorecard(**row._mapping) for row in c.execute(query).all()])
