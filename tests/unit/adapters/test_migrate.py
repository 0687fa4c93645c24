"""The schema of a database file, and the name of its history."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vivavoce.adapters.sql.migrate import is_current, migrate, renew_epoch
from vivavoce.cli import app


def epoch_of(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        epoch: str = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]
    return epoch


def test_a_file_is_migrated_once_and_keeps_its_history(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert migrate(path)
    assert is_current(path)
    epoch = epoch_of(path)
    assert not migrate(path)
    assert epoch_of(path) == epoch


def test_spec_0_2_after_a_restore_a_new_history_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIVAVOCE_MODE", "development")
    path = tmp_path / "vivavoce.db"
    migrate(path)
    before = epoch_of(path)
    unchanged = CliRunner().invoke(app, ["migrate", "--data-dir", str(tmp_path)])
    assert (unchanged.exit_code, epoch_of(path)) == (0, before)
    renewed = CliRunner().invoke(app, ["migrate", "--new-epoch", "--data-dir", str(tmp_path)])
    assert renewed.exit_code == 0, renewed.output
    assert epoch_of(path) != before
    assert epoch_of(path) in renewed.output
    assert renew_epoch(path) == epoch_of(path)
