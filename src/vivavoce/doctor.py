"""What is missing or misconfigured, and how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final, Literal

import httpx
import msgspec

from vivavoce.adapters.sql.migrate import is_current
from vivavoce.domain.interview import LANGUAGES
from vivavoce.engines.catalogue import missing_models
from vivavoce.engines.ocr.installed import installed_reader
from vivavoce.http.services import WEB_APP
from vivavoce.recognisers import missing_packages
from vivavoce.settings import Settings

_ENOUGH_DISK: Final = 2 * 1024**3
_ENOUGH_FILES: Final = 4096


class Finding(msgspec.Struct, frozen=True):
    level: Literal["good", "note", "bad"]
    what: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything an operator can get wrong. Nothing is changed."""
    return [
        Finding("good", f"mode is {settings.mode}"),
        _data_dir(settings.data_dir),
        _disk(settings.data_dir),
        _database(settings.database_path),
        _web_app(),
        _open_files(),
        _llm(settings),
        *_processes(settings),
        *_voice(settings),
        *_scans(),
    ]


def _data_dir(path: Path) -> Finding:
    existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding("bad", f"{path} cannot be written to; set VIVAVOCE_DATA_DIR to a folder of yours")
    return Finding("good", f"data is stored in {path}")


def _disk(path: Path) -> Finding:
    existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < _ENOUGH_DISK:
        return Finding("bad", f"only {free // 1024**2} MiB are free for {path}; make room or move VIVAVOCE_DATA_DIR")
    return Finding("good", f"{free // 1024**3} GiB of disk are free")


def _database(path: Path) -> Finding:
    if not path.exists():
        return Finding("note", "there is no database yet; it is made at the first start")
    try:
        current = is_current(path)
    except sqlite3.Error as error:
        return Finding("bad", f"the database {path} cannot be read ({error}); restore it from a backup")
    if not current:
        return Finding("note", "the database is of an older version; `vivavoce migrate` or the next start upgrades it")
    return Finding("good", "the database is at the newest schema")


def _web_app() -> Finding:
    if (WEB_APP / "index.html").exists():
        return Finding("good", "the web app is built")
    return Finding("bad", "the web app is not built; run `make web` in the checkout, or install a released wheel")


def _open_files() -> Finding:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _ENOUGH_FILES:
        return Finding("note", f"at most {soft} files may be open, so as many connections; raise it with `ulimit -n`")
    return Finding("good", f"up to {soft} files may be open")


def _llm(settings: Settings) -> Finding:
    if not settings.llm_base_url:
        return Finding(
            "note",
            "no language model is configured; the guided interviewer works without one "
            "(VIVAVOCE_LLM_BASE_URL and VIVAVOCE_LLM_MODEL name an OpenAI-compatible endpoint)",
        )
    key = settings.llm_api_key.get_secret_value()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.get(f"{settings.llm_base_url.rstrip('/')}/models", headers=headers, timeout=5)
    except httpx.HTTPError as error:
        return Finding(
            "bad",
            f"VIVAVOCE_LLM_BASE_URL does not answer ({type(error).__name__}); "
            "interviews go on with the guided interviewer",
        )
    if answer.status_code in (401, 403):
        return Finding("bad", "the language model's endpoint refuses VIVAVOCE_LLM_API_KEY")
    return Finding("good", f"the language model's endpoint answers ({answer.status_code})")


def _processes(settings: Settings) -> list[Finding]:
    return [Finding("note", notice) for notice in settings.notices] or [Finding("good", "one process, no Redis needed")]


def _voice(settings: Settings) -> list[Finding]:
    absent = missing_packages()
    if absent:
        names = ", ".join(absent)
        return [Finding("note", f"voice is off: {names} not installed; install the extra `speech` (vivavoce[speech])")]
    if settings.voice_workers == 0:
        return [Finding("note", "voice is off: VIVAVOCE_VOICE_WORKERS is 0")]
    missing = missing_models(settings.models_path)
    if missing:
        names = ", ".join(model.name for model in missing)
        size = sum(model.download_bytes for model in missing) // 1_000_000
        where = settings.models_path
        what = f"models for voice are missing in {where}: {names} ({size} MB); `vivavoce models pull` fetches them"
        return [Finding("note", what)]
    return [Finding("good", f"the models for voice are in {settings.models_path}")]


def _scans() -> list[Finding]:
    reader = installed_reader()
    if reader is None:
        return [Finding("note", "scanned answers are not read; install the extra `ocr` (vivavoce[ocr])")]
    missing = dict.fromkeys(sentence for language in LANGUAGES if (sentence := reader.missing(language)))
    if missing:
        return [Finding("note", sentence) for sentence in missing]
    return [Finding("good", "scanned answers are read in all languages")]
