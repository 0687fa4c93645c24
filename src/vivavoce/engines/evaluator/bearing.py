"""Whether words bear on a criterion that somebody wrote: by its keywords, and by what its name and description say.

The built-in criteria are known by their cues (`cues/`); of any other criterion there is only what its author wrote.
Both find what is said about it, and neither earns anything.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from vivavoce.domain.scorecard import Criterion
from vivavoce.engines.evaluator import sentences
from vivavoce.engines.evaluator.lexicon import profiles
from vivavoce.engines.evaluator.reading import topic_words

#: A keyword in Latin letters is found with the endings it may have; in other scripts anywhere, as endings join it.
_ENDINGS: Final = r"(?:'s|s|es|d|ed|ing)?"
#: So many words of name and description in a question make it a question about the criterion; of the name one does.
_ASKS_FROM: Final = 2


def is_built_in(criterion: Criterion) -> bool:
    """Whether the engine has cues of its own for the criterion."""
    return criterion.criterion_id in profiles().weights


def keywords_in(criterion: Criterion, text: str) -> frozenset[str]:
    """The criterion's keywords that occur in a text, as their author wrote them."""
    if not criterion.keywords or not text:
        return frozenset()
    found = _pattern(criterion.keywords).findall(sentences.normalised(text))
    written = {sentences.normalised(word): word for word in criterion.keywords}
    return frozenset(written[word] for word in found)


def topic_in(criterion: Criterion, words: frozenset[str]) -> frozenset[str]:
    """What the criterion's name and description share with stems of another text; nothing of built-in criteria."""
    return frozenset() if is_built_in(criterion) else words & _topic(criterion.name, criterion.description)


def asks_about(criterion: Criterion, question: str) -> bool:
    """Whether a question is about the criterion."""
    if keywords_in(criterion, question):
        return True
    shared = topic_in(criterion, topic_words(question))
    return len(shared) >= _ASKS_FROM or bool(shared & topic_words(criterion.name))


@lru_cache(maxsize=256)
def _pattern(keywords: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted({sentences.normalised(word) for word in keywords}, key=lambda word: (-len(word), word))
    latin = [re.escape(word) for word in longest_first if word.isascii()]
    other = [re.escape(word) for word in longest_first if not word.isascii()]
    parts = [rf"(?<![\w'])(?:{'|'.join(latin)})(?={_ENDINGS}(?![\w']))"] if latin else []
    return re.compile("|".join([*parts, *other]))


@lru_cache(maxsize=256)
def _topic(name: str, description: str) -> frozenset[str]:
    return topic_words(f"{name} {description}")
