"""Whose each utterance was said to be, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from vivavoce.domain.diarization import UNKNOWN_SPEAKER, Attribution, Division, Reassignment, Revision, SpeakerTurn
from vivavoce.domain.speech import Word

#: Another voice inside an utterance counts as a part of its own from this length on.
_SHORTEST_PART_S: Final = 0.6
#: By so much the time of a word may be wrong.
_WORD_SLIP_S: Final = 1.2
#: So many parts are remembered with their words. The picture of what is older than they are clears no more.
_SAID: Final = 64
#: What was told is divided only where it is this sure who spoke before and after.
_SURE: Final = 0.5


class Entry(msgspec.Struct):
    """What was last said of a part of an utterance; seconds of session time."""

    utterance: str
    part: int
    speaker: str
    start_s: float
    end_s: float
    pinned: bool = False


class _Said(NamedTuple):
    text: str
    words: tuple[Word, ...]


class Ledger:
    """The last `limit` parts of utterances, in the order in which they were attributed."""

    def __init__(self, limit: int = 4000) -> None:
        self._limit = limit
        self.entries: list[Entry] = []
        self._said: dict[tuple[str, int], _Said] = {}
        """The newest parts' words. A ledger that is read back has none: what it tells of is divided no more."""

    def of(self, utterance: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.utterance == utterance]

    def record(self, attributions: Sequence[Attribution]) -> None:
        known = {attribution.utterance for attribution in attributions}
        self.entries = [entry for entry in self.entries if entry.utterance not in known]
        self.entries += [Entry(a.utterance, a.part, a.speaker, a.start_s, a.end_s, a.pinned) for a in attributions]
        del self.entries[: max(0, len(self.entries) - self._limit)]
        self._said |= {(a.utterance, a.part): _Said(a.text, a.words) for a in attributions}
        for old in [*self._said][: max(0, len(self._said) - _SAID)]:
            del self._said[old]

    def changes(self, turns: Sequence[SpeakerTurn], from_s: float) -> list[Revision]:
        """What the parts that end after `from_s` are seen as now, where that is something else; remembered as told."""
        found: list[Revision] = []
        for entry in self.entries:  # grows by what is divided
            if entry.end_s <= from_s:
                continue
            division = self._divide(entry, turns)
            if division is not None:
                found.append(division)
            speaker, confidence = dominant(turns, entry.start_s, entry.end_s)
            if speaker not in (UNKNOWN_SPEAKER, entry.speaker):
                found.append(
                    Reassignment(
                        utterance=entry.utterance,
                        part=entry.part,
                        before=entry.speaker,
                        speaker=speaker,
                        confidence=confidence,
                    )
                )
                entry.speaker = speaker
        return found

    def _divide(self, entry: Entry, turns: Sequence[SpeakerTurn]) -> Division | None:
        """Takes out of a part what somebody else is seen to have said at its end."""
        said = self._said.get((entry.utterance, entry.part))
        cuts = _cuts(said.words, turns) if said is not None and not entry.pinned else []
        if said is None or not cuts:
            return None
        word, at = cuts[0], _places(said.text, said.words)[cuts[0]]
        at_s = _change_near(said.words[word].start_s, turns)
        until_s = said.words[cuts[1]].start_s if len(cuts) > 1 else entry.end_s
        before, after = dominant(turns, entry.start_s, at_s), dominant(turns, at_s, until_s)
        if before[0] == after[0] or min(before[1], after[1]) < _SURE or not 0 < at < len(said.text):
            return None
        part = 1 + max(one.part for one in self.of(entry.utterance))
        self.entries.append(Entry(entry.utterance, part, after[0], at_s, entry.end_s))
        entry.end_s = at_s
        self._said[entry.utterance, entry.part] = _Said(said.text[:at], said.words[:word])
        self._said[entry.utterance, part] = _Said(said.text[at:], said.words[word:])
        return Division(
            utterance=entry.utterance,
            part=entry.part,
            rest=part,
            at=at,
            at_s=at_s,
            speaker=after[0],
            confidence=after[1],
        )


