"""Choosing the part of an answer that a follow-up takes up, word for word.

A good quotation is something a listener would have noted down: a thing with a name, a figure with what it counts, the
object of what was done. Every candidate phrase is a stretch of the answer itself; the best-scoring one wins, earlier
ones first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from vivavoce.dialogue.lexicon import Lexicon, lexicon
from vivavoce.dialogue.quality import without_orders
from vivavoce.dialogue.words import has_cue, sentences
from vivavoce.domain.interview import Language
from vivavoce.domain.question_bank import Question

_MOST_CHARACTERS: Final = 48
#: A figure is one token, with what groups its thousands and parts its decimals.
_ENGLISH_TOKEN: Final = re.compile(
    r"[$€£]?\d+(?:[.,]\d+)+[%A-Za-z]*|[A-Za-z0-9$€£][A-Za-z0-9'’&+#/%$€£.-]*[A-Za-z0-9%+#]|[A-Za-z0-9]"
    r"|[,.;:!?()\"“”—–]"
)
_ENGLISH_CHANGE: Final = re.compile(
    r"\bfrom (?:about |around |roughly )?[\d$€£][\w.,%$€£]*(?: [a-z]+){0,3}"
    r" to (?:about |around |roughly )?[\d$€£][\w%$€£]*(?:[.,]\d+)*"
    r"(?: (?:dollars|euros|pounds|points|million|thousand|billion|percent|seconds?|minutes?|hours?|days?|weeks?"
    r"|months?|ms|a (?:day|week|month|year)))?"
)
_NUMBER_WORDS: Final = frozenset(
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "several")
)
_DETERMINERS: Final = frozenset({"the", "a", "an"})
_BEFORE_NOUN: Final = frozenset(
    (
        "our", "my", "their", "his", "her", "its", "this", "that", "these", "those", "each", "every", "any",
        "some", "no", "of", "in", "on", "for", "with", "from", "into", "by", "via", "through", "about", "as",
        "using", "called", "against", "between", "and", "or", "new",
    )
)  # fmt: skip
#: What somebody does: it follows their name, and is no part of a thing's.
_THIRD_PERSON: Final = frozenset(
    (
        "likes", "owns", "wants", "needs", "says", "thinks", "knows", "works", "leads", "runs", "uses", "writes",
        "asks", "helps", "feels", "means", "makes", "takes", "gives", "gets", "goes", "comes", "does", "keeps",
        "prefers", "believes", "brings", "tells", "sees", "finds", "lives", "loves", "hates", "tries", "decides",
    )
)  # fmt: skip
_ZH_DATE: Final = re.compile(r"^\d+年(?:\d+月)?$")
_DENIED_EN: Final = re.compile(r"n['’]t\b|\b(?:not|no|never|without|nobody|nothing|cannot|hardly)\b", re.IGNORECASE)
_DENIED_KO: Final = re.compile(r"^[^,.]{0,14}(?:없|않|못했|못하|모르|아니)")
_DENIED_ZH: Final = re.compile(r"没|不|无法|未")
_HAN_CLAUSE: Final = re.compile(r"(?:(?<=\d)[.,](?=\d)|[^，。！？；：、,.!?;:\n()\uff08\uff09“”\"「」《》])+")
_ZH_LEAD: Final = re.compile(
    r"^(?:(?:然后|所以|但是|但|而且|因为|后来|最后|于是|当时|首先|其次|接着|随后|同时|不过|其实|结果|最终|比如说?|例如|"
    r"另外|之后|第[一二三四五六](?:天|周|个?月)?|我们?的?|自己|也|就|先|再|又|都|还|便|则|并|并且|而|和|跟|把|将|"
    r"去年|前年|今年|上个月|我觉得|我认为|曾经|它|最.{1,3}的是)+)"
)
_ZH_OBJECT: Final = re.compile(
    r"(?:负责|搭建|搭了|设计|重构|优化|开发|改造|推动|引入|实现|建立|制定|组织|完成|写了|做了|接手|上线|整理|排查|分析|"
    r"梳理|主导|牵头|改了|建了|用了?|把|将)了?(?:一套|一个|一份|一版|这个|整个|一次|一张)?([\w一-鿿+#.-]{2,14}?)"
    r"(?=[，。！？；：、,.!?;:\n]|的时候|之后|以后|从|到|降|提|缩|改|拆|给|$)"
)
_KO_VERB_END: Final = re.compile(r"(?:다|요|고|며|면|서|해|니|게|지|죠|던|는|은|한|할|된|될|인|려고|도록|자|데|만)$")
#: Particles that may follow a noun, longest first; after those in the second list the word before may also be a verb.
_KO_NOUN_PARTICLES: Final = (
    "에서는",
    "에서도",
    "으로는",
    "로는",
    "에는",
    "에도",
    "에서",
    "에게",
    "으로",
    "을",
    "를",
    "와",
    "과",
    "의",
    "이",
    "가",
    "은",
    "는",
    "에",
    "로",
)
_KO_DOUBTFUL: Final = frozenset({"이", "가", "은", "는", "에", "로", "의"})
_KO_MARKED: Final = re.compile(r"(?:별로|로|라|난|쳐|진|친|짜리|에서|에게|으로|을|를|은|는|의|에|이|가|와|과|도|만)$")
_KO_CHANGE: Final = re.compile(
    r"(?:[가-힣]+ )?\d[\d.,만천]*\s?[가-힣%a-zA-Z]{0,3}에서 "
    r"\d[\d.,만천]*\s?[가-힣%a-zA-Z]{0,3}?(?=으로|로)"
)
_KO_WORD: Final = re.compile(r"(?:(?<=\d)[.,](?=\d)|[^\s,.!?…·\"'“”‘’()])+")
_KO_TIME: Final = re.compile(
    r"(?:\d\s*(?:년|월|일|시|시간|분|주|개월|초)|요일|아침|저녁|오전|오후|전|후|뒤|중간|이후|날|때|매일|매주|매달|동안|첫)$"
)

_TERM: Final = re.compile(r"[a-z][A-Z]|\b[A-Z]{2,}|[A-Za-z]\d")
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")
_DIGIT: Final = re.compile(r"\d")
_FIGURES: Final = re.compile(r"\d+(?:[.,]\d+)*")
_FIGURE: Final = re.compile(r"[\d.,%$€£]+")
_NAMED: Final = re.compile(r"\d|[a-z][A-Z]|^[A-Z]{2,}")
_FIGURE_OR_NAME: Final = re.compile(r"\d|[A-Z]{2}")


def salient_quote(text: str, language: Language, question: Question | None, used: frozenset[str] = frozenset()) -> str:
    """Return the phrase worth taking up, an exact substring of `text`, or an empty string when none is good enough.

    `used` are quotations that were taken up before in this interview; they are not taken again.
    """
    lex = lexicon(language)
    kept = without_orders(text, language)
    lowered = kept.lower()
    points = question.expects if question is not None else ()
    cues = [cue for point in points for cue in map(str.lower, point.cues) if has_cue(lowered, cue, language)]
    asked = question.text.lower() if question is not None else ""
    best, best_score = "", 1.0
    for position, phrase in enumerate(_phrases(kept, language, lex)):
        if not 2 <= len(phrase) <= _MOST_CHARACTERS or phrase not in text or phrase.lower() in used:
            continue
        score = _worth(phrase, language, lex, cues, asked) - 0.015 * position
        if score > best_score:
            best, best_score = phrase, score
    return best


def _worth(phrase: str, language: Language, lex: Lexicon, cues: list[str], asked: str) -> float:
    lowered = phrase.lower()
    score = 0.0
    if _TERM.search(phrase) or (language != "en" and _LATIN.search(phrase)):
        score += 0.9
    if _DIGIT.search(phrase):
        # A change says more than a bare figure, and a bare figure less than a thing with a name.
        score += 0.6 if len(_FIGURES.findall(phrase)) > 1 else -0.2 if phrase[0].isdigit() and language == "en" else 0.3
    score += 0.3 * min(2, len([cue for cue in cues if has_cue(lowered, cue, language)])) if cues else 0.0
    if language == "en":
        all_words = lowered.split()
        words = [word for word in all_words if word not in _DETERMINERS]
        score += (0.0, 0.9, 1.2, 1.1)[min(len(words), 4) - 1] if words else 0.0
        score -= 0.8 if len(words) <= 2 and words and words[-1] in lex.units else 0.0
        score -= 0.9 if lex.commonplace.issuperset(words) else 0.0
        untelling = _untelling(language)
        telling = [word for word in words if word not in untelling]
        score -= 0.6 if len(telling) < 2 and words and not _FIGURE_OR_NAME.search(phrase) else 0.0
        score += 0.3 if max(map(len, words), default=0) >= 7 else 0.0
        score += 0.25 if len(words) < len(all_words) else 0.0
    elif language == "ko":
        words = lowered.split()
        score -= 0.9 if lex.commonplace.issuperset(words) else 0.0
        score += (0.5, 1.0, 1.2, 1.1)[min(len(words), 4) - 1]
        score += 0.3 if len(lowered) >= 5 else 0.0
    else:
        score += 0.9 if 4 <= len(lowered) <= 14 else 0.6 if len(lowered) <= 18 else 0.0
        score += 0.1 if len(lowered) >= 6 else 0.0
    if lowered in asked:
        score -= 0.8
    return score


@cache
def _untelling(language: Language) -> frozenset[str]:
    lex = lexicon(language)
    return lex.commonplace | lex.not_last | _NUMBER_WORDS


def _phrases(text: str, language: Language, lex: Lexicon) -> Iterator[str]:
    for sentence in sentences(text):
        if sentence.endswith(("?", "？")):
            continue
        if language == "en":
            yield from _english(sentence, lex)
        elif language == "ko":
            yield from _korean(sentence, lex)
        else:
            yield from _chinese(sentence)


def _english(sentence: str, lex: Lexicon) -> Iterator[str]:
    """Noun phrases: what follows a determiner or a preposition up to the next verb, small word or punctuation."""
    if _DENIED_EN.search(sentence):
        return
    for change in _ENGLISH_CHANGE.finditer(sentence):
        yield change.group()
    spans = [found.span() for found in _ENGLISH_TOKEN.finditer(sentence)]
    tokens = [sentence[start:end] for start, end in spans]
    lowered = [token.lower() for token in tokens]
    index = 0
    while index < len(tokens):
        start = index
        if lowered[index] in _DETERMINERS:
            index += 1
        end = index
        while end < len(tokens) and end - index < 4 and _is_noun_like(tokens[end], lowered[end], end == index, lex):
            if lowered[end + 1 : end + 3] == ["by", lowered[end]]:
                break  # "line by line" says how, and not what
            end += 1
        if index < end < len(tokens) and lowered[end] in _THIRD_PERSON:
            index = end + 1  # whoever does something, and not what was spoken of
            continue
        while end > index and lowered[end - 1] in lex.not_last:
            end -= 1
        if end == index:
            index = max(index, start + 1)
            continue
        after_signal = index > start or (start > 0 and lowered[start - 1] in _BEFORE_NOUN)
        if after_signal or any(_NAMED.search(token) for token in tokens[index:end]):
            yield sentence[spans[start][0] : spans[end - 1][1]]
        index = end


def _is_noun_like(token: str, lowered: str, first: bool, lex: Lexicon) -> bool:
    lowered = lowered.replace("’", "'")
    if not token[0].isalnum() or lowered in lex.stopwords or lowered in lex.phrase_breaks or "'" in lowered:
        return False
    if _FIGURE.fullmatch(token):
        return first
    if not first and lowered in _THIRD_PERSON:
        return False
    return first or not (lowered.endswith(("ed", "ly")) or (lowered.endswith("ing") and len(lowered) > 5))


def _korean(sentence: str, lex: Lexicon) -> Iterator[str]:
    """Changes from one figure to another; a noun with its particle taken off, and up to two bare nouns before it."""
    for change in _KO_CHANGE.finditer(sentence):
        yield change.group()
    words = list(_KO_WORD.finditer(sentence))
    for index, match in enumerate(words):
        bare = _korean_noun(match.group(), lex)
        if not bare or _DENIED_KO.search(sentence[match.end() :]):
            continue
        begin = index
        while begin > 0 and index - begin < 2:
            before = words[begin - 1].group()
            gap = sentence[words[begin - 1].end() : words[begin].start()]
            known = before in lex.stopwords or before in lex.commonplace
            if (
                gap.strip()
                or known
                or _KO_MARKED.search(before)
                or _KO_VERB_END.search(before)
                or _KO_TIME.search(before)
            ):
                break
            begin -= 1
        yield sentence[words[begin].start() : match.start() + len(bare)]


def _korean_noun(word: str, lex: Lexicon) -> str:
    """Return the noun that a word is without its particle, or an empty string for anything else."""
    for particle in _KO_NOUN_PARTICLES:
        if word.endswith(particle):
            bare = word[: -len(particle)]
            if len(bare) < 2 or (bare in lex.commonplace and particle in _KO_DOUBTFUL):
                return ""
            verb = particle in _KO_DOUBTFUL and (
                _KO_VERB_END.search(bare) or bare.endswith(("라", "있", "없", "하", "되", "모르", "으"))
            )
            known = bare in lex.stopwords or word in lex.stopwords
            nominal = bare.endswith("기") and particle in {"로", "때문"}
            return "" if verb or known or nominal or bare.startswith("장짜리") or _KO_TIME.search(bare) else bare
    return ""


def _chinese(sentence: str) -> Iterator[str]:
    """The object of what was done, and short clauses without the words that only join them to the rest."""
    for found in _ZH_OBJECT.finditer(sentence):
        if not _DENIED_ZH.search(found.group(1)):
            yield found.group(1)
    for clause in _HAN_CLAUSE.finditer(sentence):
        text = clause.group().strip()
        core = text[_lead_length(text) :].strip()
        if (
            not core.startswith(("为了", "如果", "在上一", "看到", "由于"))
            and not _DENIED_ZH.search(core)
            and not _ZH_DATE.match(core)
        ):
            yield core.removesuffix("的时候").removesuffix("时")


def _lead_length(text: str) -> int:
    lead = _ZH_LEAD.match(text)
    return lead.end() if lead is not None else 0
