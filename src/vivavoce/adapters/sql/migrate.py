"""Bringing a database file to the newest schema, and saying whether it is there.

Alembic is loaded only when there is something to do: it takes longer than the rest of a start.
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from functools import cache
from pathlib import Path
from typing import Final

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def migrate(path: Path) -> bool:
    """Create or upgrade the file; True when anything had to be done. Blocking: run it off the event loop.

    Raises sqlite3.Error where the file is no database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and is_current(path):
        return False
    _upgrade(path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('epoch', ?)", (uuid.uuid4().hex,))
    return True


def renew_epoch(path: Path) -> str:
    """Begin a new history and return its name: clients that remember positions of the one before (which the backup that
    was put back may not hold) get a snapshot instead of somebody else's events. No server may be running."""
    epoch = uuid.uuid4().hex
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
    return epoch


def is_current(path: Path) -> bool:
    """Whether an existing file is at the newest schema. Raises sqlite3.Error where it is no database."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return False
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row is not None and row[0] == head()


@cache
def head() -> str:
    """The newest revision the code knows: revisions are numbered, and their files begin with the number."""
    return max(file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(path: Path) -> None:
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()
