"""Turns a quantised ONNX export of Whisper into a CTranslate2 model directory.

CTranslate2 needs a fraction of the memory, searches with a beam and takes encoder input shorter than 30 s, which
is what makes the small model fast enough for live use on a CPU.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.engines.asr.onnx_weights import Array, OnnxWeights, read_onnx_weights


def convert_whisper(encoder: Path, decoder: Path, config_dir: Path, target: Path) -> None:
    """Writes `target` (model.bin, config.json, vocabulary.json, tokenizer.json) from an ONNX export.

    `config_dir` holds the export's config.json, generation_config.json, preprocessor_config.json, vocab.json,
    added_tokens.json and tokenizer.json. The target appears whole or not at all. Raises ImportError without
    CTranslate2 and ValueError when a weight is missing.
    """
    from ctranslate2.specs import whisper_spec

    config = json.loads((config_dir / "config.json").read_text("utf-8"))
    generation = json.loads((config_dir / "generation_config.json").read_text("utf-8"))
    layers, heads = config["encoder_layers"], config["encoder_attention_heads"]
    spec: Any = whisper_spec.WhisperSpec(layers, heads, config["decoder_layers"], config["decoder_attention_heads"])
    _fill_encoder(spec.encoder, _Weights(read_onnx_weights(encoder), ""))
    _fill_decoder(spec.decoder, _Weights(read_onnx_weights(decoder), "model.decoder."))
    spec.register_vocabulary(_vocabulary(config_dir, config["vocab_size"]))
    spec.config.suppress_ids = generation["suppress_tokens"]
    spec.config.suppress_ids_begin = generation["begin_suppress_tokens"]
    spec.config.alignment_heads = generation["alignment_heads"]
    spec.config.lang_ids = sorted(generation["lang_to_id"].values())
    spec.validate()
    spec.optimize(quantization="int8")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".converting-") as scratch:
        built = Path(scratch, "model")
        built.mkdir()
        spec.save(str(built))
        for name in ("tokenizer.json", "preprocessor_config.json"):
            shutil.copyfile(config_dir / name, built / name)
        if target.exists():
            shutil.rmtree(target)
        built.rename(target)


class _Weights:
    """Finds a module's weight by the name of the node that uses it, because exporters rename the tensors."""

    def __init__(self, weights: OnnxWeights, prefix: str) -> None:
        self._weights = weights
        self._prefix = prefix
        self._by_node: dict[str, str] = {}
        constants = weights.tensors
        for node in weights.nodes:
            if node.op_type in {"MatMulInteger", "ConvInteger", "MatMul", "Conv", "Gather"} and len(node.inputs) > 1:
                operand = next(
                    (name for name in node.inputs[:2] if name in constants and constants[name].ndim > 1), None
                )
                if operand is not None:
                    module = node.name.strip("/").rsplit("/", 1)[0].replace("/", ".")
                    self._by_node.setdefault(module, operand)

    def matrix(self, module: str) -> Array:
        """The weight of a linear layer as [out, in]."""
        return np.ascontiguousarray(self.stored(module).T)

    def stored(self, module: str) -> Array:
        """The weight as the file has it (convolutions and embeddings)."""
        operand = self._by_node.get(f"{self._prefix}{module}")
        if operand is None:
            raise ValueError(f"the export holds no weight for {self._prefix}{module}")
        return self._weights.dequantised(operand)

    def vector(self, name: str) -> Array:
        # A decoder that was merged with its cached twin carries its shared tensors under a suffix.
        for stored in (f"{self._prefix}{name}", f"{self._prefix}{name}_merged_0"):
            value = self._weights.tensors.get(stored)
            if value is not None:
                return value.astype(np.float32)
        raise ValueError(f"the export holds no {self._prefix}{name}")


def _fill_encoder(spec: Any, source: _Weights) -> None:
    for name in ("conv1", "conv2"):
        convolution = getattr(spec, name)
        convolution.weight = source.stored(name)
        convolution.bias = source.vector(f"{name}.bias")
    spec.position_encodings.encodings = source.vector("embed_positions.weight")
    _fill_norm(spec.layer_norm, source, "layer_norm")
    for index, layer in enumerate(spec.layer):
        _fill_self_attention(layer.self_attention, source, f"layers.{index}.self_attn")
        _fill_feed_forward(layer.ffn, source, f"layers.{index}")


def _fill_decoder(spec: Any, source: _Weights) -> None:
    embeddings = source.stored("embed_tokens")
    spec.embeddings.weight = embeddings
    spec.projection.weight = embeddings
    spec.position_encodings.encodings = source.vector("embed_positions.weight")
    _fill_norm(spec.layer_norm, source, "layer_norm")
    for index, layer in enumerate(spec.layer):
        name = f"layers.{index}"
        _fill_self_attention(layer.self_attention, source, f"{name}.self_attn")
        _fill_cross_attention(layer.attention, source, f"{name}.encoder_attn")
        _fill_feed_forward(layer.ffn, source, name)


def _fill_self_attention(spec: Any, source: _Weights, name: str) -> None:
    query = source.vector(f"{name}.q_proj.bias")
    spec.linear[0].weight = np.concatenate([source.matrix(f"{name}.{part}_proj") for part in "qkv"])
    spec.linear[0].bias = np.concatenate([query, np.zeros_like(query), source.vector(f"{name}.v_proj.bias")])
    spec.linear[1].weight = source.matrix(f"{name}.out_proj")
    spec.linear[1].bias = source.vector(f"{name}.out_proj.bias")
    _fill_norm(spec.layer_norm, source, f"{name}_layer_norm")


def _fill_cross_attention(spec: Any, source: _Weights, name: str) -> None:
    value = source.vector(f"{name}.v_proj.bias")
    spec.linear[0].weight = source.matrix(f"{name}.q_proj")
    spec.linear[0].bias = source.vector(f"{name}.q_proj.bias")
    spec.linear[1].weight = np.concatenate([source.matrix(f"{name}.{part}_proj") for part in "kv"])
    spec.linear[1].bias = np.concatenate([np.zeros_like(value), value])
    spec.linear[2].weight = source.matrix(f"{name}.out_proj")
    spec.linear[2].bias = source.vector(f"{name}.out_proj.bias")
    _fill_norm(spec.layer_norm, source, f"{name}_layer_norm")


def _fill_feed_forward(spec: Any, source: _Weights, name: str) -> None:
    spec.linear_0.weight = source.matrix(f"{name}.fc1")
    spec.linear_0.bias = source.vector(f"{name}.fc1.bias")
    spec.linear_1.weight = source.matrix(f"{name}.fc2")
    spec.linear_1.bias = source.vector(f"{name}.fc2.bias")
    _fill_norm(spec.layer_norm, source, f"{name}.final_layer_norm")


def _fill_norm(spec: Any, source: _Weights, name: str) -> None:
    spec.gamma = source.vector(f"{name}.weight")
    spec.beta = source.vector(f"{name}.bias")


def _vocabulary(config_dir: Path, size: int) -> list[str]:
    tokens: dict[str, int] = json.loads((config_dir / "vocab.json").read_text("utf-8"))
    tokens |= json.loads((config_dir / "added_tokens.json").read_text("utf-8"))
    ordered = [token for token, _ in sorted(tokens.items(), key=lambda item: item[1])]
    ordered.extend(f"<|{index * 0.02:.2f}|>" for index in range(size - len(ordered)))
    return ordered
