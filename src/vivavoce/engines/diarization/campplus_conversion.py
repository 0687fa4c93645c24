"""Turns the published CAM++ weights into an ONNX model: the network is described here, the numbers come from the file.

CAM++ ("CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking"): a small
two-dimensional residual network over the filter banks, three densely connected blocks of dilated convolutions whose
outputs are masked by the context of each second, and the mean and deviation over time, made a vector of 192.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from vivavoce.engines.onnx_graph import Array, OnnxGraph
from vivavoce.engines.torch_checkpoint import read_checkpoint

CHECKPOINT: Final = "campplus_cn_en_common.pt"
MODEL_FILE: Final = "campplus.onnx"
_BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
_EPSILON: Final = 1e-5
_SEGMENT: Final = 100


def convert_campplus(source: Path, target: Path) -> None:
    """Writes `target`/campplus.onnx from the checkpoint in the directory `source`. Raises ValueError when it lacks one.

    The model's input `feats` is [batch, frames, 80], its output `emb` [batch, 192].
    """
    weights = read_checkpoint(source / CHECKPOINT)
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
        self._graph = OnnxGraph("campplus")

    def encode(self) -> bytes:
        graph = self._graph
        x = graph.node("Transpose", "feats", perm=[0, 2, 1])
        x = self._head(graph.node("Unsqueeze", x, graph.integers(1)))
        x = graph.node("Reshape", x, graph.integers(0, 320, -1))
        x = graph.node("Relu", self._convolution(x, "xvector.tdnn", strides=[2], pads=[2, 2]))
        for block, (layers, dilation) in enumerate(_BLOCKS, 1):
            for layer in range(1, layers + 1):
                dense = self._dense_layer(x, f"xvector.block{block}.tdnnd{layer}", dilation)
                x = graph.node("Concat", x, dense, axis=1)
            transit = f"xvector.transit{block}"
            x = self._normalised(x, f"{transit}.nonlinear.batchnorm")
            x = graph.node("Conv", x, graph.constant(self._weights[f"{transit}.linear.weight"]))
        x = self._statistics(self._normalised(x, "xvector.out_nonlinear.batchnorm"))
        return graph.encode(("feats", ["batch", "frames", 80]), (self._last(x), "emb", ["batch", 192]))

    def _head(self, x: str) -> str:
        x = self._graph.node("Relu", self._folded(x, "head.conv1", "head.bn1", strides=[1, 1], pads=[1, 1, 1, 1]))
        for layer in (1, 2):
            for block, stride in ((0, 2), (1, 1)):
                x = self._residual(x, f"head.layer{layer}.{block}", stride)
        return self._graph.node("Relu", self._folded(x, "head.conv2", "head.bn2", strides=[2, 1], pads=[1, 1, 1, 1]))

    def _residual(self, x: str, name: str, stride: int) -> str:
        graph = self._graph
        y = self._folded(x, f"{name}.conv1", f"{name}.bn1", strides=[stride, 1], pads=[1, 1, 1, 1])
        y = self._folded(graph.node("Relu", y), f"{name}.conv2", f"{name}.bn2", strides=[1, 1], pads=[1, 1, 1, 1])
        if f"{name}.shortcut.0.weight" in self._weights:
            x = self._folded(x, f"{name}.shortcut.0", f"{name}.shortcut.1", strides=[stride, 1], pads=[0, 0, 0, 0])
        return graph.node("Relu", graph.node("Add", y, x))

    def _dense_layer(self, x: str, name: str, dilation: int) -> str:
        graph = self._graph
        x = self._normalised(x, f"{name}.nonlinear1.batchnorm")
        weight, bias = self._fold(f"{name}.linear1", f"{name}.nonlinear2.batchnorm")
        x = graph.node("Relu", graph.node("Conv", x, graph.constant(weight), graph.constant(bias)))
        cam = f"{name}.cam_layer"
        local = graph.node(
            "Conv",
            x,
            graph.constant(self._weights[f"{cam}.linear_local.weight"]),
            dilations=[dilation],
            pads=[dilation, dilation],
        )
        context = graph.node("Add", graph.node("ReduceMean", x, axes=[-1]), self._segments(x))
        context = graph.node("Relu", self._plain(context, f"{cam}.linear1"))
        return graph.node("Mul", local, graph.node("Sigmoid", self._plain(context, f"{cam}.linear2")))

    def _segments(self, x: str) -> str:
        """The mean of each 100 frames, at every one of them."""
        graph = self._graph
        means = graph.node("AveragePool", x, kernel_shape=[_SEGMENT], strides=[_SEGMENT], ceil_mode=1)
        spread = graph.node("Unsqueeze", means, graph.integers(-1))
        spread = graph.node("Tile", spread, graph.integers(1, 1, 1, _SEGMENT))
        spread = graph.node("Reshape", spread, graph.integers(0, 0, -1))
        length = graph.node("Shape", x, start=2)
        return graph.node("Slice", spread, graph.integers(0), length, graph.integers(2))

    def _statistics(self, x: str) -> str:
        """Mean and (unbiased) standard deviation over time."""
        graph = self._graph
        mean = graph.node("ReduceMean", x, axes=[-1])
        away = graph.node("Sub", x, mean)
        squares = graph.node("ReduceSum", graph.node("Mul", away, away), graph.integers(-1))
        count = graph.node("Cast", graph.node("Shape", x, start=2), to=1)
        variance = graph.node("Div", squares, graph.node("Sub", count, graph.constant(np.ones(1))))
        return graph.node("Concat", mean, graph.node("Sqrt", variance), axis=1)

    def _last(self, x: str) -> str:
        scale, shift = self._norm("xvector.dense.nonlinear.batchnorm")
        weight = self._weights["xvector.dense.linear.weight"] * scale[:, None, None]
        x = self._graph.node("Conv", x, self._graph.constant(weight), self._graph.constant(shift))
        return self._graph.node("Squeeze", x, self._graph.integers(-1))

    def _plain(self, x: str, name: str) -> str:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._graph.node("Conv", x, self._graph.constant(weight), self._graph.constant(bias))

    def _convolution(self, x: str, name: str, **attributes: list[int]) -> str:
        return self._folded(x, f"{name}.linear", f"{name}.nonlinear.batchnorm", **attributes)

    def _folded(self, x: str, convolution: str, norm: str, **attributes: list[int]) -> str:
        """A convolution with the normalisation after it, as one."""
        weight, bias = self._fold(convolution, norm)
        return self._graph.node("Conv", x, self._graph.constant(weight), self._graph.constant(bias), **attributes)

    def _fold(self, convolution: str, norm: str) -> tuple[Array, Array]:
        scale, shift = self._norm(norm)
        weight = self._weights[f"{convolution}.weight"]
        return weight * scale.reshape(-1, *(1,) * (weight.ndim - 1)), shift

    def _normalised(self, x: str, norm: str) -> str:
        scale, shift = self._norm(norm)
        graph = self._graph
        zeros, ones = np.zeros_like(scale), np.ones_like(scale)
        x = graph.node(
            "BatchNormalization",
            x,
            *(graph.constant(value) for value in (scale, shift, zeros, ones)),
            epsilon=0.0,
        )
        return graph.node("Relu", x)

    def _norm(self, name: str) -> tuple[Array, Array]:
        """A trained batch normalisation as factor and addend."""
        mean, variance = self._weights[f"{name}.running_mean"], self._weights[f"{name}.running_var"]
        scale = self._weights.get(f"{name}.weight", np.ones_like(mean)) / np.sqrt(variance + _EPSILON)
        return scale, self._weights.get(f"{name}.bias", np.zeros_like(mean)) - mean * scale