def dominant(turns: Sequence[SpeakerTurn], start_s: float, end_s: float) -> tuple[str, float]:
    """Who spoke most between two times, and how surely; nobody known with confidence 0 where nobody was heard."""
    seconds: dict[str, float] = {}
    sure: dict[str, float] = {}
    for turn in turns:
        shared = min(turn.end_s, end_s) - max(turn.start_s, start_s)
        if shared > 0:
            seconds[turn.speaker] = seconds.get(turn.speaker, 0.0) + shared
            sure[turn.speaker] = sure.get(turn.speaker, 0.0) + shared * turn.confidence
    if not seconds:
        return UNKNOWN_SPEAKER, 0.0
    best = max(seconds, key=lambda name: seconds[name])
    # A stretch that two share is surely neither's alone.
    return best, round(sure[best] / max(sum(seconds.values()), 1e-6), 3)


def attributed(
    utterance: str, text: str, words: Sequence[Word], start_s: float, end_s: float, turns: Sequence[SpeakerTurn]
) -> tuple[Attribution, ...]:
    """The utterance in parts by speaker, cut between words where one speaker follows another."""
    cuts = _cuts(words, turns)
    places = _places(text, words)
    times = {0: start_s, len(words): end_s} | {cut: _change_near(words[cut].start_s, turns) for cut in cuts}
    parts: list[Attribution] = []
    for index, (first, last) in enumerate(zip([0, *cuts], [*cuts, len(words)], strict=True)):
        begin_s, until_s = times[first], times[last]
        begin = 0 if first == 0 else places[first]
        until = len(text) if last == len(words) else places[last]
        speaker, confidence = dominant(turns, begin_s, until_s)
        others = {
            turn.speaker
            for turn in turns
            if turn.overlapped
            and turn.speaker != speaker
            and min(turn.end_s, until_s) - max(turn.start_s, begin_s) > 0.3
        }
        parts.append(
            Attribution(
                utterance=utterance,
                part=index,
                speaker=speaker,
                confidence=confidence,
                start_s=begin_s,
                end_s=until_s,
                text=text[begin:until],
                words=tuple(words[first:last]),
                others=tuple(sorted(others)),
            )
        )
    return tuple(parts)


def _cuts(words: Sequence[Word], turns: Sequence[SpeakerTurn]) -> list[int]:
    """The words at which another speaker begins, for long enough to be no slip."""
    names = [dominant(turns, word.start_s, max(word.end_s, word.start_s + 0.05))[0] for word in words]
    runs: list[tuple[str, int, int]] = []
    for index, name in enumerate(names):
        if runs and (name in (runs[-1][0], UNKNOWN_SPEAKER)):
            runs[-1] = (runs[-1][0], runs[-1][1], index + 1)
        else:
            runs.append((name, index, index + 1))
    long = [
        run
        for run in runs
        if run[0] != UNKNOWN_SPEAKER and words[run[2] - 1].end_s - words[run[1]].start_s >= _SHORTEST_PART_S
    ]
    return [now[1] for before, now in pairwise(long) if before[0] != now[0]]


def _change_near(at_s: float, turns: Sequence[SpeakerTurn]) -> float:
    """When a turn begins near a word: times of words are often estimated, those of turns are measured."""
    near = [turn.start_s for turn in turns if abs(turn.start_s - at_s) <= _WORD_SLIP_S]
    return min(near, key=lambda start_s: abs(start_s - at_s), default=at_s)


def _places(text: str, words: Sequence[Word]) -> list[int]:
    """Where each word begins in the text; a word that is not found begins where the one before ended."""
    places: list[int] = []
    at = 0
    for word in words:
        found = text.find(word.text.strip(), at)
        places.append(found if found >= 0 else at)
        at = found + len(word.text.strip()) if found >= 0 else at
    return places
