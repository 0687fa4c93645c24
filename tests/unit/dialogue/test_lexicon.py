"""Looking up the telling words of a pattern must never hide an occurrence."""

from __future__ import annotations

import re

import pytest

from vivavoce.dialogue.lexicon import COUNTED, lexicon
from vivavoce.dialogue.lexicon.telling import telling_words, words_of
from vivavoce.dialogue.words import sentences
from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.engines.interviewer.bank import load_bank


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bcan.t say\b", {"can"}),
        (r"\b(cook(ing)?|neighbou?rs?)\b", {"cook", "cooking", "neighbor", "neighbour", "neighbors", "neighbours"}),
        (r"\b(video games?|cat)s?\b", {"video", "cat", "cats"}),
        (r"\b(all |any )*rules\b", {"all", "any", "rules"}),
        (r"\b(responsib\w*|team)\b", None),
        (r"\b(one|\d+) day\b", {"one", "day"}),
        (r"\bi (hate|can.t stand) (this|it)\b", {"hate", "can"}),
        (r"\b(and so on|you know)\b", {"and", "know"}),
        (r"\b(sick|tired) (and tired )?of (you|your)\b", {"sick", "tired"}),
        (r"\bteam( (lead|head))? (of|for) \w+", {"team"}),
        (r"\b(\w+|\d+) (\d+|x\w*)\b", None),
        (r"\bhigh", None),
        (r"^you mean\b", None),
    ],
)
def test_the_telling_words_of_a_pattern(pattern: str, expected: set[str] | None) -> None:
    assert telling_words(pattern) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_counted_is_what_the_patterns_find(language: Language) -> None:
    lex = lexicon(language)
    bank = load_bank(language)
    texts = [question.text for question in bank.questions]
    # And each pattern's own alternatives, roughly: what they are made of as plain words.
    for compiled in lex._compiled.values():
        texts += [
            re.sub(r"[^\w' ]+", " ", pattern.pattern.replace("\\b", "").replace("|", " ")) for pattern, _ in compiled
        ]
    for sentence in (piece for text in texts for piece in sentences(text)):
        lower = sentence.lower()
        counts = lex.counts(sentence)
        for kind in COUNTED:
            assert counts.get(kind, 0) == sum(len(pattern.findall(lower)) for pattern, _ in lex._compiled[kind]), (
                kind,
                sentence,
            )
        for kind, compiled in lex._compiled.items():
            assert lex.any(kind, sentence) == any(pattern.search(lower) for pattern, _ in compiled), (kind, sentence)


def test_words_of_a_text() -> None:
    assert words_of("i can't, really") == {"i", "can", "t", "really"}
