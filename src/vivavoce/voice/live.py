"""A recording while it is spoken: stored and acknowledged about once a second, heard as it comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from copy import copy
from typing import TYPE_CHECKING, Final, Protocol

from vivavoce.domain.errors import VivavoceError
from vivavoce.domain.ids import SYSTEM
from vivavoce.domain.session import commands as c
from vivavoce.domain.session.state import Recording
from vivavoce.session.running import RunningSession
from vivavoce.voice.hearing import missed_for, missed_in, part_of, parts_of
from vivavoce.voice.recordings import Recordings, plain_rate
from vivavoce.voice.speakers import SessionSpeakers
from vivavoce.voice.speech import Activity, PartialSpeech, Planning

if TYPE_CHECKING:
    from vivavoce.speech.events import Final as FinalEvent
    from vivavoce.speech.events import Partial as PartialEvent
    from vivavoce.speech.stream import SpeechStream

_LOG: Final = logging.getLogger(__name__)
_STORE_EVERY_S: Final = 1.0
#: Bytes that may wait to be stored and heard before the sender is asked to wait.
_ROOM: Final = 4 << 20
_PAUSES_S: Final = (0.2, 1.0, 3.0)


class Sender(Protocol):
    """Whoever sends the audio, as long as they are connected. All calls are on the event loop."""

    def audio_stored(self, recording_id: str, received_ms: int, received_bytes: int, seq: int, *, last: bool) -> None:
        """So much is safe."""
        ...

    def audio_refused(self, error: VivavoceError) -> None:
        """Nothing more of this recording is taken."""
        ...

    def room_again(self) -> None:
        """After `feed` said that there is no room: there is."""
        ...


class LiveRecording:
    """Feed it bytes; `finish` it. What is fed is stored, or the sender is told that it was not.

    Two tasks: one stores and acknowledges, one passes the bytes to the recogniser and what it hears to the session.
    """

    def __init__(
        self,
        session: RunningSession,
        recording: Recording,
        recordings: Recordings,
        stream: SpeechStream,
        plan: Planning,
        text_limit: int,
        now: Callable[[], float],
        gone: Callable[[LiveRecording], None],
        speakers: SessionSpeakers | None = None,
    ) -> None:
        """`speakers` tells who speaks, where several people may; the stream's times are then those of the session."""
        self.session = session
        self.recording_id = recording.recording_id
        self.user_id = recording.user_id
        self.audio_format = recording.audio_format
        self.quiet = asyncio.Event()
        """Set while this person is not speaking."""
        self.quiet.set()
        self.sender: Sender | None = None
        self._recording = copy(recording)  # as it was before this: the session's own goes on
        self._recordings = recordings
        self._stream = stream
        self._plan = plan
        self._text_limit = text_limit
        self._now = now
        self._gone = gone
        self._speakers = speakers
        self._base_s = recording.at_s if speakers is not None else 0.0
        self._caught_up = asyncio.Event()
        """What was stored before this began has been passed on."""
        self._began = now() - recording.received_ms / 1000
        self._stored = recording.size
        self._stored_ms = recording.received_ms
        self._bytes_per_s = plain_rate(recording.audio_format)
        self._received = recording.size
        self._received_ms = recording.received_ms
        self._unstored: list[bytes] = []
        self._unheard: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._unheard_bytes = 0
        self._came = asyncio.Event()
        self._finishing = asyncio.Event()
        self._all_stored = asyncio.Event()
        self._full = False
        self._refused = False
        self._leaving: asyncio.TimerHandle | None = None
        self._finals: list[FinalEvent] = []
        self._partial: PartialEvent | None = None
        """What was last shown of an utterance that is not stored yet, and whose voice it was said to be."""
        self._partial_speaker = ""
        self._ended_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        earlier = recordings.pieces(session.session_id, self._recording)
        self._tasks = [
            asyncio.create_task(self._store_forever()),
            asyncio.create_task(self._feed_forever(earlier)),
            asyncio.create_task(self._hear()),
        ]

    # --- from the sender ----------------------------------------------------------------------------------------

    def attach(self, sender: Sender) -> None:
        """The sender is here (again): from now on it is told."""
        self.sender = sender
        self.go_on()

    def detach(self, sender: Sender, grace_s: float) -> None:
        """The connection is gone; unless the sender comes back in time, the recording ends here."""
        if self.sender is sender and not self._finishing.is_set():
            self.sender = None
            self.end_after(grace_s)

    def feed(self, data: bytes) -> bool:
        """Take the next bytes. False: there is no more room for now (see `Sender.room_again`)."""
        if self._finishing.is_set() or not data:
            return True
        self._received += len(data)
        self._received_ms = self._length_ms()
        self._unstored.append(data)
        self._unheard.put_nowait(data)
        self._unheard_bytes += len(data)
        self._came.set()
        self._full = self._unheard_bytes > _ROOM or self._received - self._stored > _ROOM
        return not self._full

    def finish(self) -> None:
        """No more comes: what is open is heard to its end."""
        if not self._finishing.is_set():
            self._finishing.set()
            self._came.set()
            self._unheard.put_nowait(None)

    def end_after(self, grace_s: float) -> None:
        """Nobody sends any more: unless somebody goes on with it (`attach`), the recording ends then."""
        if not self._finishing.is_set():
            self._leaving = asyncio.get_running_loop().call_later(grace_s, self.finish)

    @property
    def ended(self) -> bool:
        """No more of it is taken."""
        return self._finishing.is_set()

    def go_on(self) -> None:
        """Somebody sends again."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def acknowledge(self, seq: int) -> None:
        """Tell the sender where the recording stands."""
        if self.sender is not None:
            self.sender.audio_stored(self.recording_id, self._stored_ms, self._stored, seq, last=False)

    def give_time(self, seconds: float) -> None:
        self._stream.give_time(seconds)

    async def stop(self) -> None:
        """Give it up without a trace: what is stored and unheard is heard after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()
        self._leave()

    # --- storing ------------------------------------------------------------------------------------------------

    async def _store_forever(self) -> None:
        try:
            while not self._refused:
                await self._came.wait()
                if not self._finishing.is_set():
                    await self._moment()
                self._came.clear()
                last = self._finishing.is_set()
                await self._store(last=last)
                if last:
                    break
        except VivavoceError as error:
            self._refuse(error)
        finally:
            self._all_stored.set()

    async def _moment(self) -> None:
        """Gather for a second, unless everything has come."""
        waiter = asyncio.ensure_future(self._finishing.wait())
        await asyncio.wait({waiter}, timeout=_STORE_EVERY_S)
        waiter.cancel()

    async def _store(self, *, last: bool) -> None:
        data = b"".join(self._unstored)
        self._unstored.clear()
        received_ms = self._received_ms
        command = c.StoreAudio(
            user_id=self.user_id,
            recording_id=self.recording_id,
            offset=self._stored,
            size=0,
            received_ms=received_ms,
            audio_format="",
            complete=last,
        )
        receipt = await self._recordings.store(self.session, command, data)
        self._stored += len(data)
        self._stored_ms = received_ms
        self._look_for_room()
        if self.sender is not None:
            self.sender.audio_stored(self.recording_id, received_ms, self._stored, receipt.last_seq, last=last)

    def _refuse(self, error: VivavoceError) -> None:
        """Nothing more can be stored: what is stored is heard to its end."""
        self._refused = True
        if self.sender is not None:
            self.sender.audio_refused(error)
        self.finish()

    def _length_ms(self) -> int:
        """How much has come, in milliseconds: by the samples where they are plain, else by the clock."""
        if self._bytes_per_s:
            return self._received * 1000 // self._bytes_per_s
        return int((self._now() - self._began) * 1000)

    def _look_for_room(self) -> None:
        if self._full and self._unheard_bytes <= _ROOM and self._received - self._stored <= _ROOM:
            self._full = False
            if self.sender is not None:
                self.sender.room_again()

    # --- hearing ------------------------------------------------------------------------------------------------

    async def _feed_forever(self, earlier: AsyncIterator[bytes]) -> None:
        try:
            async for piece in earlier:
                await self._stream.feed(piece)
            self._caught_up.set()
            while (data := await self._unheard.get()) is not None:
                await self._stream.feed(data)
                self._unheard_bytes -= len(data)
                self._look_for_room()
        except VivavoceError:
            return  # the stream has ended with this error, and says so to whoever listens to it
        finally:
            self._caught_up.set()
            await self._stream.finish()

    async def _hear(self) -> None:
        missed: tuple[c.Missed, ...] = ()
        duration_s = 0.0
        try:
            try:
                duration_s = await self._listen()
            except VivavoceError as error:
                missed = (missed_for(error),)
            self.quiet.set()
            self.finish()
            await self._all_stored.wait()
            parts: tuple[c.SpokenPart, ...] = ()
            if self._recording.in_one and not missed:
                parts, missed = parts_of(self.recording_id, self._finals, self._text_limit, self._took())
            state = self.session.state.recordings.get(self.recording_id)
            nothing = not parts and not missed and not (state is not None and (state.spoken or state.missed))
            if nothing:
                missed = (c.Missed("no_speech", 0.0, duration_s),)
            await self._record(parts, missed, finished=True, duration_s=duration_s)
        except VivavoceError as error:
            # It stays unheard in the log, and is taken up when the session is read again.
            _LOG.warning("a recording could not be settled (%s)", error.code)
        finally:
            await self._stream.close()
            self._leave()

    async def _listen(self) -> float:
        """To the end of the stream; its length in seconds."""
        from vivavoce.speech import events as s

        skipped_s = self._recording.heard_s
        async for event in self._stream:
            match event:
                case s.SpeechStarted():
                    self.quiet.clear()
                    self._tell("speech_started")
                case s.Partial():
                    self._partial = event
                    self._show_partial(event, self._speaking(event))
                case s.Listened():
                    self._look_at_partial()
                case s.EndpointReached():
                    self._ended_at = self._now()
                    self._tell("speech_ended")
                case s.FalseStart():
                    self._forget_partial(event.utterance)
                    self.quiet.set()
                    self._tell("false_start")
                case s.Final():
                    self._forget_partial(event.utterance)
                    await self._said(event)
                    self.quiet.set()
                case s.Closed():
                    return round(skipped_s + event.duration_s, 3)
        return skipped_s

    def _speaking(self, partial: PartialEvent) -> str:
        """Whose voice an open utterance sounds like so far."""
        return self._speakers.speaking(partial.start_s, partial.end_s) if self._speakers is not None else ""

    def _look_at_partial(self) -> None:
        """Show what was shown last again when it sounds like another voice now, or like one at all."""
        if self._partial is not None:
            speaker = self._speaking(self._partial)
            if speaker and speaker != self._partial_speaker:
                self._show_partial(self._partial, speaker)

    def _forget_partial(self, utterance: int) -> None:
        """An utterance is over: what was shown of it is not shown again."""
        if self._partial is not None and self._partial.utterance <= utterance:
            self._partial = None

    def _show_partial(self, partial: PartialEvent, speaker: str) -> None:
        self._partial_speaker = speaker
        self.session.tell(
            PartialSpeech(
                self.user_id,
                self.recording_id,
                partial.text,
                partial.language,
                round(partial.start_s - self._base_s, 3),
                round(partial.end_s - self._base_s, 3),
                speaker,
            )
        )

    async def _said(self, final: FinalEvent) -> None:
        if self._speakers is not None:
            parts, missed = await self._speakers.heard(self.recording_id, self._base_s, final, self._took())
            await self._record(parts, missed)
            await self._speakers.look_again(self.session)
        elif self._recording.in_one:
            self._finals.append(final)
        elif final.text:
            await self._record((part_of(self.recording_id, [final], final.text[: self._text_limit], self._took()),), ())
        else:
            await self._record((), (missed_in(final),))

    async def _record(
        self,
        parts: tuple[c.SpokenPart, ...],
        missed: tuple[c.Missed, ...],
        *,
        finished: bool = False,
        duration_s: float = 0.0,
    ) -> None:
        state = self.session.state
        command = c.RecordSpeech(
            recording_id=self.recording_id,
            plan=state.plan or self._plan(state.config),
            parts=parts,
            missed=missed,
            finished=finished,
            duration_s=duration_s,
        )
        for pause_s in (*_PAUSES_S, None):
            try:
                await self.session.submit(command, SYSTEM)
                return
            except VivavoceError as error:
                if pause_s is None or not error.retryable:
                    raise
                await asyncio.sleep(pause_s)

    def _took(self) -> float:
        return max(0.0, self._now() - self._ended_at) if self._ended_at else 0.0

    def _tell(self, kind: str) -> None:
        self.session.tell(Activity(kind, self.user_id, self.recording_id))  # type: ignore[arg-type]

    def _leave(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
        self.quiet.set()
        if not self.done.done():
            self.done.set_result(None)
            self._gone(self)
