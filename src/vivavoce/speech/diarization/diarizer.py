"""Tells the speakers of a session apart while it goes on: evidence in, turns with stable speakers out.

Everything heard is kept as stretches of one voice. After each new one the voices are found anew, from all stretches,
and the found voices take the ids of the speakers they share most speech with: an early mistake is put right as soon as
the picture clears. Of a long session the oldest stretches are drawn together, so work and memory stay bounded.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from vivavoce.domain.diarization import Embedding, SpeakerTurn
from vivavoce.speech.diarization.clustering import find_voices
from vivavoce.speech.diarization.ear import HeardSound, HeardStretch
from vivavoce.speech.diarization.evidence import Evidence, Stretch, Voices

_FULL_S: Final = 0.8
#: A speaker's pause up to this long does not end the turn, unless somebody else begins to speak in it.
_GAP_S: Final = 1.5
_SHORT_GAP_S: Final = 0.4
_SURENESS: Final = 9.0
_HINTS: Final = 6
#: From this sureness on a stretch is clearly a speaker's; so many are held when a person gives the speaker more.
_CLEAR: Final = 0.8
_HELD: Final = 6
#: So many stretches of a speaker are left when the old ones are drawn together.
_HEADS: Final = 8


class DiarizationRules(msgspec.Struct, frozen=True, kw_only=True):
    """`speakers`: the most there can be. `stretches`, `spans`: how many are kept before the oldest are drawn together.

    Voices are found anew at every stretch up to `eager` stretches, then at every `every`th.
    """

    speakers: int = 6
    stretches: int = 360
    spans: int = 6000
    eager: int = 160
    every: int = 8


class Span(msgspec.Struct):
    """Some seconds of speech and the stretches that tell whose: `by` its own, or those of the voices heard near it.

    `others` are stretches of who spoke at the same time.
    """

    start_s: float
    end_s: float
    by: list[int]
    others: list[int] = msgspec.field(default_factory=list)
    together: bool = False


class Memory(msgspec.Struct):
    """All that a diarizer knows; what a snapshot holds."""

    stretches: list[Stretch] = msgspec.field(default_factory=list)
    spans: list[Span] = msgspec.field(default_factory=list)
    speaker_of: dict[int, str] = msgspec.field(default_factory=dict)
    sureness: dict[int, float] = msgspec.field(default_factory=dict)
    stands_for: dict[int, int] = msgspec.field(default_factory=dict)
    merged: dict[str, str] = msgspec.field(default_factory=dict)
    last_number: int = 0
    last_speaker: int = 0


class Diarizer:
    """One for a session. Not thread-safe: its caller gives it one thing at a time."""

    def __init__(self, rules: DiarizationRules | None = None, memory: Memory | None = None) -> None:
        self._rules = rules or DiarizationRules()
        self.memory = memory or Memory()
        self._unclustered = 0
        self.changed_from_s = float("inf")
        """Since when earlier speech is seen differently than before; whoever acts on it sets it back."""

    def take(self, heard: HeardSound) -> None:
        """Takes what an ear heard next."""
        self._take(heard)
        if self._unclustered and (
            len(self.memory.stretches) <= self._rules.eager or self._unclustered >= self._rules.every
        ):
            self.settle()

    def settle(self) -> None:
        """Finds the voices anew, if anything came since."""
        if not self._unclustered:
            return
        self._unclustered = 0
        self._find()
        self._draw_together()

    def speakers(self) -> tuple[str, ...]:
        """The speakers there are now, in the order of their numbers."""
        found = set(self.memory.speaker_of.values())
        return tuple(sorted(found, key=lambda name: (len(name), name)))

    def turns(self, from_s: float = -1.0, to_s: float = 1e12) -> list[SpeakerTurn]:
        """Who spoke when between two times, neighbouring stretches of one speaker as one turn."""
        return joined(self.pieces(from_s, to_s))

    def pieces(self, from_s: float = -1.0, to_s: float = 1e12) -> list[SpeakerTurn]:
        """The same, each stretch for itself: where somebody spoke alone and where not is not mixed up."""
        pieces: list[SpeakerTurn] = []
        for span in self.memory.spans:
            if span.end_s <= from_s or span.start_s >= to_s:
                continue
            first = self._whose(span.by) or self._nearest(span.start_s, None)
            if first is None:
                continue
            names = [first]
            if span.together:
                second = self._whose(span.others, first[0]) or self._nearest(span.start_s, first[0])
                names += [second] if second is not None else []
            for name, sureness in names:
                pieces.append(
                    SpeakerTurn(
                        speaker=name,
                        start_s=span.start_s,
                        end_s=span.end_s,
                        confidence=sureness,
                        overlapped=len(names) > 1,
                    )
                )
        return sorted(pieces, key=lambda piece: piece.start_s)

    def guess(self, heard: HeardSound, from_s: float) -> list[SpeakerTurn]:
        """What `pieces` from a time on would be if this had been taken too; nothing of it is kept."""
        known = self.memory
        memory = Memory(
            stretches=[*known.stretches],
            spans=[span for span in known.spans if span.end_s > from_s],
            speaker_of={**known.speaker_of},
            sureness={**known.sureness},
            stands_for=known.stands_for,
            merged=known.merged,
            last_number=known.last_number,
            last_speaker=known.last_speaker,
        )
        trial = Diarizer(self._rules, memory)
        trial._take(heard)
        if trial._unclustered:
            trial._find(anew=len(memory.stretches) <= self._rules.eager)
        return trial.pieces(from_s)

    def rename(self, gone: str, into: str) -> None:
        """All that was `gone`'s is `into`'s, now and later."""
        self.memory.merged[gone] = into
        for stretch in self.memory.stretches:
            if self.memory.speaker_of.get(stretch.number) in (gone, into):
                stretch.pinned = into
        self._unclustered += 1
        self.settle()

    def pin(self, start_s: float, end_s: float, speaker: str, only: str | None = None) -> None:
        """Says who spoke between two times; of several voices there, the one of `only`.

        Where the speaker has a voice already, the other voice stays whose it was: only these words were heard wrongly.
        Where not, this is their voice.
        """
        if only is not None and speaker in self.memory.speaker_of.values():
            self._hold(only)
        self._hold(speaker)
        for span in self.memory.spans:
            inside = start_s - 0.1 <= (span.start_s + span.end_s) / 2 <= end_s + 0.1
            if not inside or span.together:
                continue
            for stretch in self.memory.stretches:
                if stretch.number in self._present(span.by) and (
                    only is None or self.memory.speaker_of.get(stretch.number) == only
                ):
                    stretch.pinned = speaker
        self._unclustered += 1
        self.settle()

    def _hold(self, speaker: str) -> None:
        """Keeps a known speaker's name with what is clearly theirs, whatever else a person says is theirs too."""
        clear = [
            item
            for item in self.memory.stretches
            if self.memory.speaker_of.get(item.number) == speaker
            and (item.pinned is not None or self.memory.sureness.get(item.number, 0.0) >= _CLEAR)
        ]
        for item in sorted(clear, key=lambda item: -item.seconds)[:_HELD]:
            item.pinned = speaker

    def new_speaker(self) -> str:
        """An id that nobody has had."""
        self.memory.last_speaker += 1
        return f"speaker_{self.memory.last_speaker}"

    def enrol(self, speaker: str, embeddings: Embedding, seconds: float) -> None:
        """Learns a voice whose speaker is known."""
        stretch = self._stretch_of(embeddings, seconds, -seconds, 0.0)
        stretch.pinned, stretch.enrolled = speaker, True
        self.memory.stretches.append(stretch)
        self._unclustered += 1

    # ---------------------------------------------------------------------------------------------------------------

    def _take(self, heard: HeardSound) -> None:
        for stretch in heard.stretches:
            self._take_stretch(stretch)
        for item in heard.together:
            near = [self._near(local, heard) for local in item.locals]
            self.memory.spans.append(
                Span(item.start_s, item.end_s, near[0], [number for part in near[1:] for number in part], True)
            )

    def _take_stretch(self, heard: HeardStretch) -> None:
        seconds = heard.end_s - heard.start_s
        numbers: list[int] = []
        if len(heard.embeddings):
            stretch = self._stretch_of(heard.embeddings, seconds, heard.start_s, heard.end_s)
            self.memory.stretches.append(stretch)
            numbers = [stretch.number]
            self._unclustered += 1
        self.memory.spans.append(Span(heard.start_s, heard.end_s, numbers))
        del self.memory.spans[: max(0, len(self.memory.spans) - self._rules.spans)]

    def _stretch_of(self, embeddings: Embedding, seconds: float, start_s: float, end_s: float) -> Stretch:
        self.memory.last_number += 1
        alike = embeddings @ embeddings.T
        apart = np.triu_indices(len(embeddings), 2)
        return Stretch(
            number=self.memory.last_number,
            vector=embeddings.mean(axis=0),
            seconds=seconds,
            start_s=start_s,
            end_s=end_s,
            pairs=len(apart[0]),
            agreement=float(alike[apart].sum()),
        )

    def _near(self, local: int, heard: HeardSound) -> list[int]:
        """The stretches of a local speaker around an overlap."""
        times = [(item.start_s, item.end_s) for item in heard.alone if item.local == local]
        found = [
            stretch.number
            for stretch in self.memory.stretches[-60:]
            if any(stretch.start_s < end_s and stretch.end_s > start_s for start_s, end_s in times)
        ]
        return found[-_HINTS:]

    def _present(self, numbers: list[int]) -> list[int]:
        return [self.memory.stands_for.get(number, number) for number in numbers]

    def _whose(self, numbers: list[int], other_than: str | None = None) -> tuple[str, float] | None:
        """The speaker most of these stretches are by, and how surely."""
        votes: dict[str, list[float]] = {}
        for number in self._present(numbers):
            speaker = self.memory.speaker_of.get(number)
            if speaker is not None and speaker != other_than:
                votes.setdefault(speaker, []).append(self.memory.sureness.get(number, 0.5))
        if not votes:
            return None
        best = max(votes, key=lambda name: sum(votes[name]))
        return best, round(sum(votes[best]) / len(votes[best]), 3)

    def _nearest(self, at_s: float, other_than: str | None) -> tuple[str, float] | None:
        """Who spoke nearest to a time; a guess, so never surer than a half."""
        near = sorted(
            self.memory.stretches[-80:], key=lambda item: min(abs(item.start_s - at_s), abs(item.end_s - at_s))
        )
        for stretch in near[:12]:
            speaker = self.memory.speaker_of.get(stretch.number)
            if speaker is not None and speaker != other_than and not stretch.enrolled:
                return speaker, 0.5
        return None

    def _find(self, *, anew: bool = True) -> None:
        """Finds the voices and whose each stretch is; not `anew`: only whose, of the voices found before."""
        full = [item for item in self.memory.stretches if item.seconds >= _FULL_S or item.pinned is not None]
        every = Evidence(self.memory.stretches)
        if not full:
            # Nothing but a word or two so far: somebody said it.
            for item in self.memory.stretches:
                self.memory.speaker_of.setdefault(item.number, "speaker_1")
            self.memory.last_speaker = max(1, self.memory.last_speaker)
            return
        labels = np.full(len(self.memory.stretches), -1)
        if anew:
            places = {item.number: index for index, item in enumerate(self.memory.stretches)}
            labels[[places[item.number] for item in full]] = find_voices(Evidence(full), self._rules.speakers)
        else:
            known = {name: label for label, name in enumerate(self.speakers())}
            labels[:] = [known.get(self.memory.speaker_of.get(item.number, ""), -1) for item in self.memory.stretches]
        count = int(labels.max()) + 1
        labels, sureness = self._assign(every, labels, count)
        names = self._names(labels, count)
        for index, item in enumerate(self.memory.stretches):
            speaker = names[int(labels[index])]
            if self.memory.speaker_of.get(item.number, speaker) != speaker and not item.enrolled:
                self.changed_from_s = min(self.changed_from_s, item.start_s)
            self.memory.speaker_of[item.number] = speaker
            self.memory.sureness[item.number] = float(sureness[index])

    def _assign(self, evidence: Evidence, labels: Embedding, count: int) -> tuple[Embedding, Embedding]:
        """Gives each stretch to the voice it is most like, with the probability of that."""
        pinned = np.array([item.pinned is not None for item in evidence.stretches])
        alike = np.zeros((len(labels), count))
        for _ in range(2):
            alike = Voices(evidence, labels, count).alikeness()
            alike[np.isneginf(alike)] = 0.8
            mixed = alike * 0.8 + 0.2 * self._context(evidence, alike)
            best = mixed.argmax(axis=1)
            # Stretches that make a voice together stay unless another voice is clearly nearer.
            keep = (labels >= 0) & (mixed[np.arange(len(labels)), np.maximum(labels, 0)] > mixed.max(axis=1) - 0.12)
            settled = np.where(pinned | keep, np.maximum(labels, 0), best)
            alone = np.bincount(settled, minlength=count) == 0
            settled = np.where(np.isin(labels, np.flatnonzero(alone)), labels, settled)
            labels = settled
        scale = _SURENESS * np.sqrt(np.clip(evidence.seconds, 0.3, 4.0) / 1.5)[:, None]
        with_nobody = np.concatenate([alike, np.full((len(labels), 1), 0.35)], axis=1)
        powers = np.exp(scale * (with_nobody - with_nobody.max(axis=1, keepdims=True)))
        chances = powers / powers.sum(axis=1, keepdims=True)
        sureness = np.where(pinned, 1.0, chances[np.arange(len(labels)), labels])
        return labels, np.round(sureness, 3)

    @staticmethod
    def _context(evidence: Evidence, alike: Embedding) -> Embedding:
        """What the neighbours without a pause between say."""
        around = np.zeros_like(alike)
        stretches = evidence.stretches
        for index in range(1, len(stretches)):
            if abs(stretches[index].start_s - stretches[index - 1].end_s) < 0.05:
                around[index] += alike[index - 1] / 2
                around[index - 1] += alike[index] / 2
        return around

    def _names(self, labels: Embedding, count: int) -> list[str]:
        """The ids of the found voices: a person's word first, then whom they share most speech with, else a new one."""
        names: list[str | None] = [None] * count
        shared: dict[tuple[float, int, str], None] = {}
        totals: dict[tuple[int, str], float] = {}
        for index, item in enumerate(self.memory.stretches):
            label = int(labels[index])
            if item.pinned is not None:
                names[label] = self._final(item.pinned)
            before = self.memory.speaker_of.get(item.number)
            if before is not None:
                key = (label, self._final(before))
                totals[key] = totals.get(key, 0.0) + item.seconds
        for (label, name), seconds in totals.items():
            shared[(seconds, label, name)] = None
        for _, label, name in sorted(shared, reverse=True):
            if names[label] is None and name not in names:
                names[label] = name
        for label in sorted(range(count), key=lambda label: int(np.argmax(labels == label))):
            if names[label] is None:
                names[label] = self.new_speaker()
        return [name or "" for name in names]

    def _final(self, name: str) -> str:
        for _ in range(len(self.memory.merged) + 1):
            if name not in self.memory.merged:
                break
            name = self.memory.merged[name]
        return name

    def _draw_together(self) -> None:
        """Once there are too many stretches, the older half of them becomes a few for each speaker."""
        limit = self._rules.stretches
        if len(self.memory.stretches) <= limit:
            return
        old, recent = self.memory.stretches[: limit // 2], self.memory.stretches[limit // 2 :]
        groups: dict[tuple[str | None, str | int | None], list[Stretch]] = {}
        for item in old:
            key = (self.memory.speaker_of.get(item.number), item.number if item.enrolled else item.pinned)
            groups.setdefault(key, []).append(item)
        kept: list[Stretch] = []
        standing: dict[int, int] = {}
        for members in groups.values():
            # Consecutive ones together, so that each still stands for a time, its voice and its room.
            size = -(-len(members) // _HEADS)
            for first in range(0, len(members), size):
                head, *others = members[first : first + size]
                for item in others:
                    _absorb(head, item)
                    standing[item.number] = head.number
                kept.append(head)
        kept.sort(key=lambda item: item.start_s)
        self.memory.stands_for = {
            number: standing.get(target, target) for number, target in self.memory.stands_for.items()
        } | standing
        self.memory.stretches = [*kept, *recent]
        alive = {number for span in self.memory.spans for number in (*span.by, *span.others)}
        self.memory.stands_for = {n: t for n, t in self.memory.stands_for.items() if n in alive}
        present = {item.number for item in self.memory.stretches}
        self.memory.speaker_of = {n: s for n, s in self.memory.speaker_of.items() if n in present}
        self.memory.sureness = {n: s for n, s in self.memory.sureness.items() if n in present}


def _absorb(head: Stretch, item: Stretch) -> None:
    """Makes one stretch stand for another too."""
    total = head.seconds + item.seconds
    head.vector = (head.vector * head.seconds + item.vector * item.seconds) / total
    head.seconds, head.end_s = total, max(head.end_s, item.end_s)
    head.pairs, head.agreement = head.pairs + item.pairs, head.agreement + item.agreement


def joined(pieces: list[SpeakerTurn]) -> list[SpeakerTurn]:
    """Pieces of one speaker with no more than a short pause between, as one turn; confidence is the mean over time."""
    turns: list[SpeakerTurn] = []
    open_turns: dict[str, int] = {}
    for piece in sorted(pieces, key=lambda item: item.start_s):
        at = open_turns.get(piece.speaker)
        last = turns[at] if at is not None else None
        gap_s = _GAP_S if at == len(turns) - 1 else _SHORT_GAP_S
        if at is not None and last is not None and piece.start_s - last.end_s <= gap_s:
            length, more = last.end_s - last.start_s, piece.end_s - piece.start_s
            turns[at] = SpeakerTurn(
                speaker=piece.speaker,
                start_s=last.start_s,
                end_s=max(last.end_s, piece.end_s),
                confidence=round((last.confidence * length + piece.confidence * more) / max(length + more, 1e-6), 3),
                overlapped=last.overlapped or piece.overlapped,
            )
        else:
            open_turns[piece.speaker] = len(turns)
            turns.append(piece)
    return sorted(turns, key=lambda item: item.start_s)
