"""The speech models that tests listen with: installed in VIVAVOCE_MODELS_DIR (or data/models), or fetched there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.asr.registry import installed_languages
from vivavoce.engines.catalogue import missing_models
from vivavoce.engines.catalogue_pull import pull

ROOT = Path(__file__).resolve().parents[1]
MODELS = Path(os.environ.get("VIVAVOCE_MODELS_DIR") or ROOT / "data" / "models").absolute()
#: Fetching and converting takes a minute or two on the first run.
FETCH_TIMEOUT_S = 900


def installed() -> bool:
    return (MODELS / "silero-vad-v6" / "silero_vad_v6.onnx").is_file() and installed_languages(MODELS) >= {
        "en",
        "ko",
        "zh",
    }


def fetch() -> str:
    """Fetch what is missing, in one process of the tests at a time. What went wrong, or an empty text."""
    MODELS.mkdir(parents=True, exist_ok=True)
    with (MODELS / ".tests").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for model in () if installed() else missing_models(MODELS):
            try:
                pull(MODELS, model)
            except VivavoceError as error:
                return error.details
    return ""


@pytest.fixture(scope="session")
def speech_models() -> Path:
    """The folder with the embedded models. Skips where they are not installed and cannot be fetched."""
    if not installed():
        trouble = fetch()
        if not installed():
            pytest.skip(f"the speech models are not installed (`vivavoce models pull`): {trouble}")
    return MODELS
