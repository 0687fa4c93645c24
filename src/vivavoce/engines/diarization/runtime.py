"""What both networks share: a session of onnxruntime on one thread, and sentences for what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vivavoce.domain.errors import VivavoceError


def open_network(path: Path) -> Any:
    """Loads a network. Raises `unavailable` when the package or the file is missing."""
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_package("onnxruntime") from error
    if not path.is_file():
        raise VivavoceError(
            "unavailable", f"{path.name} is missing: run `vivavoce models pull`", reason="speech_model_missing"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Arenas keep the memory of the largest call for good; windows of all lengths pass through here.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def missing_package(package: str) -> VivavoceError:
    """What to raise when a package of the extra `speech` is not installed."""
    return VivavoceError(
        "unavailable",
        f"{package} is not installed: install the extra `speech`",
        reason="speech_missing",
        info={"package": package, "extra": "speech"},
    )
