"""The tracker that tells speakers apart, in a thread of its own for all sessions of the process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

import msgspec
import numpy as np

from vivavoce.domain.diarization import (
    AssignUtterance,
    Attribution,
    Correction,
    Division,
    Enrolment,
    MergeSpeakers,
    Reassignment,
    Revision,
    SpeakerEmbedder,
    SpeakerTurn,
    SpeechActivity,
    SplitSpeaker,
    TrackingState,
)
from vivavoce.domain.errors import VivavoceError, invalid, not_found
from vivavoce.domain.speech import SAMPLE_RATE, Samples
from vivavoce.speech.diarization.diarizer import DiarizationRules, Diarizer
from vivavoce.speech.diarization.ear import Ear
from vivavoce.speech.diarization.ledger import Entry, Ledger, attributed, dominant
from vivavoce.speech.diarization.snapshot import read_memory, write_memory
from vivavoce.speech.events import Final as FinalEvent

T = TypeVar("T")
_LOG: Final = logging.getLogger(__name__)

#: Batches of frames (up to a second each) that may wait of one tracker before its streams have to.
_WAITING: Final = 40
#: A stream waits so long to learn whether one voice gave way to another (it takes a twentieth of that where the machine
#: has time); later it is told with what comes next.
_CHANGES_WAIT_S: Final = 5.0
_RECENT_S: Final = 8.0
_LEAST_ENROLMENT_S: Final = 3.0
_MOST_ENROLMENT_S: Final = 60.0
_LEAST_AGREEMENT: Final = 0.3
_WINDOW_S: Final = 1.5


class SpeakerThread:
    """The networks and the one thread that runs them; shared by the trackers of a process."""

    def __init__(self, embedder: SpeakerEmbedder, activity: SpeechActivity) -> None:
        self.embedder = embedder
        self.activity = activity
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="speakers")

    def run(self, work: Callable[[], T]) -> Future[T]:
        """Queues work; what is queued first is done first."""
        return self._executor.submit(work)

    def open(self, snapshot: bytes = b"", *, speakers: int = 6) -> LiveTracker:
        """A session's tracker, going on from a snapshot. Raises `unavailable` when that cannot be read."""
        return LiveTracker(self, DiarizationRules(speakers=speakers), snapshot)

    def close(self) -> None:
        """Does what is queued no more."""
        self._executor.shutdown(wait=True, cancel_futures=True)


class _Kept(msgspec.Struct):
    memory: bytes
    entries: list[Entry]


