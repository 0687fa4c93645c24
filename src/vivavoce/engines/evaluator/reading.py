"""Reading one utterance: which sentences say something, and what kinds of things they say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from vivavoce.domain.interview import LANGUAGES, Language
from vivavoce.engines.evaluator import patterns, safeguards, sentences
from vivavoce.engines.evaluator.lexicon import FAULTS, Hit, lexicon, tool_lexicon

_OWN_BEFORE = re.compile(r"\b(i|i've|i had|i also|myself)\b(?:[ ,]+[\w'-]+){0,3}[ ,]*$")
_DENIED_BEFORE = re.compile(r"(?:\bnever|\bnot|n't)(?: \w+)?[ ,]*$")
_SHARED_BEFORE = re.compile(r"\b(we|we've|our team|the team|my team)\b(?:[ ,]+[\w'-]+){0,3}[ ,]*$")
_GOES_ON = re.compile(r"(?:\band|\bthen|\bor|,|\bby|\bto)\s+(?:then |also |finally |later |only |[a-z]+ly )?$")
_NUMBER = re.compile(
    r"\d+(?:[.,:]\d+)*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|hundred|thousand|million|dozen|half|twice|percent|per cent)\b"
    r"|[한두세네다섯여섯일곱여덟아홉열스무수십수백]\s?(?:명|개월|달|주|배|번|건|시간|가지|차례|년|개)"
    r"|[一两二三四五六七八九十百千万半几]+(?:个|名|人|年|月|周|天|倍|次|件|小时|分钟|秒|成|家|台|版|轮|条|位|项)|百分之[一二三四五六七八九十百]+"
)
_TITLE_CASE = re.compile(r"(?<![.!?…\"“] )(?<!^)\b[A-Z][a-z]+(?:['’]s)?\b")
#: Words and character pairs of questions that say nothing about their topic.
_COMMON: Final = frozenset(
    word
    for line in (
        "about where which would could should there their these those describe explain tell something",
        "someone really think",
        "말씀 씀해 주세 세요 니까 습니 니다 경험 험을 사례 례를 어떻 떻게 무엇 엇입 입니",
        "왜이 있습 까요 했습 하셨 셨습 해주 적이",
        "请讲 讲一 一次 一个 你的 你怎 怎样 什么 么时 时候 为什 说说 经历 的经 你有 有没",
        "没有 你做 做过 请说 说明 一下 如何",
    )
    for word in line.split()
)
_LIST_MARK = re.compile(r"[,，、/;；]|\band\b|및|그리고|和")
#: More tools than this in one sentence are a list, not an account.
TOOLS_A_SENTENCE: Final = 2
INDICATORS_A_SENTENCE: Final = 3

_KINDS: Final = ("situation", "result", "reasoning", "reflection", "structure")


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of the subject and the cues in it, by kind.

    `own` and `shared` are action words done by the speaker or by a "we"; `hypothetical` means that they were only
    imagined. A sentence that is not `usable` adds nothing, whatever it contains.
    """

    start: int
    end: int
    language: Language
    amount: int
    usable: bool
    injected: bool = False
    own: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    hypothetical: bool = False
    kinds: dict[str, frozenset[str]] = {}
    faults: dict[str, frozenset[str]] = {}
    indicators: dict[str, tuple[str, ...]] = {}
    tools: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()
    work: frozenset[str] = frozenset()
    leisure: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    shingles: frozenset[str] = frozenset()

    @property
    def substance(self) -> int:
        """How many different things of worth the sentence says; 0 for talk."""
        kinds = sum(1 for kind in ("situation", "result", "reasoning", "reflection") if self.kinds.get(kind))
        return kinds + bool(self.own) + bool(self.shared) + bool(self.numbers) + bool(self.tools)


class Reading(msgspec.Struct, frozen=True):
    """An utterance, read. Sentences are in order."""

    sentences: tuple[Sentence, ...]


def read(text: str, question: str, default: Language) -> Reading:
    """Read what was said in answer to a question. Pure, and independent of every criterion: read once, judge many."""
    plain_question = sentences.normalised(question)
    asked = {
        language: safeguards.shingles(plain_question, language) if question else frozenset[str]()
        for language in LANGUAGES
    }
    found: list[Sentence] = []
    for span in sentences.split(text, default):
        # Sentence by sentence, so that one in another language changes nothing in how the others are read.
        language = sentences.language_of(text[span.start : span.end], default)
        sentence = _read_sentence(text, span, language, asked[language])
        parts = sentences.pieces(text, span) if not sentence.usable and sentence.injected else []
        if len(parts) < 2:
            found.append(sentence)
            continue
        # What was said in the same breath as an injection still counts.
        for part in parts:
            language = sentences.language_of(text[part.start : part.end], default)
            found.append(_read_sentence(text, part, language, asked[language]))
    return Reading(tuple(found))


@lru_cache(maxsize=512)
def indicators_of(text: str, default: Language) -> Mapping[str, frozenset[str]]:
    """The criteria that a text (a question, say) speaks of: tag of the criterion to the cues found."""
    language = sentences.language_of(text, default)
    found: dict[str, set[str]] = {}
    for hit in lexicon(language).find(sentences.normalised(text)):
        for tag in hit.tags:
            if tag.startswith(("criterion:", "asks:")):
                found.setdefault(tag, set()).add(hit.cue)
    return {tag: frozenset(cues) for tag, cues in found.items()}


