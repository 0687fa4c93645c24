"""Gathering what the subject said into threads: a question, its follow-ups, and the answers to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import fmean

import msgspec

from vivavoce.domain.scorecard import Utterance
from vivavoce.engines.evaluator.reading import Reading, Sentence


class Spoken(msgspec.Struct, frozen=True):
    """A sentence and the utterance it stands in."""

    utterance: Utterance
    sentence: Sentence


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that belong together. `competency` is empty where nobody said what the question was about."""

    competency: str
    question: str
    spoken: tuple[Spoken, ...]
    heard: float = 1.0

    @property
    def usable(self) -> list[Spoken]:
        return [spoken for spoken in self.spoken if spoken.sentence.usable]


def gather(utterances: Iterable[Utterance], subject: str, read: Callable[[Utterance, str], Reading]) -> list[Thread]:
    """The subject's threads in order. Where an utterance does not name its question, it is what others said before it.

    A sentence said twice counts once, the first time.
    """
    groups: list[tuple[str, str, list[Utterance]]] = []
    key: tuple[str, str] | None = None
    said_before = ""
    for utterance in utterances:
        if utterance.speaker != subject:
            # Several stretches of one interviewer are one question; the subject's answer closes it.
            said_before = f"{said_before} {utterance.text}".strip() if key is None else utterance.text
            key = None
            continue
        question = utterance.in_answer_to or said_before
        tagged = bool(utterance.competency)
        own_key = (utterance.competency, utterance.question_id or "") if tagged else ("", question)
        if groups and own_key == (key or _last_key(groups, tagged)):
            groups[-1][2].append(utterance)
        else:
            groups.append((utterance.competency, question, [utterance]))
        key = own_key
    return _threads(groups, read)


def _last_key(groups: list[tuple[str, str, list[Utterance]]], tagged: bool) -> tuple[str, str]:
    competency, question, members = groups[-1]
    return (competency, members[-1].question_id or "") if tagged else ("", question)


def _threads(groups: list[tuple[str, str, list[Utterance]]], read: Callable[[Utterance, str], Reading]) -> list[Thread]:
    threads: list[Thread] = []
    said: set[frozenset[str]] = set()
    for competency, question, members in groups:
        spoken: list[Spoken] = []
        for utterance in members:
            for sentence in read(utterance, utterance.in_answer_to or question).sentences:
                if sentence.usable and len(sentence.shingles) > 2:
                    if sentence.shingles in said:
                        continue
                    said.add(sentence.shingles)
                spoken.append(Spoken(utterance, sentence))
        heard = [utterance.confidence for utterance in members if utterance.confidence is not None]
        threads.append(
            Thread(
                competency=competency,
                question=question,
                spoken=tuple(spoken),
                heard=fmean(heard) if heard else 1.0,
            )
        )
    return threads
