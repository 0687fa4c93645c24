"""`/sessions/{id}/transcript/…`: candidates say what was misheard and confirm the rest, before anything is scored."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from vivavoce.domain.session.confirmation import ConfirmTranscript, FlagUtterance
from vivavoce.http.caller import AtSession, Caller, Ours
from vivavoce.http.idempotency import idempotent
from vivavoce.http.route import ApiRoute
from vivavoce.http.routes.conversation import transcript
from vivavoce.http.shapes import confirmation as shapes
from vivavoce.http.shapes.base import Empty, refusals

router = APIRouter(route_class=ApiRoute, tags=["conversation"], responses=refusals(401, 403, 404, 409, 413, 422))


@router.post("/sessions/{session_id}/transcript/flags", response_model=shapes.TranscriptShape)
@idempotent
async def flag_utterance(body: shapes.FlagBody, visit: AtSession) -> Any:
    """Say that an own spoken utterance was misheard, with or without what was said instead; `flagged: false` takes it
    back. Possible until the transcript is confirmed. The same twice happens once."""
    visit.require("speak")
    user_id = visit.viewer.user_id
    command = FlagUtterance(
        user_id=user_id, utterance_id=body.utterance_id, correction=body.correction, flagged=body.flagged
    )
    await visit.session.submit(command, user_id)
    return await transcript(visit)


@router.post("/sessions/{session_id}/transcript/confirmation", response_model=shapes.TranscriptShape)
@idempotent
async def confirm_transcript(visit: AtSession, body: Empty | None = None) -> Any:
    """After the interview: everything that I did not flag is what I said. The scores are made then."""
    visit.require("speak")
    user_id = visit.viewer.user_id
    await visit.session.submit(ConfirmTranscript(user_id=user_id), user_id)
    return await transcript(visit)


@router.get("/voice", response_model=shapes.VoiceShape, tags=["audio"])
async def voice(services: Ours, identity: Caller) -> Any:
    """Whether interviews can be spoken here now, and how much of the models has been fetched."""
    return {"state": services.voice.state, "fetched": services.voice.fetched}
