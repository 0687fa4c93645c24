"""SPEC 7: text is served at once, voice as soon as the models are there; without network it says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vivavoce import settings as settings_module
from vivavoce.domain.errors import VivavoceError
from vivavoce.engines import catalogue_pull
from vivavoce.engines.catalogue import Model
from vivavoce.engines.catalogue_pull import Progress
from vivavoce.progress import ProgressLines
from vivavoce.recognisers import InstalledSpeech

pytest.importorskip("av", reason="the extra `speech` is not installed: no PyAV")


def settings(folder: Path, **more: Any) -> settings_module.Settings:
    return settings_module.load({}, mode="development", data_dir=folder, models_dir=folder / "models", **more)


async def until_off(speech: InstalledSpeech) -> None:
    async with asyncio.timeout(20):
        while speech.state != "off":
            await asyncio.sleep(0.01)


async def test_without_network_one_sentence_says_so_and_voice_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def unreachable(root: Path, model: Model, on_progress: Any) -> None:
        asked.append(model.name)
        raise VivavoceError("unavailable", "nobody answers", reason="model_unreachable")

    monkeypatch.setattr(catalogue_pull, "pull", unreachable)
    said: list[str] = []
    speech = InstalledSpeech(settings(tmp_path), fetch=True, tell=said.append)
    speech.start()
    assert speech.state == "fetching"
    with pytest.raises(VivavoceError) as refusal:
        speech.pipeline()
    assert refusal.value.reason == "voice_unavailable"
    await until_off(speech)
    assert asked
    assert [sentence for sentence in said if "network" in sentence] == [said[-1]]
    with pytest.raises(VivavoceError) as refusal:
        speech.pipeline()
    assert refusal.value.reason == "speech_model_missing"
    await speech.stop()


async def test_nothing_is_downloaded_unless_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for a download")

    monkeypatch.setattr(catalogue_pull, "pull", forbidden)
    said: list[str] = []
    speech = InstalledSpeech(settings(tmp_path), tell=said.append)
    speech.start()
    await until_off(speech)
    assert said == []
    await speech.stop()


async def test_voice_can_be_turned_off(tmp_path: Path) -> None:
    speech = InstalledSpeech(settings(tmp_path, voice_workers=0), fetch=True)
    speech.start()
    assert speech.state == "off"
    await speech.stop()


async def test_ending_the_server_does_not_wait_for_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    stuck = threading.Event()
    monkeypatch.setattr(catalogue_pull, "pull", lambda *_: stuck.wait(60))
    speech = InstalledSpeech(settings(tmp_path), fetch=True)
    speech.start()
    await asyncio.sleep(0.2)
    async with asyncio.timeout(5):
        await speech.stop()
    stuck.set()


def test_progress_is_told_in_lines_a_tenth_each() -> None:
    lines: list[str] = []
    tell = ProgressLines(lines.append)
    for done in range(0, 1001, 10):
        tell(Progress("model", "fetching", done * 1_000_000, 1_000_000_000))
    tell(Progress("model", "checking", 0, 1_000_000_000))
    assert len(lines) == 12
    assert "█████░░░░░" in lines[5]
    assert lines[-1] == "  model: checking"


@pytest.mark.parametrize(
    "given", [{"asr_engine": "openai"}, {"asr_engine": "psychic"}, {"voice_workers": -1}, {"audio_upload_bytes": 0}]
)
def test_spec_7_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(tmp_path: Path, given: Any) -> None:
    with pytest.raises(settings_module.SettingsError) as refusal:
        settings(tmp_path, **given)
    assert next(iter(given)).upper() in str(refusal.value)
