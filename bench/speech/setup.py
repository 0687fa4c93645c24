"""What the speech benchmarks share: the pipeline as it is shipped, the recordings and their texts, and results."""

from __future__ import annotations

import csv
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.engines.asr.registry import FACTORY, RecogniserSpec
from vivavoce.engines.vad.silero import SileroModel
from vivavoce.speech.decoding import ByteFeed, Decoder
from vivavoce.speech.pipeline import SpeechPipeline
from vivavoce.speech.pool import PoolSettings, RecogniserPool
from vivavoce.speech.stream import SpeechLimits

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results"
TESTDATA = ROOT.parent / "shared" / "testdata"


class Clip(msgspec.Struct, frozen=True):
    """A recording with what is said in it; `kind` is human or synthetic."""

    path: Path
    language: str
    kind: str
    text: str

    @property
    def name(self) -> str:
        known = self.path.is_relative_to(TESTDATA)
        return self.path.relative_to(TESTDATA).as_posix() if known else self.path.name


def models_dir() -> Path:
    return Path(os.environ.get("VIVAVOCE_MODELS_DIR") or "data/models")


def clips() -> list[Clip]:
    """Every transcribed recording of the test data; empty where there is none."""
    found: list[Clip] = []
    table = TESTDATA / "asr.tsv"
    if table.is_file():
        with table.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                found.append(Clip(TESTDATA / row["file"], row["language"], row["kind"], row["text"]))
    for texts in sorted((TESTDATA / "synthetic").glob("*/trans.txt")):
        for line in texts.read_text("utf-8-sig").splitlines():
            name, _, text = line.partition("\t")
            if text:
                found.append(Clip(texts.parent / name, texts.parent.name[:2], "synthetic", text.strip()))
    return found


def open_pool(workers: int = 2, **spec: Any) -> RecogniserPool:
    settings = msgspec.msgpack.encode(RecogniserSpec(models_dir=str(models_dir()), **spec))
    return RecogniserPool(PoolSettings(factory=FACTORY, settings=settings, workers=workers))


def open_pipeline(pool: RecogniserPool) -> SpeechPipeline:
    model = SileroModel(models_dir() / "silero-vad-v6" / "silero_vad_v6.onnx")
    return SpeechPipeline(pool, model.open, SpeechLimits())


def decoded(path: Path) -> Samples:
    """A whole file as 16 kHz mono samples."""
    feed = ByteFeed()
    feed.put(path.read_bytes())
    feed.close()
    blocks = list(Decoder(feed, path.suffix).blocks())
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def seconds(samples: Samples) -> float:
    return len(samples) / SAMPLE_RATE


def write_results(name: str, results: dict[str, Any]) -> Path:
    """Writes a benchmark's JSON with the machine it ran on."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    machine = {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    document = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": machine, **results}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0–1) of the values lie."""
    return float(np.quantile(np.array(values), share)) if values else float("nan")
