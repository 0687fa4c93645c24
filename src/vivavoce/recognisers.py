"""The recognisers of this process: fetched where that was asked for, opened in the background, there when they are.

What they need is imported in a thread, when it is needed: the start of the server does not wait for any of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vivavoce.domain.errors import VivavoceError
from vivavoce.settings import Settings
from vivavoce.voice.speech import VoiceState, voice_unavailable

if TYPE_CHECKING:
    from vivavoce.engines.catalogue_pull import Progress
    from vivavoce.speech.pipeline import SpeechPipeline
    from vivavoce.speech.pool import RecogniserPool
    from vivavoce.speech.speakers import SpeakerTracker
    from vivavoce.speech.tracking import SpeakerThread

_LOG: Final = logging.getLogger(__name__)
DETECTOR: Final = "silero-vad-v6"
_PACKAGES: Final = ("av", "soxr", "onnxruntime", "numpy")
#: A live stream may be as long as the longest interview.
_STREAM_S: Final = 4 * 3600.0

OnProgress = Callable[["Progress"], None]
"""Called in a thread of its own."""
Tell = Callable[[str], None]
"""A sentence for the operator, on the event loop."""


class InstalledSpeech:
    """`start` on the running loop, `stop` at the end. With `fetch`, models that are missing are downloaded first."""

    def __init__(
        self,
        settings: Settings,
        *,
        fetch: bool = False,
        on_progress: OnProgress = lambda progress: None,
        tell: Tell = lambda sentence: None,
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._on_progress = on_progress
        self._tell = tell
        self._state: VoiceState = "off"
        self._reason = "speech_missing"
        self._pool: RecogniserPool | None = None
        self._pipeline: SpeechPipeline | None = None
        self._speakers: SpeakerThread | None = None
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted_bytes = 0
        self._fetched_bytes: dict[str, int] = {}

    @property
    def state(self) -> VoiceState:
        return self._state

    @property
    def fetched(self) -> float | None:
        """The share of the missing models that is there (0 to 1), while they are being fetched."""
        if self._state != "fetching" or not self._wanted_bytes:
            return None
        return min(1.0, sum(self._fetched_bytes.values()) / self._wanted_bytes)

    def pipeline(self) -> SpeechPipeline:
        if self._pipeline is None:
            raise voice_unavailable("voice_unavailable" if self._state == "fetching" else self._reason)
        return self._pipeline

    def open_tracker(self, memory: bytes = b"") -> SpeakerTracker:
        """A session's speaker tracker, going on from what an earlier one remembered; off where no model is for it.

        Raises `unavailable` when the memory cannot be read.
        """
        from vivavoce.speech.speakers import OneSpeaker

        if self._speakers is None:
            return OneSpeaker()
        return self._speakers.open(memory, speakers=self._settings.panel_speakers)

    async def ready(self) -> SpeechPipeline:
        await self._opened.wait()
        return self.pipeline()

    def start(self) -> None:
        if self._settings.voice_workers and not missing_packages():
            self._state = "fetching"
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._pool is not None:
            await self._pool.stop()
        if self._speakers is not None:
            await asyncio.to_thread(self._speakers.close)

    async def _run(self) -> None:
        try:
            if self._fetch:
                await self._fetch_models()
            await self._open()
        except VivavoceError as error:
            self._state = "off"
            self._reason = error.reason
            if error.reason != "speech_model_missing":
                _LOG.warning("voice stays off: %s", error.details)
        except Exception:
            self._state = "off"
            _LOG.exception("voice stays off")

    async def _fetch_models(self) -> None:
        """In a daemon thread: ending the server does not wait for a download, which goes on at the next start."""
        from vivavoce.engines.catalogue import missing_models

        missing = await asyncio.to_thread(missing_models, self._settings.models_path)
        if not missing:
            return
        names = ", ".join(model.name for model in missing)
        self._wanted_bytes = sum(model.download_bytes for model in missing)
        self._tell(f"Fetching the models for voice ({names}); text works meanwhile")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str] = loop.create_future()

        def work() -> None:
            trouble = self._pull(missing)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, done, trouble)

        threading.Thread(target=work, name="model-fetcher", daemon=True).start()
        trouble = await done
        if trouble:
            _LOG.info("models could not be fetched: %s", trouble)
            self._tell(
                "The models for voice could not be fetched (is there a network?); interviews go on in writing, and "
                "`vivavoce models pull` tries again"
            )

    def _pull(self, missing: object) -> str:
        from vivavoce.engines.catalogue import Model
        from vivavoce.engines.catalogue_pull import pull

        trouble = ""
        for model in missing:  # type: ignore[attr-defined]
            assert isinstance(model, Model)
            try:
                pull(self._settings.models_path, model, self._note)
            except VivavoceError as error:
                trouble = error.details
            except Exception as error:
                trouble = f"{type(error).__name__}: {error}"
        return trouble

    def _note(self, progress: Progress) -> None:
        self._fetched_bytes[progress.name] = progress.done_bytes
        self._on_progress(progress)

    async def _open(self) -> None:
        pool, pipeline = await asyncio.to_thread(_prepare, self._settings)
        self._pool = pool
        self._speakers = await asyncio.to_thread(_prepare_speakers, self._settings)
        await pool.start()
        self._pipeline = pipeline
        self._state = "ready"
        self._opened.set()
        self._tell("Voice is ready")


def _settle(done: asyncio.Future[str], trouble: str) -> None:
    if not done.done():
        done.set_result(trouble)


def missing_packages() -> tuple[str, ...]:
    """Packages of the extra `speech` that are not installed."""
    return tuple(name for name in _PACKAGES if importlib.util.find_spec(name) is None)


def _prepare(settings: Settings) -> tuple[RecogniserPool, SpeechPipeline]:
    """The pool (not started yet) and the pipeline on it. Raises VivavoceError unavailable where models are missing."""
    import msgspec

    from vivavoce.engines.asr.registry import FACTORY, RecogniserSpec, installed_languages
    from vivavoce.engines.vad.silero import SileroModel
    from vivavoce.speech.pipeline import SpeechPipeline
    from vivavoce.speech.pool import PoolSettings, RecogniserPool
    from vivavoce.speech.stream import SpeechLimits

    root = settings.models_path.absolute()
    if settings.asr_engine == "auto" and not installed_languages(root):
        raise VivavoceError("unavailable", "no recogniser is installed", reason="speech_model_missing")
    detector = SileroModel(_detector_file(root))
    spec = RecogniserSpec(
        models_dir=str(root),
        engine=settings.asr_engine,
        model=settings.asr_model,
        base_url=settings.asr_base_url,
        api_key=settings.asr_api_key.get_secret_value(),
    )
    pool = RecogniserPool(
        PoolSettings(factory=FACTORY, settings=msgspec.msgpack.encode(spec), workers=settings.voice_workers)
    )
    limits = SpeechLimits(recording_bytes=settings.audio_upload_bytes, stream_s=_STREAM_S)
    return pool, SpeechPipeline(pool, detector.open, limits)


def _prepare_speakers(settings: Settings) -> SpeakerThread | None:
    """What tells speakers apart, None where its models or packages are missing."""
    from vivavoce.engines.diarization import campplus, segmentation
    from vivavoce.speech.tracking import SpeakerThread

    root = settings.models_path.absolute()
    try:
        embedder = campplus.CampPlusEmbedder(root / campplus.MODEL)
        return SpeakerThread(embedder, segmentation.PyannoteSegmentation(root / segmentation.MODEL))
    except VivavoceError as error:
        _LOG.info("speakers are not told apart: %s", error.details)
        return None


def _detector_file(root: Path) -> Path:
    folder = root / DETECTOR
    return next(iter(sorted(folder.glob("*.onnx"))), folder / "model.onnx")
