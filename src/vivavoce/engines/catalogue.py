"""The catalogue of models: what there is, what is installed, and whether it is what it should be."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal

import msgspec

from vivavoce.domain.errors import VivavoceError

MANIFEST: Final = "model.json"
SourceKind = Literal["wheel", "npm", "hub", "url"]
State = Literal["installed", "missing", "damaged"]
_BLOCK: Final = 1 << 20


class ModelFile(msgspec.Struct, frozen=True):
    """A file that is fetched, with its size in bytes and its sha256 in hex."""

    path: str
    size: int
    sha256: str


class Member(msgspec.Struct, frozen=True, rename={"origin": "from", "target": "to"}):
    """A file of a source and the file it becomes; members of one target are joined in their order."""

    origin: str
    target: str


class Package(msgspec.Struct, frozen=True):
    """A package of a registry at a fixed version; `size` is its download in bytes."""

    name: str
    version: str
    members: tuple[Member, ...]
    size: int = 0


class Source(msgspec.Struct, frozen=True):
    """Where a model can be had: registry packages, a repository of the model hub, or plain addresses.

    `own_files` says that this source holds another conversion than the catalogue's pinned files.
    """

    kind: SourceKind
    packages: tuple[Package, ...] = ()
    repository: str = ""
    revision: str = "main"
    base: str = ""
    size: int = 0
    members: tuple[Member, ...] = ()
    own_files: bool = False

    def describe(self) -> str:
        """The source in words, for `models list`."""
        match self.kind:
            case "wheel":
                return "PyPI " + " + ".join(f"{package.name}=={package.version}" for package in self.packages)
            case "npm":
                return "npm " + " + ".join(f"{package.name}@{package.version}" for package in self.packages)
            case "hub":
                return f"hub {self.repository}"
            case "url":
                return self.base


class Model(msgspec.Struct, frozen=True):
    """A model of the catalogue. `build` names the conversion its fetched files go through, if any."""

    name: str
    job: str
    languages: tuple[str, ...]
    licence: str
    origin: str
    embedded: bool
    sources: tuple[Source, ...]
    files: tuple[ModelFile, ...] = ()
    build: str = ""

    @property
    def download_bytes(self) -> int:
        """What fetching it from its first source costs, 0 when unknown."""
        first = self.sources[0]
        return sum(package.size for package in first.packages) or first.size or sum(file.size for file in self.files)


class Manifest(msgspec.Struct):
    """What was installed: written last, so a directory without one is not a model."""

    name: str
    source: str
    files: tuple[ModelFile, ...]


class ModelStatus(msgspec.Struct, frozen=True):
    """A model with its state on this machine; `problem` says what is wrong in a sentence."""

    model: Model
    state: State
    problem: str = ""
    installed_from: str = ""


class _Document(msgspec.Struct):
    models: tuple[Model, ...]


@lru_cache(maxsize=1)
def catalogue() -> tuple[Model, ...]:
    """Every model Vivavoce knows."""
    text = resources.files("vivavoce.engines").joinpath("catalogue.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Document).models


def find_model(name: str) -> Model:
    """The model of this name. Raises `not_found`, naming the ones there are."""
    for model in catalogue():
        if model.name == name:
            return model
    known = ", ".join(model.name for model in catalogue())
    raise VivavoceError("not_found", f"there is no model {name}; there are {known}", info={"name": name})


def model_path(root: Path, name: str) -> Path:
    """Where a model lives under the models directory."""
    return root / name


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of an installed model, None where none is readable."""
    try:
        return msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None


def status(root: Path, model: Model) -> ModelStatus:
    """Whether a model is installed, by its manifest and its files' sizes (quick; `verify` reads every byte)."""
    directory = model_path(root, model.name)
    manifest = read_manifest(directory)
    if manifest is None:
        return ModelStatus(model, "missing")
    for file in manifest.files:
        path = directory / file.path
        if not path.is_file():
            return ModelStatus(model, "damaged", f"{file.path} is missing", manifest.source)
        if path.stat().st_size != file.size:
            return ModelStatus(model, "damaged", f"{file.path} has the wrong size", manifest.source)
    return ModelStatus(model, "installed", "", manifest.source)


def verify(root: Path, model: Model) -> ModelStatus:
    """Like `status`, with every file's sha256 computed."""
    found = status(root, model)
    if found.state != "installed":
        return found
    directory = model_path(root, model.name)
    manifest = read_manifest(directory)
    for file in manifest.files if manifest else ():
        if sha256_of(directory / file.path) != file.sha256:
            return ModelStatus(model, "damaged", f"{file.path} does not have its sha256", found.installed_from)
    return found


def missing_models(root: Path) -> tuple[Model, ...]:
    """The embedded models that `models pull` would fetch."""
    return tuple(model for model in catalogue() if model.embedded and status(root, model).state != "installed")


def sha256_of(path: Path) -> str:
    """The sha256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
