"""Moonshine (English) on ONNX Runtime: audio of any length costs in proportion, which makes it the live engine.

The network is run here rather than through the vendor's library: four times faster on one thread, no second copy of
the runtime, and its token probabilities are what tells foreign speech from English.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.speech import SAMPLE_RATE, LanguageGuess, Recognition, RecognitionRequest, Samples
from vivavoce.engines.asr.contract import checked, confidence_of, looks_repeated, missing_package, padded, spread_words

_START: Final = 1
_END: Final = 2
_TOKENS_PER_S: Final = 6.5
_SPOKEN_FLOOR: Final = 0.02


class MoonshineRecogniser:
    """English only. Word times are estimates: the network has no alignment output."""

    def __init__(self, directory: Path, *, threads: int = 1) -> None:
        """Loads `encoder_model.ort`, `decoder_model_merged.ort` and `tokenizer.bin` of `directory`."""
        try:
            import onnxruntime
        except ImportError as error:
            raise missing_package("onnxruntime") from error
        if not (directory / "encoder_model.ort").is_file():
            raise VivavoceError("unavailable", f"no Moonshine model in {directory.name}", reason="speech_model_missing")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The arena keeps the largest size ever needed for ever, and buys nothing on one thread.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        encoder, decoder = str(directory / "encoder_model.ort"), str(directory / "decoder_model_merged.ort")
        self._encoder: Any = onnxruntime.InferenceSession(encoder, options, providers)
        self._decoder: Any = onnxruntime.InferenceSession(decoder, options, providers)
        self._tokens = read_tokens((directory / "tokenizer.bin").read_bytes())
        inputs = self._decoder.get_inputs()
        self._past = [item for item in inputs if item.name.startswith("past_key_values")]
        self._outputs = [item.name for item in self._decoder.get_outputs()]

    @property
    def name(self) -> str:
        return "moonshine-tiny-en"

    def languages(self) -> frozenset[str]:
        return frozenset({"en"})

    def detect_language(self, samples: Samples) -> LanguageGuess | None:
        return None

    def close(self) -> None:
        self._encoder = self._decoder = None

    def recognise(self, samples: Samples, request: RecognitionRequest) -> Recognition:
        audio = padded(checked(samples))
        if not np.any(np.abs(audio) > 1e-4):
            return Recognition(text="", language="en", engine=self.name)
        tokens, mean = self._decode(audio)
        text = self._text(tokens)
        confidence = confidence_of(mean)
        if looks_repeated(text):
            confidence = min(confidence, 0.2)
        start_s, end_s = _spoken_span(samples)
        return Recognition(
            text=text,
            language="en",
            confidence=confidence,
            words=spread_words(text, start_s, end_s, confidence),
            engine=self.name,
        )

    def _decode(self, audio: Samples) -> tuple[list[int], float]:
        """Greedy search. Returns the tokens and their mean log probability."""
        batch = audio[None]
        # The decoder takes the mask of the raw audio and thins it out itself.
        mask = np.ones(batch.shape, np.int64)
        (hidden,) = self._encoder.run(None, {"input_values": batch, "attention_mask": mask})
        past = {item.name: self._empty(item, hidden.shape[1]) for item in self._past}
        limit = int(len(audio) / SAMPLE_RATE * _TOKENS_PER_S) + 6
        tokens: list[int] = []
        total = 0.0
        token, cached = _START, False
        for _ in range(limit):
            results = self._decoder.run(
                None,
                {
                    "encoder_attention_mask": mask,
                    "input_ids": np.array([[token]], np.int64),
                    "encoder_hidden_states": hidden,
                    "use_cache_branch": np.array([cached]),
                    **past,
                },
            )
            logits = results[0][0, -1]
            token = int(logits.argmax())
            peak = float(logits[token])
            total -= float(np.log(np.exp(logits - peak).sum()))
            if token == _END:
                break
            tokens.append(token)
            self._keep(past, results, cached)
            cached = True
        return tokens, total / (len(tokens) + 1)

    def _keep(self, past: dict[str, Samples], results: list[Samples], cached: bool) -> None:
        for name, value in zip(self._outputs[1:], results[1:], strict=True):
            key = name.replace("present", "past_key_values")
            # The cached branch returns no cross-attention states: the first call's stay.
            if not cached or ".decoder." in key:
                past[key] = value

    @staticmethod
    def _empty(item: Any, frames: int) -> Samples:
        heads, width = item.shape[1], item.shape[3]
        return np.zeros((1, heads, 0 if ".decoder." in item.name else frames, width), np.float32)

    def _text(self, tokens: list[int]) -> str:
        pieces = b"".join(self._tokens[token] for token in tokens if _END < token < len(self._tokens))
        return " ".join(pieces.replace("▁".encode(), b" ").decode("utf-8", "ignore").split())


def read_tokens(data: bytes) -> list[bytes]:
    """The vocabulary of a `tokenizer.bin`: length-prefixed strings, lengths over 127 in two bytes."""
    tokens: list[bytes] = []
    at = 0
    while at < len(data):
        size = data[at]
        at += 1
        if size >= 128:
            size += data[at] * 128 - 128
            at += 1
        tokens.append(data[at : at + size])
        at += size
    return tokens


def _spoken_span(samples: Samples) -> tuple[float, float]:
    """Seconds of the first and the last loud moment, to spread the words over."""
    step = SAMPLE_RATE // 50
    usable = len(samples) // step * step
    if usable == 0:
        return 0.0, len(samples) / SAMPLE_RATE
    level = np.abs(samples[:usable]).reshape(-1, step).max(axis=1)
    loud = np.flatnonzero(level > max(1e-4, _SPOKEN_FLOOR * float(level.max())))
    if len(loud) == 0:
        return 0.0, len(samples) / SAMPLE_RATE
    return float(loud[0]) * step / SAMPLE_RATE, float(loud[-1] + 1) * step / SAMPLE_RATE
