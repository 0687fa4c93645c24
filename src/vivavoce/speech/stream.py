"""One stream of speech: bytes in, transcripts out, in the order they were spoken."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.domain.speech import SAMPLE_RATE, Quality, Recognition, RecognitionRequest, Script, VoiceDetector
from vivavoce.speech.completeness import completeness
from vivavoce.speech.decoding import ByteFeed, Decoder
from vivavoce.speech.endpointing import (
    PROFILES,
    Began,
    Ended,
    Endpointer,
    EndpointRules,
    Patience,
    Paused,
    SegmentClosed,
)
from vivavoce.speech.events import (
    Closed,
    EndpointReached,
    FalseStart,
    Listened,
    Notice,
    Partial,
    SpeechEvent,
    SpeechStarted,
)
from vivavoce.speech.events import (
    Final as FinalEvent,
)
from vivavoce.speech.jobs import Priority
from vivavoce.speech.joining import Piece, join_pieces
from vivavoce.speech.listening import Growing, Heard, Listener
from vivavoce.speech.pool import RecogniserPool
from vivavoce.speech.recognising import Recognising, Segment, Spending, Utterance
from vivavoce.speech.speakers import SoundTap

_WAITING_BYTES: Final = 8 << 20
_BACKOFF_S: Final = 0.05
#: What is being said is shown no more often than this (with each chunk of a second, also one that comes a little
#: early), and from so much sound on.
_PARTIAL_S: Final = 0.8
_PARTIAL_LEAST_S: Final = 0.6
#: Where an utterance ends so much later than what was shown of it, its words are shown before they are sure.
_UNSEEN_S: Final = 0.5
#: While the language is not known, what sounds this surely like the cheap one is shown.
_SURELY_CHEAP: Final = 0.65
_COST_FACTOR: Final = 3.0
_AHEAD: Final = 6
_STICKY_PROBABILITY: Final = 0.85
_STICKY_SPEECH_S: Final = 1.5
# The language whose recognition costs so little that partials are made while somebody speaks. In the others a segment
# is closed at the first pause after a few seconds, so that little is left to recognise when the speaker stops.
_CHEAP: Final = "en"
_SHORT_SEGMENTS: Final = EndpointRules(segment_s=6.0)
_RECORDING_RULES: Final = EndpointRules(segment_s=18.0, longest_segment_s=27.0)


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream is heard.

    `language` is the one expected, None to detect it. `recording` says that the audio is already there whole: no
    partials, no guessing at pauses, behind everything live unless it is `urgent`. `offset_s` is the session time at
    which the stream begins; every time in its events counts from there. `skip_s`: so much of its beginning is decoded
    but not listened to (it was heard before).
    """

    audio_format: str | None = None
    language: str | None = None
    patience: Patience = "standard"
    script: Script = "simplified"
    prompt: str = ""
    partials: bool = True
    recording: bool = False
    urgent: bool = False
    offset_s: float = 0.0
    skip_s: float = 0.0


class SpeechLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream and a recording may cost: bytes of a chunk and of a recording, seconds of audio."""

    chunk_bytes: int = 5 << 20
    recording_bytes: int = 64 << 20
    stream_s: float = 4 * 3600.0
    recording_s: float = 3600.0


class SpeechStream:
    """Feed it bytes, iterate over its events. Made by `SpeechPipeline.open_stream`.

    Decoding, voice activity and endpointing run in a thread of the stream, recognition in the pool; the event loop
    only passes things on. Iterating raises the VivavoceError that ended the stream, if one did; after `Closed`
    nothing comes. What is fed is either understood or refused, never silently dropped.
    """

    def __init__(
        self,
        pool: RecogniserPool,
        detector: VoiceDetector,
        options: StreamOptions,
        limits: SpeechLimits,
        tap: SoundTap | None = None,
    ) -> None:
        self._pool = pool
        self._options = options
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._feed = ByteFeed()
        self._decoder = Decoder(self._feed, options.audio_format)
        live = EndpointRules() if options.language == _CHEAP else _SHORT_SEGMENTS
        rules = _RECORDING_RULES if options.recording else live
        self._endpointer = Endpointer(PROFILES[options.patience], rules)
        self._listener = Listener(detector, self._endpointer, tap, options.offset_s)
        self._tapped = tap is not None
        self._language = options.language
        self._events: asyncio.Queue[SpeechEvent | asyncio.Future[None] | VivavoceError] = asyncio.Queue()
        """A future among the events is done when whoever iterates has come to it."""
        self._ended: asyncio.Queue[Utterance | asyncio.Future[None] | VivavoceError | None] = asyncio.Queue()
        self._open: Utterance | None = None
        self._count = 0
        self._error: VivavoceError | None = None
        self._finished = False
        self._partial: Recognising | None = None
        self._partial_at = 0.0
        self._spending = Spending()
        self._ahead = threading.Semaphore(_AHEAD) if options.recording else None
        self._abandoned = threading.Event()
        self._deliverer = asyncio.create_task(self._deliver())
        self._thread = threading.Thread(target=self._listen, name="speech-stream", daemon=True)
        self._thread.start()

    @property
    def header(self) -> bytes | None:
        """Of a WebM stream, the bytes that make a later chunk decodable on its own; None before they came."""
        return self._decoder.header

    @property
    def error(self) -> VivavoceError | None:
        """What ended the stream before its time."""
        return self._error

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._open is not None

    @property
    def said_s(self) -> tuple[float, float] | None:
        """From when on somebody has been speaking and how far the audio goes, as events have it; None in silence."""
        if self._open is None:
            return None
        return self._open.start_s, max(self._open.start_s, self._options.offset_s + self._listener.duration_s)

    async def feed(self, data: bytes) -> None:
        """Takes the next bytes of the recording; waits while the decoder is far behind.

        Raises `too_large` for a chunk over the limit, `invalid_payload` for an empty one or after `finish`, and the
        error that ended the stream.
        """
        if self._error is not None:
            raise self._error
        if self._finished:
            raise VivavoceError("invalid_payload", "the audio stream was finished")
        if not data:
            raise VivavoceError("invalid_payload", "the chunk is empty", info={"field": "audio_data"})
        if len(data) > self._limits.chunk_bytes:
            raise too_large("the chunk is too large", self._limits.chunk_bytes, field="audio_data")
        while self._feed.waiting > _WAITING_BYTES and self._error is None:  # noqa: ASYNC110
            await asyncio.sleep(_BACKOFF_S)
        self._feed.put(bytes(data))

    async def finish(self) -> None:
        """No more audio comes: what is open is recognised now, without waiting for a pause."""
        self._finished = True
        self._feed.close()

    async def close(self) -> None:
        """Gives the stream up: what has not been recognised is not. Safe to call at any time."""
        self._abandoned.set()
        self._finished = True
        self._feed.close()
        if self._ahead is not None:
            self._ahead.release()
        self._deliverer.cancel()
        await asyncio.gather(self._deliverer, return_exceptions=True)
        await asyncio.to_thread(self._thread.join)

    async def digested(self) -> None:
        """Wait until whoever iterates over the events has had all that follow from what was fed so far: it was
        decoded and listened to, and what ended in it was recognised. Returns at once where nobody listens any more."""
        dry: asyncio.Future[None] = self._loop.create_future()
        self._feed.when_dry(lambda: self._call(_settle, dry))
        await dry
        mark: asyncio.Future[None] = self._loop.create_future()
        self._ended.put_nowait(mark)
        await asyncio.wait({mark, self._deliverer}, return_when=asyncio.FIRST_COMPLETED)

    def set_patience(self, patience: Patience) -> None:
        """Changes how long a pause may be, from now on."""
        self._endpointer.profile = PROFILES[patience]

    def give_time(self, seconds: float) -> None:
        """The speaker asked for time: no utterance ends within the next `seconds` of audio."""
        self._listener.wait(seconds)

    async def events(self) -> AsyncIterator[SpeechEvent]:
        """The stream's events, to `Closed`. Raises the error that ended the stream."""
        while True:
            event = await self._events.get()
            if isinstance(event, VivavoceError):
                raise event
            if isinstance(event, asyncio.Future):
                _settle(event)
                continue
            yield event
            if isinstance(event, Closed):
                return

    def __aiter__(self) -> AsyncIterator[SpeechEvent]:
        return self.events()

    # In the stream's thread ------------------------------------------------------------------------------------

    def _listen(self) -> None:
        limit_s = self._limits.recording_s if self._options.recording else self._limits.stream_s
        skip = round(self._options.skip_s * SAMPLE_RATE)
        try:
            for decoded in self._decoder.blocks():
                if self._abandoned.is_set():
                    return
                block = decoded[skip:]
                skip -= len(decoded) - len(block)
                if len(block) == 0:
                    continue
                self._hand_over(self._listener.feed(block))
                if self._tapped:
                    self._call(self._emit, Listened(until_s=self._options.offset_s + self._listener.duration_s))
                if self._listener.duration_s > limit_s:
                    raise VivavoceError("too_large", "the audio is too long", info={"limit": limit_s})
                if self._time_for_partial() and (growing := self._listener.growing(_PARTIAL_LEAST_S)) is not None:
                    self._partial_at = time.monotonic()
                    self._hand_over([growing])
            self._hand_over(self._listener.finish())
            self._call(self._on_end, None)
        except VivavoceError as error:
            self._call(self._on_end, error)
        except Exception as error:
            details = f"decoding failed: {type(error).__name__}"
            self._call(self._on_end, VivavoceError("unsupported_media", details))
        finally:
            self._feed.leave()

    def _time_for_partial(self) -> bool:
        """Whether what is being said can be shown: nobody reads faster, and others wait for the recognisers."""
        return (
            self._shows_words()
            and self._partial is None
            and time.monotonic() - self._partial_at >= _PARTIAL_S
            and self._pool.is_idle()
        )

    def _shows_words(self) -> bool:
        return self._options.partials and not self._options.recording and self._language in (None, _CHEAP)

    def _hand_over(self, heard: list[Heard]) -> None:
        for item in heard:
            if self._ahead is not None and isinstance(item.moment, SegmentClosed | Ended):
                # A recording is decoded far faster than it is recognised: only a few segments may wait.
                while not self._abandoned.is_set() and not self._ahead.acquire(timeout=0.5):
                    continue
            self._call(self._on_heard, item, self._listener.seconds(item.frame))

    def _call(self, function: object, *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]
        except RuntimeError:
            # The loop is gone: nobody is left to be told.
            self._abandoned.set()

    # On the event loop -----------------------------------------------------------------------------------------

    def _on_heard(self, heard: Heard, now_s: float) -> None:
        moment = heard.moment
        if isinstance(moment, Began):
            self._count += 1
            self._open = Utterance(self._count, self._time(moment.start))
            self._emit(SpeechStarted(utterance=self._count, start_s=self._open.start_s))
            return
        utterance = self._open
        if utterance is None:
            return
        utterance.end_s = self._time(moment.end)
        match moment:
            case Growing():
                self._show_growing(utterance, heard, moment)
            case Paused():
                if not self._options.recording:
                    self._guess(utterance, heard, moment)
            case SegmentClosed():
                self._close_segment(utterance, heard, moment, Priority.SPECULATIVE)
                utterance.guess = None
            case Ended():
                self._end(utterance, heard, moment, now_s)

    def _end(self, utterance: Utterance, heard: Heard, ended: Ended, now_s: float) -> None:
        utterance.ended = ended
        self._open = None
        for segment in utterance.segments:
            segment.work.promote()
        if len(heard.samples) and heard.sound.speech_s > 0:
            self._close_segment(utterance, heard, ended, Priority.FINAL)
        elif self._ahead is not None:
            self._ahead.release()
        waited_s = round(ended.waited * self._endpointer.rules.frame_s, 3)
        end_s = max(utterance.start_s, self._options.offset_s + now_s - waited_s)
        utterance.end_s = min(utterance.end_s, end_s + self._endpointer.rules.tail_s)
        self._emit(
            EndpointReached(
                utterance=utterance.number, start_s=utterance.start_s, end_s=utterance.end_s, waited_s=waited_s
            )
        )
        self._ended.put_nowait(utterance)

    def _close_segment(
        self, utterance: Utterance, heard: Heard, moment: SegmentClosed | Ended, priority: Priority
    ) -> None:
        segment = self._segment(utterance, heard, priority)
        utterance.segments.append(segment)
        if not self._shows_words() or utterance.end_s - utterance.shown_s <= _UNSEEN_S:
            return
        if isinstance(moment, SegmentClosed):
            segment.work.then(lambda _: self._emit_partial(utterance))
        if segment.work.result is None:
            # A second opinion takes a while: whoever listens sees the first one meanwhile.
            self._show_words(utterance, heard, moment, Priority.FIRST_WORDS)

    def _on_end(self, error: VivavoceError | None) -> None:
        if error is not None:
            self._error = error
        self._ended.put_nowait(error)

    def _segment(self, utterance: Utterance, heard: Heard, priority: Priority) -> Segment:
        """The segment's recognition: the guess made at the pause when no word came since, else a new one."""
        moment = heard.moment
        assert not isinstance(moment, Began)
        guess = utterance.guess
        if guess is not None and guess.key == (moment.start, moment.end):
            return guess
        if guess is not None:
            guess.work.cancel()
        if self._options.recording:
            priority = Priority.FINAL if self._options.urgent else Priority.RECORDING
        work = Recognising(self._pool, heard.samples, self._request(self._quality(priority)), priority)
        work.afterwards(self._spending.pay)
        if self._ahead is not None:
            ahead = self._ahead
            work.afterwards(lambda _: ahead.release())
        key = (moment.start, moment.end)
        return Segment(key, self._time(moment.start), self._time(moment.end), heard.sound, work)

    def _quality(self, priority: Priority) -> Quality:
        if priority is Priority.RECORDING:
            return "best"
        if self._language != _CHEAP or self._options.recording:
            return "final"
        return self._spending.quality(self._listener.duration_s)

    def _guess(self, utterance: Utterance, heard: Heard, paused: Paused) -> None:
        """Recognises what has been said at a pause: most pauses of this length end the utterance."""
        segment = self._segment(utterance, heard, Priority.SPECULATIVE)
        utterance.guess = segment
        segment.work.then(lambda recognition: self._on_guess(utterance, segment, paused, recognition))

    def _on_guess(self, utterance: Utterance, segment: Segment, paused: Paused, recognition: Recognition) -> None:
        if utterance is not self._open or not utterance.is_open_from(segment.key[0]):
            return
        if utterance.guess is segment:
            self._listener.hint(paused, completeness(recognition.text, recognition.language))
        # On a slow machine the speaker has paused again meanwhile: what was said until then can be shown all the same.
        self._emit_partial(utterance, segment.piece())

    def _show_growing(self, utterance: Utterance, heard: Heard, growing: Growing) -> None:
        if self._partial is None:
            self._partial = self._show_words(utterance, heard, growing, Priority.PARTIAL)
            self._partial.afterwards(self._partial_done)

    def _show_words(
        self, utterance: Utterance, heard: Heard, moment: Growing | SegmentClosed | Ended, priority: Priority
    ) -> Recognising:
        """Has the cheap recogniser read what can be shown before its words are sure."""
        unsure = self._language is None
        request = msgspec.structs.replace(self._request("live"), language=_CHEAP)
        work = Recognising(self._pool, heard.samples, request, priority)

        def done(recognition: Recognition) -> None:
            if unsure and (recognition.confidence or 0.0) < _SURELY_CHEAP:
                return
            # A pause or the end may have come meanwhile, and be recognised already: then this is old.
            if utterance.awaits(moment.start, moment.end):
                piece = Piece(self._time(moment.start), self._time(moment.end), recognition, heard.sound)
                self._emit_partial(utterance, piece)

        work.then(done)
        return work

    def _partial_done(self, cost_s: float) -> None:
        # Partials may cost a worker a third of its time at most.
        self._loop.call_later(max(0.0, cost_s * (_COST_FACTOR - 1.0)), self._allow_partial)

    def _allow_partial(self) -> None:
        self._partial = None

    def _emit_partial(self, utterance: Utterance, *open_piece: Piece) -> None:
        """Shows what was recognised of an utterance: its closed segments, and what is known of the open one."""
        closed = [segment.piece() for segment in utterance.segments if segment.work.result is not None]
        pieces = [*closed, *open_piece]
        piece = pieces[-1]
        if not self._options.partials or piece.end_s < utterance.shown_s:
            return
        joined = join_pieces(pieces, self._language)
        if joined.text:
            utterance.shown_s = piece.end_s
            self._emit(
                Partial(
                    utterance=utterance.number,
                    text=joined.text,
                    start_s=utterance.start_s,
                    end_s=piece.end_s,
                    language=joined.language,
                )
            )

    async def _deliver(self) -> None:
        """Sends finals in the order of their utterances, however the workers finish."""
        while isinstance(utterance := await self._ended.get(), Utterance | asyncio.Future):
            if isinstance(utterance, asyncio.Future):
                self._events.put_nowait(utterance)
                continue
            pieces = [await segment.recognised() for segment in utterance.segments]
            self._emit(self._final(utterance, pieces))
        if isinstance(utterance, VivavoceError):
            self._events.put_nowait(utterance)
        else:
            duration_s = round(self._listener.duration_s, 3)
            self._emit(Closed(duration_s=duration_s, truncated=self._decoder.truncated))

    def _final(self, utterance: Utterance, pieces: list[Piece]) -> FinalEvent | FalseStart:
        joined = join_pieces(pieces, self._language)
        foreign = self._options.language is not None and joined.language != self._options.language
        notice: Notice = "other_language" if foreign else "not_recognised" if joined.failed else ""
        if not joined.text and not notice:
            return FalseStart(utterance=utterance.number, start_s=utterance.start_s, end_s=utterance.end_s)
        self._learn_language(pieces)
        ended = utterance.ended
        return FinalEvent(
            utterance=utterance.number,
            text=joined.text,
            start_s=utterance.start_s,
            end_s=utterance.end_s,
            language=joined.language,
            confidence=joined.confidence,
            words=joined.words,
            word_times="measured" if joined.measured else "estimated",
            notice=notice,
            cut_off=ended.cut_off if ended else False,
            waited_s=round(ended.waited * self._endpointer.rules.frame_s, 3) if ended else 0.0,
            engine=joined.engine,
        )

    def _learn_language(self, pieces: list[Piece]) -> None:
        """A stream without a given language keeps to the one that it was heard to be in, until it changes."""
        if self._options.language is not None:
            return
        for piece in pieces:
            heard = piece.recognition
            sure = heard is not None and (heard.language_probability or 0.0) >= _STICKY_PROBABILITY
            if heard is not None and sure and heard.text and piece.sound.speech_s >= _STICKY_SPEECH_S:
                self._language = heard.language

    def _request(self, quality: Quality) -> RecognitionRequest:
        return RecognitionRequest(
            language=self._language, quality=quality, script=self._options.script, prompt=self._options.prompt
        )

    def _time(self, frame: int) -> float:
        return round(self._options.offset_s + self._listener.seconds(frame), 3)

    def _emit(self, event: SpeechEvent) -> None:
        self._events.put_nowait(event)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
