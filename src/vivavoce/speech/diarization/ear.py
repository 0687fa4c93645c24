"""Follows the sound of one stream: takes the stretches of one voice out of it and has them turned into embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vivavoce.domain.diarization import Embedding, SpeakerEmbedder, SpeakerTurn, SpeechActivity
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.speech.diarization.slicing import UNNOTICED, Alone, Together, slice_activity, unnoticed, voice_changes

#: The longest the network for activity looks back.
CONTEXT_S: Final = 10.0
#: How much new sound is looked at together, and how far behind the newest sound.
STEP_S: Final = 2.0
_LOOKAHEAD_S: Final = 0.5
_TILE_S: Final = 1.0
_WINDOW_S: Final = 1.5
_SHORTEST_WINDOW_S: Final = 0.4
_SHORTEST_S: Final = 0.15
_SPEECH: Final = 0.15
#: Whether one voice has given way to another is looked at this often while somebody speaks, in so much sound.
_GLANCE_S: Final = 0.9
_GLANCED_S: Final = 6.0
#: A change is told while it is this young; one so near to another is the same, seen again.
_NEWS_S: Final = 6.0
_SAME_S: Final = 0.8


class HeardStretch(msgspec.Struct, frozen=True):
    """One voice alone for some seconds; `embeddings` [windows, size], none when it is too short for one."""

    local: int
    start_s: float
    end_s: float
    embeddings: Embedding


class HeardSound(msgspec.Struct, frozen=True):
    """What some seconds of sound hold. `alone` are the stretches of all the context that ends with them."""

    stretches: tuple[HeardStretch, ...]
    together: tuple[Together, ...]
    alone: tuple[Alone, ...]


class Glance(msgspec.Struct, frozen=True):
    """A quick look at the newest sound: where one voice gave way to another (seconds, each told once), and what has not
    been looked at thoroughly yet."""

    changes: tuple[float, ...] = ()
    newest: HeardSound | None = None


class Ear:
    """Takes frames as they come; keeps the last 10 s. One ear a stream."""

    def __init__(self, embedder: SpeakerEmbedder, activity: SpeechActivity) -> None:
        self._embedder = embedder
        self._activity = activity
        self._sound = np.zeros(0, np.float32)
        self._speech = np.zeros(0, np.float32)
        self._frame = 512
        self._begin = 0
        self._done = 0
        self._glanced = 0
        self._told: list[float] = []

    def hear(self, start_s: float, frames: Samples, speech: Samples) -> list[HeardSound]:
        """Takes consecutive frames [count, samples] with their speech probabilities. A jump in time begins anew."""
        heard: list[HeardSound] = []
        start = round(start_s * SAMPLE_RATE)
        if len(self._sound) == 0 or abs(start - self._end) > SAMPLE_RATE // 20:
            heard += self.flush()
            self._sound, self._speech = np.zeros(0, np.float32), np.zeros(0, np.float32)
            self._begin = self._done = self._glanced = start
        self._frame = frames.shape[1]
        self._sound = np.concatenate([self._sound, frames.reshape(-1).astype(np.float32, copy=False)])
        self._speech = np.concatenate([self._speech, speech])
        while self._end - self._done >= (STEP_S + _LOOKAHEAD_S) * SAMPLE_RATE:
            now = self._done + round((STEP_S + _LOOKAHEAD_S) * SAMPLE_RATE)
            heard += self._look(now, now - round(_LOOKAHEAD_S * SAMPLE_RATE))
        return heard

    def flush(self, until_s: float | None = None) -> list[HeardSound]:
        """Looks at what is left (up to `until_s`) now, without waiting for more."""
        until = self._end if until_s is None else min(self._end, round(until_s * SAMPLE_RATE))
        if until - self._done < _SHORTEST_S * SAMPLE_RATE:
            return []
        return self._look(self._end, until)

    def glance(self) -> Glance:
        """What can be told by now of the newest sound; empty where nobody spoke in it, or there is too little of it."""
        new = self._end - self._glanced
        if new < _GLANCE_S * SAMPLE_RATE:
            return Glance()
        spoken = float(self._probability(self._glanced, self._end).max(initial=0.0)) >= _SPEECH
        self._glanced = self._end
        if not spoken:
            return Glance()
        first = max(self._begin, self._end - round(_GLANCED_S * SAMPLE_RATE))
        heard = self._heard(first, self._end, self._done, self._end)
        noticed = [item for item in heard.alone if item.local != UNNOTICED]
        return Glance(tuple(self._news(voice_changes(noticed))), heard)

    def changes_of(self, pieces: Sequence[SpeakerTurn]) -> list[float]:
        """The same, of pieces in which voices were told apart that sound alike: later, and more surely."""
        numbers = {name: index for index, name in enumerate({piece.speaker: None for piece in pieces})}
        alone = [Alone(numbers[one.speaker], one.start_s, one.end_s) for one in pieces if not one.overlapped]
        return self._news(voice_changes(alone))

    def _news(self, changes: list[float]) -> list[float]:
        """Those of these changes that are young and were not told yet."""
        now_s = self._end / SAMPLE_RATE
        found: list[float] = []
        for at_s in changes:
            if at_s > now_s - _NEWS_S and all(abs(at_s - other) > _SAME_S for other in self._told):
                self._told.append(at_s)
                found.append(at_s)
        self._told = [other for other in self._told if other > now_s - 2 * _NEWS_S]
        return found

    @property
    def _end(self) -> int:
        return self._begin + len(self._sound)

    def _look(self, now: int, until: int) -> list[HeardSound]:
        """Looks at [done, until) with the 10 s before `now` around it."""
        begun, self._done = self._done, until
        if float(self._probability(begun, until).max(initial=0.0)) < _SPEECH:
            self._forget()
            return []
        first = max(self._begin, now - round(CONTEXT_S * SAMPLE_RATE))
        heard = self._heard(first, now, begun, until)
        self._forget()
        return [heard]

    def _heard(self, first: int, now: int, begun: int, until: int) -> HeardSound:
        """What [begun, until) holds, with [first, now) around it."""
        context = self._sound[first - self._begin : now - self._begin]
        activity = self._activity.activity(context)
        alone, together = slice_activity(activity, self._activity.frame_s, first / SAMPLE_RATE)
        size = self._frame
        frames_s = (self._begin + (first - self._begin) // size * size) / SAMPLE_RATE
        alone += unnoticed(alone, together, self._probability(first, now), size / SAMPLE_RATE, frames_s)
        alone.sort(key=lambda item: item.start_s)
        begun_s, until_s = begun / SAMPLE_RATE, until / SAMPLE_RATE
        stretches = [
            found for item in alone if (found := self._stretch(item, begun_s, until_s, now / SAMPLE_RATE)) is not None
        ]
        overlaps = tuple(
            Together(item.locals, max(item.start_s, begun_s), min(item.end_s, until_s))
            for item in together
            if min(item.end_s, until_s) > max(item.start_s, begun_s)
        )
        return HeardSound(tuple(stretches), overlaps, tuple(alone))

    def _stretch(self, alone: Alone, begun_s: float, until_s: float, now_s: float) -> HeardStretch | None:
        start_s, end_s = max(alone.start_s, begun_s), min(alone.end_s, until_s)
        if end_s - start_s < _SHORTEST_S:
            return None
        probability = self._probability(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE))
        if len(probability) and float(probability.mean()) < _SPEECH:
            return None
        last_s = min(alone.end_s, now_s)
        count = max(1, round((end_s - start_s) / _TILE_S))
        spans: list[tuple[float, float]] = []
        for index in range(count):
            middle_s = start_s + (index + 0.5) * (end_s - start_s) / count
            low_s = min(max(alone.start_s, middle_s - _WINDOW_S / 2), max(alone.start_s, last_s - _WINDOW_S))
            span = (low_s, min(last_s, low_s + _WINDOW_S))
            if span not in spans and span[1] - span[0] >= _SHORTEST_WINDOW_S:
                spans.append(span)
        windows = [self._between(*span) for span in spans]
        embeddings = self._embedder.embed(windows) if windows else np.zeros((0, self._embedder.size), np.float32)
        return HeardStretch(alone.local, start_s, end_s, embeddings)

    def _between(self, start_s: float, end_s: float) -> Samples:
        return self._sound[round(start_s * SAMPLE_RATE) - self._begin : round(end_s * SAMPLE_RATE) - self._begin]

    def _probability(self, first: int, last: int) -> NDArray[Any]:
        size = self._frame
        return self._speech[max(0, (first - self._begin) // size) : -(-(last - self._begin) // size)]

    def _forget(self) -> None:
        spare = (self._done - round(CONTEXT_S * SAMPLE_RATE) - self._begin) // self._frame
        if spare > 0:
            self._sound = self._sound[spare * self._frame :].copy()
            self._speech = self._speech[spare:].copy()
            self._begin += spare * self._frame
