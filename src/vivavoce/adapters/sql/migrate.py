"""Bringing a database file to the newest schema, and saying whether it is there."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from vivavoce.adapters.sql import identity_tables  # noqa: F401  (its tables join the metadata)
from vivavoce.adapters.sql.tables import meta, metadata

METADATA: Final = metadata


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(path: Path) -> bool:
    """Create or upgrade the file; True when anything had to be done. Blocking: run it before the loop starts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            if _current(connection) == head():
                return False
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            if connection.execute(sa.select(meta.c.value).where(meta.c.key == "epoch")).first() is None:
                connection.execute(sa.insert(meta).values(key="epoch", value=uuid.uuid4().hex))
                connection.commit()
            return True
    finally:
        engine.dispose()


def is_current(path: Path) -> bool:
    """Whether an existing file is at the newest schema. Raises sqlite3.Error where it is no database."""
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row is not None and row[0] == head()


def head() -> str:
    """The newest revision the code knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "the migrations are missing from this installation"
    return revision


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
