"""`/question-sets`: what is asked in rooms, written by staff."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import uuid_utils
from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.interview import Language
from vivavoce.domain.question_sets import QuestionSet, SetQuestion
from vivavoce.http import idempotency
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import question_sets as shapes
from vivavoce.http.shapes.base import Empty, refusals
from vivavoce.ports import QuestionSetFilter, QuestionSetLine
from vivavoce.protocols.times import iso

router = APIRouter(
    prefix="/question-sets",
    route_class=ApiRoute,
    tags=["question sets"],
    responses=refusals(401, 403, 413, 415, 422, 503),
)
SetId = Annotated[str, Path(min_length=1, max_length=128, description="The set's id")]


@router.post("", status_code=201, response_model=shapes.QuestionSetShape, responses=refusals(409))
@idempotent
async def create_question_set(
    body: shapes.NewQuestionSetBody, request: Request, services: Ours, identity: Caller
) -> Any:
    """Write a set of questions, in the order in which they are to be asked."""
    once = idempotency.of(request)
    made = await services.question_sets.create(
        identity,
        once.new_id if once is not None else str(uuid_utils.uuid7()),
        body.title,
        body.language,
        _questions(body.questions),
    )
    return _whole(made)


@router.get("", response_model=shapes.QuestionSetsShape)
async def list_question_sets(
    services: Ours,
    identity: Caller,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    language: Language | None = None,
    mine: Annotated[bool, Query(description="Only one's own")] = False,
    archived: Annotated[bool, Query(description="Those that were put away, instead of those in use")] = False,
    q: Annotated[str, Query(max_length=200, description="Part of a title")] = "",
) -> Any:
    """All sets of the house, newest first, without their questions."""
    wanted = QuestionSetFilter(
        created_by=identity.user_id if mine else None,
        language=language,
        archived=archived,
        query=q.replace("\x00", ""),
        before=place_of(cursor),
        limit=limit + 1,
    )
    lines = await services.question_sets.page(identity, wanted)
    last = lines[limit - 1] if len(lines) > limit else None
    return {
        "items": [_line(line) for line in lines[:limit]],
        "next_cursor": cursor_after(last.created_at, last.question_set_id) if last is not None else None,
    }


@router.get("/{question_set_id}", response_model=shapes.QuestionSetShape, responses=refusals(404))
async def show_question_set(
    services: Ours,
    identity: Caller,
    question_set_id: SetId,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An older version")] = None,
) -> Any:
    """One set with its questions: the newest version, or the one asked for."""
    return _whole(await services.question_sets.show(identity, question_set_id, version))


@router.patch("/{question_set_id}", response_model=shapes.QuestionSetShape, responses=refusals(404, 409))
@idempotent
async def change_question_set(
    body: shapes.ChangeQuestionSetBody, services: Ours, identity: Caller, question_set_id: SetId
) -> Any:
    """Change a set (its owner and administrators): a new version. Rooms that took an older one keep it."""
    changes: dict[str, Any] = {
        name: value for name in ("title", "language") if (value := getattr(body, name)) is not None
    }
    if body.questions is not None:
        changes["questions"] = _questions(body.questions)
    return _whole(await services.question_sets.change(identity, question_set_id, changes, expected=body.version))


@router.post("/{question_set_id}/archive", response_model=shapes.QuestionSetShape, responses=refusals(404))
@idempotent
async def archive_question_set(
    services: Ours, identity: Caller, question_set_id: SetId, body: Empty | None = None
) -> Any:
    """Put a set away: it is not listed and no new room takes it. Rooms that took it are not touched."""
    return _whole(await services.question_sets.archive(identity, question_set_id, archived=True))


@router.post("/{question_set_id}/restore", response_model=shapes.QuestionSetShape, responses=refusals(404))
@idempotent
async def restore_question_set(
    services: Ours, identity: Caller, question_set_id: SetId, body: Empty | None = None
) -> Any:
    """Take an archived set back into use."""
    return _whole(await services.question_sets.archive(identity, question_set_id, archived=False))


def _questions(bodies: list[shapes.QuestionBody]) -> tuple[SetQuestion, ...]:
    plain = [{**body.model_dump(), "question_id": body.question_id or ""} for body in bodies]
    return msgspec.convert(plain, tuple[SetQuestion, ...])


def _line(line: QuestionSetLine) -> dict[str, Any]:
    fields = msgspec.structs.asdict(line)
    archived_at = fields.pop("archived_at")
    return {
        **fields,
        "created_at": iso(line.created_at),
        "updated_at": iso(line.updated_at),
        "archived": bool(archived_at),
    }


def _whole(question_set: QuestionSet) -> dict[str, Any]:
    return {**_line(QuestionSetLine.of(question_set)), "questions": msgspec.to_builtins(question_set.questions)}
