"""When has somebody finished speaking? Pure rules over speech probabilities; no audio, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Patience = Literal["quick", "standard", "patient"]
Hint = Literal["complete", "open", "unknown"]


class PatienceProfile(msgspec.Struct, frozen=True, kw_only=True):
    """How much silence ends an utterance, in seconds, by what the words heard so far look like.

    `complete_s`: a finished sentence or a short answer; `pause_s`: nothing is known; `open_s`: the sentence goes on
    ("and", "because", a filler, a comma).
    """

    complete_s: float
    pause_s: float
    open_s: float


PROFILES: Final[Mapping[Patience, PatienceProfile]] = {
    "quick": PatienceProfile(complete_s=0.5, pause_s=0.8, open_s=1.4),
    "standard": PatienceProfile(complete_s=0.9, pause_s=1.3, open_s=2.2),
    "patient": PatienceProfile(complete_s=1.8, pause_s=2.4, open_s=3.5),
}


class EndpointRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rest of the tuning: probabilities, and seconds.

    `probe_s`: silence after which the words so far are worth recognising. A segment is closed at a pause of
    `probe_s` when it is `segment_s` long, and cut at its quietest moment when it reaches `longest_segment_s`.
    Where one voice gives way to another, an utterance of at least `shortest_turn_s` ends.
    """

    frame_s: float = 0.032
    begin_probability: float = 0.5
    stay_probability: float = 0.35
    begin_frames: int = 3
    lead_s: float = 0.35
    tail_s: float = 0.25
    probe_s: float = 0.25
    segment_s: float = 12.0
    longest_segment_s: float = 22.0
    cut_search_s: float = 6.0
    longest_utterance_s: float = 300.0
    shortest_turn_s: float = 0.5


class Began(msgspec.Struct, frozen=True):
    """An utterance began: audio from frame `start` belongs to it."""

    start: int


class Paused(msgspec.Struct, frozen=True):
    """The speaker paused: frames [start, end) are the open segment so far."""

    start: int
    end: int


class SegmentClosed(msgspec.Struct, frozen=True):
    """Frames [start, end) are done; the utterance goes on."""

    start: int
    end: int


class Ended(msgspec.Struct, frozen=True):
    """The utterance ended: its last segment is [start, end); `waited` frames of silence decided it."""

    start: int
    end: int
    first: int
    waited: int
    cut_off: bool = False


Moment = Began | Paused | SegmentClosed | Ended


