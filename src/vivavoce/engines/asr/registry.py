"""Opens the recognisers that a machine has, by a specification that can be sent to a worker process."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import Recogniser
from vivavoce.engines.asr.moonshine import MoonshineRecogniser
from vivavoce.engines.asr.openai_compatible import OpenAiCompatibleRecogniser
from vivavoce.engines.asr.routing import RoutedRecogniser
from vivavoce.engines.asr.sherpa import SherpaKind, SherpaRecogniser
from vivavoce.engines.asr.whisper import WhisperRecogniser

#: What a worker process imports to open its recogniser.
FACTORY: Final = "vivavoce.engines.asr.registry:open_recogniser"

_ENGLISH: Final = "moonshine-tiny-en"
_GENERAL: Final = ("faster-whisper-large-v3-turbo", "whisper-small-int8", "whisper-base-int8")


class RecogniserSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which recognisers to open.

    `engine` "auto" takes the best that is installed under `models_dir`; or one of "moonshine", "whisper",
    "openai" (with `base_url`, `model`, `api_key`), "sherpa" (`model` names the directory), alone.
    `general` names the model for languages other than English ("" for the best installed). `threads` is for the
    large models: a second one halves the wait of a single speaker, and costs several at once 2 % of the time. The
    small ones always run on one.
    """

    models_dir: str
    engine: str = "auto"
    general: str = ""
    model: str = ""
    base_url: str = ""
    api_key: str = ""
    threads: int = 2
    timeout_s: float = 30.0


def open_recogniser(settings: bytes) -> Recogniser:
    """Opens what a msgpack-encoded `RecogniserSpec` asks for. Raises `unavailable` when it is not installed."""
    spec = msgspec.msgpack.decode(settings, type=RecogniserSpec)
    root = Path(spec.models_dir)
    match spec.engine:
        case "auto":
            return _best(root, spec)
        case "moonshine":
            return MoonshineRecogniser(root / (spec.model or _ENGLISH))
        case "whisper":
            name = spec.model or spec.general or _installed_general(root) or _GENERAL[-1]
            return WhisperRecogniser(root / name, name=name, threads=spec.threads)
        case "openai":
            return OpenAiCompatibleRecogniser(spec.base_url, spec.model, api_key=spec.api_key, timeout_s=spec.timeout_s)
        case "sherpa":
            kind: SherpaKind = "sense_voice" if "sense-voice" in spec.model else "transducer"
            return SherpaRecogniser(root / spec.model, kind=kind, threads=spec.threads)
        case _:
            raise VivavoceError("invalid_payload", f"there is no recogniser called {spec.engine}")


def installed_languages(models_dir: Path) -> frozenset[str]:
    """The languages that `engine="auto"` would serve from this directory; empty when nothing is installed."""
    english = frozenset({"en"}) if (models_dir / _ENGLISH / "encoder_model.ort").is_file() else frozenset()
    general = frozenset({"en", "ko", "zh"}) if _installed_general(models_dir) else frozenset()
    return english | general


def _best(root: Path, spec: RecogniserSpec) -> Recogniser:
    quick = MoonshineRecogniser(root / _ENGLISH) if (root / _ENGLISH).is_dir() else None
    name = spec.general or _installed_general(root)
    general = WhisperRecogniser(root / name, name=name, threads=spec.threads) if name else None
    return RoutedRecogniser(quick, general)


def _installed_general(root: Path) -> str | None:
    return next((name for name in _GENERAL if (root / name / "model.bin").is_file()), None)
