"""Follows one stream of samples: frames, voice activity, endpointing, and the audio that is still needed."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final

import msgspec
import numpy as np

from vivavoce.domain.speech import SAMPLE_RATE, Samples, VoiceDetector
from vivavoce.speech.endpointing import Began, Endpointer, Hint, Moment, Paused
from vivavoce.speech.filtering import Sound
from vivavoce.speech.speakers import SoundTap

_BATCH: Final = 32
_SILENT: Final = 1e-4


class Growing(msgspec.Struct, frozen=True):
    """The speaker goes on: frames [start, end) are the open segment so far."""

    start: int
    end: int


class Heard(msgspec.Struct, frozen=True):
    """A moment of the stream with the audio it is about (empty for `Began`), what the detector made of it, and now."""

    moment: Moment | Growing
    samples: Samples
    sound: Sound
    frame: int


class Listener:
    """Keeps only the audio of the open segment and a short lead, however long the stream is."""

    def __init__(
        self, detector: VoiceDetector, endpointer: Endpointer, tap: SoundTap | None = None, offset_s: float = 0.0
    ) -> None:
        """`tap` hears every frame too, in times that count from `offset_s`."""
        self._detector = detector
        self._endpointer = endpointer
        self._tap = tap
        self._offset_s = offset_s
        self._size = detector.frame_samples
        self._rest = np.zeros(0, np.float32)
        self._frames: deque[Samples] = deque()
        self._probabilities: deque[float] = deque()
        self._base = 0
        self._count = 0
        self._samples = 0
        self._grown = 0

    @property
    def duration_s(self) -> float:
        """Seconds heard so far."""
        return self._samples / SAMPLE_RATE

    def seconds(self, frame: int) -> float:
        """The stream time at which a frame begins."""
        return min(frame * self._size, self._samples) / SAMPLE_RATE

    def feed(self, block: Samples) -> list[Heard]:
        """Takes samples as they come. A pause that is over with the same samples is nothing to act on."""
        self._samples += len(block)
        joined = np.concatenate([self._rest, block]) if len(self._rest) else block
        usable = len(joined) // self._size * self._size
        self._rest = joined[usable:].copy()
        heard = self._advance(joined[:usable].reshape(-1, self._size))
        return [
            item for item in heard if not isinstance(item.moment, Paused) or self._endpointer.is_pausing(item.moment)
        ]

    def finish(self) -> list[Heard]:
        """The stream ends: the last samples are padded to a frame, and what is open ends."""
        heard: list[Heard] = []
        if len(self._rest):
            last = np.zeros((1, self._size), np.float32)
            last[0, : len(self._rest)] = self._rest
            self._rest = np.zeros(0, np.float32)
            heard = self._advance(last)
        if self._tap is not None:
            self._tap.ended()
        return heard + [self._heard(moment) for moment in self._endpointer.finish()]

    def growing(self, least_s: float) -> Heard | None:
        """The open segment so far, when it has grown since the last time and is at least this long."""
        start, end = self._endpointer.open_segment
        if (end - start) * self._size < least_s * SAMPLE_RATE or end == self._grown:
            return None
        self._grown = end
        return self._heard(Growing(start, end))

    def hint(self, paused: Paused, hint: Hint) -> None:
        """Passes on what the words of a pause look like."""
        self._endpointer.hint(paused, hint)

    def wait(self, seconds: float) -> None:
        """Gives the speaker time: nothing ends within the next `seconds`."""
        self._endpointer.wait_until(self._count + round(seconds * SAMPLE_RATE / self._size))

    def _advance(self, frames: Samples) -> list[Heard]:
        heard: list[Heard] = []
        for first in range(0, len(frames), _BATCH):
            batch = frames[first : first + _BATCH]
            if float(np.abs(batch).max()) < _SILENT:
                probabilities = np.zeros(len(batch), np.float32)
            else:
                probabilities = self._detector.probabilities(batch)
            changes = self._tapped(batch, probabilities)
            for frame, probability in zip(batch, probabilities.tolist(), strict=True):
                self._frames.append(frame)
                self._probabilities.append(probability)
                self._count += 1
                heard.extend(self._heard(moment) for moment in self._endpointer.advance(probability))
                self._forget()
            for at_s in changes:
                at = round((at_s - self._offset_s) * SAMPLE_RATE / self._size)
                heard.extend(self._heard(moment) for moment in self._endpointer.give_way(at))
        return heard

    def _tapped(self, batch: Samples, probabilities: Samples) -> tuple[float, ...]:
        """When one voice gave way to another, where somebody listens for that."""
        if self._tap is None:
            return ()
        return self._tap.heard(self._offset_s + self._count * self._size / SAMPLE_RATE, batch, probabilities)

    def _forget(self) -> None:
        needed = self._endpointer.oldest_needed
        while self._frames and self._base < needed:
            self._frames.popleft()
            self._probabilities.popleft()
            self._base += 1

    def _heard(self, moment: Moment | Growing) -> Heard:
        if isinstance(moment, Began):
            return Heard(moment, np.zeros(0, np.float32), Sound(0.0, 0.0), self._count)
        first, last = max(0, moment.start - self._base), max(0, moment.end - self._base)
        frames = list(islice(self._frames, first, last))
        likely = list(islice(self._probabilities, first, last))
        spoken = [probability for probability in likely if probability >= self._endpointer.rules.stay_probability]
        sound = Sound(
            len(spoken) * self._size / SAMPLE_RATE,
            sum(spoken) / len(spoken) if spoken else 0.0,
        )
        samples = np.concatenate(frames) if frames else np.zeros(0, np.float32)
        return Heard(moment, samples, sound, self._count)