class Endpointer:
    """Follows one stream frame by frame. Frames are numbered from 0; every speech frame is in exactly one segment."""

    def __init__(self, profile: PatienceProfile, rules: EndpointRules) -> None:
        self.profile = profile
        self.rules = rules
        self._frame = 0
        self._loud = 0
        self._floor = 0
        self._first: int | None = None
        self._segment = 0
        self._last = 0
        self._paused = False
        self._pause: Paused | None = None
        self._last_pause: Paused | None = None
        self._hint: Hint = "unknown"
        self._patient_until = 0
        self._recent: list[float] = []

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._first is not None

    @property
    def open_segment(self) -> tuple[int, int]:
        """The open segment [start, last speech) in frames; empty when nobody speaks."""
        return (self._segment, self._last + 1) if self._first is not None else (self._frame, self._frame)

    @property
    def oldest_needed(self) -> int:
        """Frames before this one will never be asked for again."""
        if self._first is not None:
            return self._segment
        return max(self._floor, self._frame - self._frames(self.rules.lead_s) - self.rules.begin_frames)

    def is_pausing(self, paused: Paused) -> bool:
        """Whether this pause goes on."""
        return self._pause == paused

    def hint(self, paused: Paused, hint: Hint) -> None:
        """What the words of a pause look like; ignored when the speaker has gone on meanwhile."""
        if self.is_pausing(paused):
            self._hint = hint

    def wait_until(self, frame: int) -> None:
        """Lets no utterance end before `frame` (the speaker asked for time)."""
        self._patient_until = max(self._patient_until, frame)

    def give_way(self, frame: int) -> list[Moment]:
        """Another voice took over at `frame`, a little while ago: the open utterance ends there, the next begins."""
        if self._first is None or frame - self._first < self._frames(self.rules.shortest_turn_s):
            return []
        near = self._frames(self.rules.lead_s)
        pause = self._last_pause
        if pause is not None and pause.start == self._segment and abs(pause.end - frame) <= near:
            # What was said until that pause is being recognised already.
            frame = pause.end
        if frame < self._segment - near:
            return []
        frame = max(frame, self._segment)
        if frame > self._last:
            return []
        ended = Ended(self._segment, self._spoken_until(frame), self._first, 0)
        self._recent = self._recent[len(self._recent) - (self._frame - frame) :]
        self._first = self._segment = self._floor = frame
        self._resume()
        return [ended, Began(frame)]

    def _spoken_until(self, frame: int) -> int:
        """Where the speech before a frame ends: a long silence between two voices belongs to neither."""
        first = self._frame - len(self._recent)
        spoken = range(frame - 1, max(first, self._segment) - 1, -1)
        last = next((at for at in spoken if self._recent[at - first] >= self.rules.stay_probability), frame)
        return min(frame, last + 1 + self._frames(self.rules.tail_s))

    def advance(self, probability: float) -> list[Moment]:
        """Takes the next frame's speech probability."""
        frame = self._frame
        self._frame += 1
        moments: list[Moment] = []
        if self._first is None:
            self._begin(frame, probability, moments)
        else:
            self._go_on(frame, probability, moments)
        return moments

    def finish(self) -> list[Moment]:
        """The audio ends: an open utterance ends with it, and a word too short to have begun one still counts."""
        if self._first is None and self._loud:
            self._open(self._frame - self._loud)
            begun: list[Moment] = [Began(self._segment)]
            return [*begun, self._end(self._frame, cut_off=False)]
        return [self._end(self._frame, cut_off=False)] if self._first is not None else []

    def _begin(self, frame: int, probability: float, moments: list[Moment]) -> None:
        threshold = self.rules.begin_probability if self._loud == 0 else self.rules.stay_probability
        if probability < threshold:
            self._loud = 0
            return
        self._loud += 1
        if self._loud >= self.rules.begin_frames:
            self._open(frame + 1 - self._loud)
            moments.append(Began(self._segment))

    def _open(self, onset: int) -> None:
        self._first = self._segment = max(self._floor, onset - self._frames(self.rules.lead_s))
        self._last = self._frame - 1
        self._loud = 0
        self._resume()
        self._recent.clear()

    def _go_on(self, frame: int, probability: float, moments: list[Moment]) -> None:
        self._recent.append(probability)
        if probability >= self.rules.stay_probability:
            self._last = frame
            self._resume()
        silence = frame - self._last
        if not self._paused and silence >= self._frames(self.rules.probe_s):
            self._paused = True
            self._on_pause(frame, moments)
        if self._length(frame) >= self._frames(self.rules.longest_segment_s):
            self._cut(frame, moments)
        if silence >= self._patience() and frame >= self._patient_until:
            moments.append(self._end(frame + 1, cut_off=False))
        elif self._first is not None and frame - self._first >= self._frames(self.rules.longest_utterance_s):
            moments.append(self._end(frame + 1, cut_off=True))

    def _on_pause(self, frame: int, moments: list[Moment]) -> None:
        end = min(frame + 1, self._last + 1 + self._frames(self.rules.tail_s))
        if self._last + 1 - self._segment >= self._frames(self.rules.segment_s):
            moments.append(SegmentClosed(self._segment, end))
            self._segment = end
            self._recent.clear()
        elif self._last >= self._segment:
            self._pause = self._last_pause = Paused(self._segment, end)
            moments.append(self._pause)

    def _resume(self) -> None:
        self._paused = False
        self._pause = None
        self._hint = "unknown"

    def _cut(self, frame: int, moments: list[Moment]) -> None:
        """Cuts a segment that would grow too long for a recogniser, at its least speech-like frame."""
        search = min(len(self._recent), self._frames(self.rules.cut_search_s))
        tail = self._recent[-search:]
        quietest = min(range(len(tail)), key=lambda index: (tail[index], -index))
        at = frame + 1 - search + quietest
        moments.append(SegmentClosed(self._segment, at + 1))
        self._segment = at + 1
        self._recent = tail[quietest + 1 :]

    def _end(self, frame: int, *, cut_off: bool) -> Ended:
        end = min(frame, max(self._segment, self._last + 1 + self._frames(self.rules.tail_s)))
        ended = Ended(self._segment, end, self._first or 0, frame - 1 - self._last, cut_off)
        self._first = None
        self._floor = end
        self._loud = 0
        self._resume()
        self._recent.clear()
        return ended

    def _patience(self) -> int:
        profile = self.profile
        seconds = {"complete": profile.complete_s, "open": profile.open_s, "unknown": profile.pause_s}[self._hint]
        return self._frames(seconds)

    def _length(self, frame: int) -> int:
        return frame + 1 - self._segment

    def _frames(self, seconds: float) -> int:
        return max(1, round(seconds / self.rules.frame_s))
