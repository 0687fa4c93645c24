"""What was said in an interview: messages (and going on over HTTP), history, transcript."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from vivavoce.domain.errors import VivavoceError, too_large
from vivavoce.domain.ids import check_client_id
from vivavoce.domain.session import commands as c
from vivavoce.evaluation.room_transcript import room_transcript
from vivavoce.http import idempotency
from vivavoce.http.caller import AtSession, Visit
from vivavoce.http.idempotency import idempotent
from vivavoce.http.replies import reply_to
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import interviews as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.http.shapes.confirmation import TranscriptShape
from vivavoce.protocols.dialogue.confirmation import confirmation_view
from vivavoce.protocols.dialogue.projector import history_item, messages, project
from vivavoce.protocols.rooms.history import narrowed

router = APIRouter(
    route_class=ApiRoute, tags=["conversation"], responses=refusals(401, 403, 404, 409, 413, 415, 422, 503)
)
_PAGE: Final = 500
_CONTEXT_LIMIT: Final = 20_000


@router.post(
    "/sessions/{session_id}/messages",
    response_model=shapes.ReplyShape,
    responses={202: {"model": shapes.AcceptedInputShape, "description": "Safe, but not answered in time; ask again"}},
)
@idempotent
async def say(body: shapes.MessageBody, visit: AtSession, request: Request) -> Any:
    """Say something and wait for the interviewer's reply. The same `client_id` twice happens once and gets the same
    reply; after a 202, sending it again waits on."""
    visit.require("speak")
    visit.speaks_as(body.user_id)
    once = idempotency.of(request)
    client_id = check_client_id(body.client_id) or (once.client_id if once is not None else None)
    state = await visit.state()
    command = c.SubmitInput(
        user_id=visit.viewer.user_id,
        text=body.text,
        plan=state.plan or visit.services.plan(state.config),
        context=_as_text(body.context),
        source="http",
    )
    receipt = await visit.session.submit(command, visit.viewer.user_id, client_id)
    reply_seq = await reply_to(visit.session, receipt.last_seq, visit.services.reply_timeout_s)
    if reply_seq is None:
        waiting = {
            "status": "processing",
            "seq": receipt.last_seq,
            "input_seq": receipt.last_seq,
            "client_id": client_id,
        }
        return JSONResponse(waiting, status_code=202)
    return await _reply(visit, reply_seq)


@router.get(
    "/sessions/{session_id}/messages", response_model=shapes.ConversationShape, response_model_exclude_unset=True
)
async def list_messages(visit: AtSession) -> Any:
    """The conversation so far, oldest first. Why something was asked is told to staff."""
    visit.require("read")
    return {"items": messages(await visit.state(), visit.viewer)}


@router.get("/sessions/{session_id}/history", response_model=shapes.HistoryShape)
async def history(
    visit: AtSession,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last seq one knows")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 100,
) -> Any:
    """Events after a seq, as this viewer may see them; not every event is for everybody, so seq may have holes.
    `last_seq` is the newest position; `next_after` is what to ask after next, null at the end."""
    visit.require("read")
    await visit.state()
    events = await visit.services.sessions.history(visit.session.session_id, after, limit)
    seen = [told for recorded in events if (told := narrowed(recorded, visit.viewer)) is not None]
    items = [item for recorded in seen if (item := history_item(recorded, visit.viewer)) is not None]
    newest = visit.session.published
    more = len(events) == limit and events[-1].seq < newest
    return {
        "items": items,
        "last_seq": newest,
        "epoch": visit.session.epoch,
        "next_after": events[-1].seq if more else None,
    }


@router.get("/sessions/{session_id}/transcript", response_model=TranscriptShape)
async def transcript(visit: AtSession) -> Any:
    """What was said, as utterances with times in seconds of session time; and how the caller was heard, to be flagged
    and confirmed."""
    visit.require("read")
    state = await visit.state()
    said = room_transcript(state, visit.viewer) if state.kind == "room" else visit.services.transcript(state)
    return {
        "session_id": state.session_id,
        "utterances": msgspec.to_builtins(said),
        **confirmation_view(state, visit.viewer.user_id),
    }


async def _reply(visit: Visit, reply_seq: int) -> Any:
    for recorded in await visit.services.sessions.history(visit.session.session_id, reply_seq - 1, 1):
        message = project(recorded, await visit.state())
        if message is not None:
            return msgspec.to_builtins(message)
    raise VivavoceError("internal", "a reply that was stored cannot be read")


def _as_text(context: Any) -> str:
    if context is None:
        return ""
    text = context if isinstance(context, str) else msgspec.json.encode(context).decode()
    if len(text) > _CONTEXT_LIMIT:
        raise too_large(f"a context has at most {_CONTEXT_LIMIT} characters", _CONTEXT_LIMIT, field="context")
    return text
