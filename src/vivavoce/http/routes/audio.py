"""`/sessions/{id}/audio`: recordings sent whole, and what was recorded, to be listened to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from vivavoce.domain.errors import forbidden, invalid, too_large
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.session.state import Recording
from vivavoce.http.caller import AtSession, Visit
from vivavoce.http.route import ApiRoute, takes_stream
from vivavoce.http.shapes import interviews as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.protocols.times import iso
from vivavoce.voice.recordings import AudioOptions
from vivavoce.voice.voice import recording_in

router = APIRouter(route_class=ApiRoute, tags=["audio"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503))
_CHUNK_DEADLINE_S: Final = 60
_FORMATS: Final = ("audio/wav", "audio/mpeg", "audio/mp4", "audio/webm", "audio/ogg", "audio/flac")
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}} for name in ("application/octet-stream", *_FORMATS)
        },
    }
}
RecordingId = Annotated[str, Path(min_length=1, max_length=128)]


@router.post(
    "/sessions/{session_id}/audio", status_code=201, response_model=shapes.StoredAudioShape, openapi_extra=_BODY
)
@takes_stream
async def send_audio(
    visit: AtSession,
    request: Request,
    audio_format: Annotated[str, Query(max_length=64, description="Where Content-Type does not say it")] = "",
    sample_rate: Annotated[int, Query(ge=4_000, le=384_000, description="Of raw samples")] = 16_000,
    channels: Annotated[int, Query(ge=1, le=16, description="Of raw samples")] = 1,
    language: Literal["en", "ko", "zh", "auto"] | None = None,
    client_id: Annotated[str | None, Query(max_length=64)] = None,
    idempotency_key: Annotated[str | None, Header(max_length=64)] = None,
) -> Any:
    """Send a large recording as the body, as it is. It is safe when this is answered, and heard soon after: what was
    said comes as a message, and the interviewer replies to it. The same `client_id` twice happens once."""
    visit.require("speak")
    once = check_client_id(client_id or idempotency_key)
    limit = visit.services.audio_limit
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large(f"a recording has at most {limit} bytes", limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    options = AudioOptions(
        audio_format=audio_format or ("" if kind == "application/octet-stream" else kind),
        sample_rate=sample_rate,
        channels=channels,
        language=language or "",
    )
    stored = await visit.services.voice.upload(
        visit.session, visit.viewer.user_id, _body(request), options, client_id=once, limit=limit
    )
    return {
        "recording_id": stored.recording_id,
        "bytes": stored.size,
        "seq": stored.receipt.last_seq,
        "status": "processing",
        "client_id": once,
    }


async def _body(request: Request) -> AsyncIterator[bytes]:
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(_CHUNK_DEADLINE_S):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise invalid("the body did not come in time", reason="bad_request", limit=_CHUNK_DEADLINE_S) from None
        yield chunk


@router.get("/sessions/{session_id}/audio", response_model=shapes.RecordingsShape)
async def list_recordings(visit: AtSession) -> Any:
    """What was recorded: all of it for staff, their own for others."""
    visit.require("read")
    state = await visit.state()
    mine = [recording for recording in state.recordings.values() if recording.size and _may_hear(visit, recording)]
    return {"items": [_shown(recording) for recording in mine]}


@router.get(
    "/sessions/{session_id}/audio/{recording_id}",
    response_class=Response,
    responses={200: {"content": {name: {} for name in _FORMATS}, "description": "The recording, or a part as WAV"}},
)
async def play(
    visit: AtSession,
    recording_id: RecordingId,
    start_s: Annotated[float | None, Query(alias="from", ge=0, le=1e6, description="Seconds of the recording")] = None,
    end_s: Annotated[float | None, Query(alias="to", ge=0, le=1e6)] = None,
) -> Response:
    """A recording as it is kept, or with `from` and `to` a part of it as WAV."""
    visit.require("read")
    state = await visit.state()
    recording = recording_in(state, recording_id)
    if not _may_hear(visit, recording):
        raise forbidden("this is somebody else's recording", reason="role_forbids")
    if recording.user_id != visit.viewer.user_id:
        services = visit.services
        subject = f"session:{state.session_id}"
        await services.audit.record(
            services.clock.now_ms(), visit.viewer.user_id, "audio_played", subject, {"recording_id": recording_id}
        )
    voice = visit.services.voice
    if start_s is None and end_s is None:
        media_type, pieces = voice.whole(state, recording_id)
        return StreamingResponse(pieces, media_type=media_type)
    if start_s is None or end_s is None:
        raise invalid("from and to belong together", field="to" if end_s is None else "from")
    return Response(await voice.clip(state, recording_id, start_s, end_s), media_type="audio/wav")


def _may_hear(visit: Visit, recording: Recording) -> bool:
    return visit.viewer.is_staff or recording.user_id == visit.viewer.user_id


def _shown(recording: Recording) -> dict[str, Any]:
    return {
        "recording_id": recording.recording_id,
        "user_id": recording.user_id,
        "audio_format": recording.audio_format,
        "bytes": recording.size,
        "duration_s": recording.duration_s if recording.heard else None,
        "status": "heard" if recording.heard else "processing" if recording.complete else "open",
        "at": iso(recording.at),
        "at_s": round(recording.at_s, 3),
    }