class LiveTracker:
    """See `vivavoce.speech.speakers.SpeakerTracker`."""

    state: TrackingState = "on"

    def __init__(self, thread: SpeakerThread, rules: DiarizationRules, snapshot: bytes) -> None:
        kept = _read(snapshot) if snapshot else None
        self._thread = thread
        self._diarizer = Diarizer(rules, read_memory(kept.memory) if kept else None)
        self._ledger = Ledger()
        self._ledger.entries = kept.entries if kept else []
        self._ears: list[Ear] = []
        self._changes: dict[tuple[str, int], Reassignment] = {}
        self._divisions: list[Division] = []
        self._speakers: tuple[str, ...] = self._diarizer.speakers()
        self._turns: tuple[SpeakerTurn, ...] = tuple(self._diarizer.turns())
        self._newest: tuple[SpeakerTurn, ...] = ()
        """Who spoke in the last seconds, as soon as they were looked at."""
        self._room = threading.Semaphore(_WAITING)
        self._closed = threading.Event()

    def tap(self) -> Tap:
        ear = Ear(self._thread.embedder, self._thread.activity)
        self._ears.append(ear)
        return Tap(self, ear)

    async def attribute(self, utterance: str, final: FinalEvent) -> tuple[Attribution, ...]:
        parts, changes = await self._do(lambda: self._attribute(utterance, final))
        for change in changes:
            if isinstance(change, Division):
                self._divisions.append(change)
                continue
            key = (change.utterance, change.part)
            before = self._changes[key].before if key in self._changes else change.before
            self._changes[key] = msgspec.structs.replace(change, before=before)
        return parts

    def changes(self) -> tuple[Revision, ...]:
        moved = [change for change in self._changes.values() if change.before != change.speaker]
        found: tuple[Revision, ...] = (*self._divisions, *moved)
        self._divisions.clear()
        self._changes.clear()
        return found

    def speakers(self) -> tuple[str, ...]:
        return self._speakers

    def speaking(self, start_s: float, end_s: float) -> str:
        return dominant(self._newest, start_s, end_s)[0]

    def turns(self) -> tuple[SpeakerTurn, ...]:
        return self._turns

    async def enrol(self, speaker: str, samples: Samples) -> Enrolment:
        seconds = len(samples) / SAMPLE_RATE
        if not _LEAST_ENROLMENT_S <= seconds <= _MOST_ENROLMENT_S:
            raise invalid(f"a voice is learnt from {_LEAST_ENROLMENT_S:.0f} s to {_MOST_ENROLMENT_S:.0f} s of speech")
        return await self._do(lambda: self._enrol(speaker, samples))

    async def correct(self, correction: Correction) -> tuple[Revision, ...]:
        return tuple(await self._do(lambda: self._correct(correction)))

    async def snapshot(self) -> bytes:
        return await self._do(lambda: _written(_Kept(write_memory(self._diarizer.memory), self._ledger.entries)))

    async def close(self) -> None:
        self._closed.set()
        self._room.release()
        self._ears.clear()

    # In the thread -------------------------------------------------------------------------------------------------

    def hear(
        self, ear: Ear, start_s: float, frames: Samples, speech: Samples, changed: Callable[[list[float]], None]
    ) -> None:
        """Queues what an ear hears and waits a moment for it, or as long as the tracker is far behind. Changes of voice
        are told to `changed`, in the tracker's thread."""
        if self._closed.is_set():
            return
        self._room.acquire()

        def work() -> None:
            try:
                if not self._closed.is_set():
                    changed(self._listen(ear, start_s, frames, speech))
            except Exception:
                _LOG.exception("some seconds of a panel were not told apart")
            finally:
                self._room.release()

        try:
            wait([self._thread.run(work)], _CHANGES_WAIT_S)
        except RuntimeError:
            # The process ends: nobody will ask who spoke.
            self._room.release()

    def _listen(self, ear: Ear, start_s: float, frames: Samples, speech: Samples) -> list[float]:
        """Takes what an ear hears; where one voice gave way to another."""
        looked = ear.hear(start_s, frames, speech)
        for heard in looked:
            self._diarizer.take(heard)
        glance = ear.glance()
        if glance.newest is not None:
            self._newest = tuple(self._diarizer.guess(glance.newest, start_s - _RECENT_S))
        elif looked:
            self._newest = tuple(self._diarizer.pieces(start_s - _RECENT_S))
        else:
            return []
        return [*glance.changes, *ear.changes_of(self._newest)]

    def finish(self, ear: Ear) -> None:
        """An ear's stream is over."""
        if ear in self._ears:
            self._ears.remove(ear)
        try:
            self._thread.run(lambda: self._listen_out(ear))
        except RuntimeError:
            return

    def _listen_out(self, ear: Ear, until_s: float | None = None) -> None:
        for heard in ear.flush(until_s):
            self._diarizer.take(heard)

    def _attribute(self, utterance: str, final: FinalEvent) -> tuple[tuple[Attribution, ...], list[Revision]]:
        for ear in list(self._ears):
            self._listen_out(ear, final.end_s)
        self._diarizer.settle()
        changes = self._seen_differently()
        near = self._diarizer.turns(final.start_s - 5.0, final.end_s + 5.0)
        parts = attributed(utterance, final.text, final.words, final.start_s, final.end_s, near)
        self._ledger.record(parts)
        return parts, changes

    def _seen_differently(self) -> list[Revision]:
        from_s, self._diarizer.changed_from_s = self._diarizer.changed_from_s, float("inf")
        self._turns = tuple(self._diarizer.turns())
        self._speakers = self._diarizer.speakers()
        if from_s == float("inf"):
            return []
        return self._ledger.changes([turn for turn in self._turns if turn.end_s > from_s - 30.0], from_s)

    def _enrol(self, speaker: str, samples: Samples) -> Enrolment:
        size = int(_WINDOW_S * SAMPLE_RATE)
        windows = [samples[at : at + size] for at in range(0, len(samples) - size + 1, size)]
        loud = [window for window in windows if float(np.sqrt(np.mean(window**2))) > 0.003]
        if len(loud) * _WINDOW_S < _LEAST_ENROLMENT_S:
            raise invalid("there is too little speech to learn a voice from")
        embeddings = self._thread.embedder.embed(loud)
        alike = embeddings @ embeddings.T
        agreement = float(alike[np.triu_indices(len(loud), 1)].mean())
        if agreement < _LEAST_AGREEMENT:
            raise invalid("this does not sound like one person")
        seconds = len(loud) * _WINDOW_S
        self._diarizer.enrol(speaker, embeddings, seconds)
        return Enrolment(speaker=speaker, speech_s=seconds, agreement=round(agreement, 3))

    def _correct(self, correction: Correction) -> list[Revision]:
        known = set(self._diarizer.speakers())
        match correction:
            case MergeSpeakers():
                if correction.speaker not in known:
                    raise not_found(f"there is no speaker {correction.speaker}")
                self._diarizer.rename(correction.speaker, correction.into)
            case SplitSpeaker():
                entries = [entry for name in correction.utterances for entry in self._entries(name)]
                speaker = self._diarizer.new_speaker()
                self._pin(entries, speaker)
            case AssignUtterance():
                entries = self._entries(correction.utterance)
                if correction.part is not None:
                    entries = [entry for entry in entries if entry.part == correction.part]
                self._pin(entries, correction.speaker)
        self._diarizer.changed_from_s = -1.0
        return self._seen_differently()

    def _entries(self, utterance: str) -> list[Entry]:
        entries = self._ledger.of(utterance)
        if not entries:
            raise not_found(f"there is no utterance {utterance}")
        return entries

    def _pin(self, entries: list[Entry], speaker: str) -> None:
        for entry in entries:
            entry.pinned = True
            self._diarizer.pin(entry.start_s, entry.end_s, speaker, only=entry.speaker)

    async def _do(self, work: Callable[[], T]) -> T:
        if self._closed.is_set():
            raise VivavoceError("unavailable", "the tracker was closed", reason="speech_missing")
        return await asyncio.wrap_future(self._thread.run(work))


class Tap:
    """See `vivavoce.speech.speakers.SoundTap`."""

    def __init__(self, tracker: LiveTracker, ear: Ear) -> None:
        self._tracker = tracker
        self._ear = ear
        self._changes: deque[float] = deque()

    def heard(self, start_s: float, frames: Samples, speech: Samples) -> tuple[float, ...]:
        sound, probabilities = np.array(frames, np.float32), np.array(speech, np.float32)
        self._tracker.hear(self._ear, start_s, sound, probabilities, self._changes.extend)
        return tuple(self._changes.popleft() for _ in range(len(self._changes)))

    def ended(self) -> None:
        self._tracker.finish(self._ear)


def _written(kept: _Kept) -> bytes:
    # The length first: what is stored in the place of something longer may have the rest of that behind it.
    body = msgspec.msgpack.encode(kept)
    return len(body).to_bytes(8, "big") + body


def _read(snapshot: bytes) -> _Kept:
    try:
        return msgspec.msgpack.decode(snapshot[8 : 8 + int.from_bytes(snapshot[:8], "big")], type=_Kept)
    except msgspec.MsgspecError as error:
        raise VivavoceError("unavailable", "the memory of voices cannot be read") from error
