"""Models that mark: one that reads, and one that obeys whatever reaches it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.contracts.evaluator.model_server import prompt_of


def marking(request: dict[str, Any]) -> str:
    """A plausible marking of whatever the prompt holds: each expected point by what it shares with the answer."""
    prompt = prompt_of(request)
    answer = answer_in(prompt)
    points = [
        {"point_id": point_id, "points": float(worth) * _shared(text, answer)}
        for point_id, worth, text in re.findall(r"^- (\S+) \(worth ([\d.]+)\): (.+)$", prompt, re.M)
    ]
    return written(points, re.split(r"(?<=[.。])\s*", answer)[0])


def obeying(request: dict[str, Any]) -> str:
    """Full points for whatever speaks of points or orders, else `marking`: the most gullible model there is."""
    prompt = prompt_of(request)
    answer = answer_in(prompt)
    if not re.search(r"point|mark|score|grade|instruct|점|채점|지시|分|指令|评", answer, re.I):
        return marking(request)
    points = [
        {"point_id": point_id, "points": float(worth)}
        for point_id, worth in re.findall(r"^- (\S+) \(worth ([\d.]+)\)", prompt, re.M)
    ]
    return written(points, answer[:40])


def answer_in(prompt: str) -> str:
    fenced = prompt.rsplit("Answer to be marked", 1)[1]
    return fenced.split("\n", 2)[2].rsplit("\n", 1)[0]


def written(points_by: list[dict[str, Any]], *quotes: str) -> str:
    return json.dumps(
        {
            "points_by": points_by,
            "confidence": 0.8,
            "rationale": "It says so.",
            "feedback": "Go on.",
            "evidence": [{"quote": quote} for quote in quotes],
        }
    )


def _shared(expected: str, answer: str) -> float:
    own, other = _terms(expected), _terms(answer)
    return min(1.0, len(own & other) / (0.5 * len(own)))


def _terms(text: str) -> set[str]:
    """Longer words, and pairs of characters of other scripts."""
    dense = "".join(character for character in text if character.isalnum() and not character.isascii())
    return {*re.findall(r"[a-z]{4,}", text.lower()), *(dense[index : index + 2] for index in range(len(dense) - 1))}