@lru_cache(maxsize=512)
def topic_words(text: str) -> frozenset[str]:
    """Stems of the content words of a text (runs of characters where words are not parted), to see what two share."""
    found: set[str] = set()
    for word in sentences.words(sentences.normalised(text)):
        if word.isascii():
            if len(word) >= 5 and word not in _COMMON:
                found.add(word[:5])
        else:
            found.update(word[index : index + 2] for index in range(len(word) - 1))
    return frozenset(found - _COMMON)


def _read_sentence(text: str, span: sentences.Span, language: Language, asked: frozenset[str]) -> Sentence:
    original = text[span.start : span.end]
    plain = sentences.normalised(original)
    amount = sentences.amount(plain, language)
    own_shingles = safeguards.shingles(plain, language)
    injected = safeguards.is_injection(plain)
    if (
        injected
        or safeguards.is_introduction(original, plain)
        or (amount >= 4 and safeguards.is_copied(own_shingles, asked))
        or (amount >= 8 and safeguards.is_parroted(plain, language))
    ):
        return Sentence(
            start=span.start, end=span.end, language=language, amount=amount, usable=False, injected=injected
        )
    # A name in the middle of a sentence must not pass for a word ("Will", "Grace").
    searched = sentences.normalised(_TITLE_CASE.sub(_blank, original)) if language == "en" else plain
    tools = tuple(dict.fromkeys(hit.surface for hit in tool_lexicon().find(plain)))
    hits = lexicon(language).find(searched)
    return _sorted_hits(span, language, amount, plain, searched, hits, tools, own_shingles)


def _sorted_hits(
    span: sentences.Span,
    language: Language,
    amount: int,
    plain: str,
    searched: str,
    hits: list[Hit],
    tools: tuple[str, ...],
    own_shingles: frozenset[str],
) -> Sentence:
    kinds: dict[str, set[str]] = {}
    indicators: dict[str, dict[str, None]] = {}
    for hit in hits:
        for tag in hit.tags:
            if tag.startswith("asks:"):
                continue
            if tag.startswith("criterion:"):
                indicators.setdefault(tag, {})[hit.surface] = None
            else:
                kinds.setdefault(tag, set()).add(hit.cue)
    if patterns.TIME[language].search(plain):
        kinds.setdefault("situation", set()).add("(time)")
    if change := patterns.CHANGE[language].search(plain):
        kinds.setdefault("result", set()).add(change.group())
    own, shared = _actions(searched, hits, language)
    numbers = frozenset(_NUMBER.findall(searched))
    sentence = Sentence(
        start=span.start,
        end=span.end,
        language=language,
        amount=amount,
        usable=True,
        own=own,
        shared=shared,
        hypothetical="hypothetical" in kinds,
        kinds={kind: frozenset(kinds[kind]) for kind in _KINDS if kind in kinds},
        faults={fault: frozenset(kinds[fault]) for fault in sorted(FAULTS) if fault in kinds},
        indicators={tag: tuple(found)[:INDICATORS_A_SENTENCE] for tag, found in indicators.items()},
        tools=tools[:TOOLS_A_SENTENCE],
        numbers=numbers,
        work=frozenset(kinds.get("work", ())),
        leisure=frozenset(kinds.get("leisure", ())),
        words=topic_words(plain),
        shingles=own_shingles,
    )
    if _is_stuffed(sentence, searched, hits, tools) or _is_refusal(sentence):
        return msgspec.structs.replace(sentence, usable=False)
    return sentence


def _actions(text: str, hits: list[Hit], language: Language) -> tuple[frozenset[str], frozenset[str]]:
    """Things done by the speaker, and by a "we" or nobody named: verbs in the past, or known words for deeds."""
    own, shared = patterns.deeds(text, language)
    doer: set[str] | None = None
    spoke = False
    for hit in hits:
        if "own" in hit.tags:
            spoke = True
        if "action" not in hit.tags:
            continue
        if language == "en":
            before = text[max(0, hit.start - 48) : hit.start]
            if _DENIED_BEFORE.search(before):
                continue
            if _OWN_BEFORE.search(before):
                doer = own
            elif _SHARED_BEFORE.search(before):
                doer = shared
            elif doer is None or not _GOES_ON.search(before):
                continue
            doer.add(hit.surface)
        elif not any(hit.surface in known or known in hit.surface for known in own):
            # The same verb found both ways is one deed.
            (own if spoke or language == "ko" else shared).add(hit.cue)
    return frozenset(own), frozenset(shared - own)


def _is_stuffed(sentence: Sentence, text: str, hits: list[Hit], tools: tuple[str, ...]) -> bool:
    """A list of words to be found, with nobody doing anything."""
    if sentence.own or sentence.shared:
        return False
    keywords = len({hit.cue for hit in hits if any(tag.startswith("criterion:") for tag in hit.tags)} | set(tools))
    separators = len(_LIST_MARK.findall(text))
    return keywords >= 5 and separators >= 4 and keywords * 2.5 >= sentence.amount


def _is_refusal(sentence: Sentence) -> bool:
    """Says only that there is no answer, or attacks the question."""
    if not (sentence.faults.get("evasion") or sentence.faults.get("hostile")):
        return False
    return not (sentence.own or sentence.numbers or sentence.tools or sentence.kinds.get("result"))


def _blank(match: re.Match[str]) -> str:
    return "_" * len(match.group())
