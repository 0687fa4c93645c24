"""Two statements of the subject that cannot both be so: the same thing affirmed in one answer and denied in another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vivavoce.engines.evaluator.threads import Spoken, Thread

_DENIED = {
    "en": re.compile(r"\b(?:never|not|no|cannot|nobody)\b|n't\b"),
    "ko": re.compile(r"않|없|못|적이 없|아니"),
    "zh": re.compile(r"没|不|从未|未曾|无"),
}
_DENIED_OWN = {
    "en": re.compile(
        r"\bi(?:'ve| have)? (?:have )?(?:never|not|didn't|did not|haven't)\b|\bi (?:don't|do not|have no)\b"
    ),
    "ko": re.compile(r"(?:적이|적은|경험이|경험은|본 적|해본 적|해 본 적).{0,4}없|하지 않았|해 보지 못"),
    "zh": re.compile(
        r"我?(?:从来没|从没|从未|没有用过|没用过|没有做过|没做过|没有接触过|没接触过|没有写过|没写过|没有带过|没带过)"
    ),
}
#: Share of the denied sentence's word or character groups that the affirmed one must have too.
_SAME_SHARE: Final = 0.35
_LEAST_SHARED: Final = 3


def contradictions(threads: Sequence[Thread]) -> list[tuple[Spoken, Spoken]]:
    """Pairs (denied, affirmed) from different utterances; few, because only plain denials of own deeds are taken."""
    spoken = [item for thread in threads for item in thread.usable]
    denied = [item for item in spoken if _DENIED_OWN[item.sentence.language].search(_text(item))]
    pairs: list[tuple[Spoken, Spoken]] = []
    for denial in denied:
        for other in spoken:
            if (
                other.utterance.utterance_id != denial.utterance.utterance_id
                and other.sentence.own
                and other.sentence.language == denial.sentence.language
                and _same_matter(denial, other)
                and not _DENIED[other.sentence.language].search(_text(other))
            ):
                pairs.append((denial, other))
                break
    return pairs


def _same_matter(denial: Spoken, other: Spoken) -> bool:
    shared = denial.sentence.shingles & other.sentence.shingles
    return len(shared) >= _LEAST_SHARED and len(shared) >= _SAME_SHARE * min(
        len(denial.sentence.shingles), len(other.sentence.shingles)
    )


def _text(spoken: Spoken) -> str:
    return spoken.utterance.text[spoken.sentence.start : spoken.sentence.end].lower()
