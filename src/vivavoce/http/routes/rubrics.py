"""`/rubrics`: what candidates are judged by; written once, versioned, pinned by the sessions that use them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import uuid_utils
from fastapi import APIRouter, Path, Query, Request

from vivavoce.domain.rubrics import Localised, RubricCriterion, RubricVersion
from vivavoce.http import idempotency
from vivavoce.http.caller import Caller, Ours
from vivavoce.http.idempotency import idempotent
from vivavoce.http.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, place_of
from vivavoce.http.route import ApiRoute
from vivavoce.http.shapes import rubrics as shapes
from vivavoce.http.shapes.base import refusals
from vivavoce.protocols.times import iso_or_none

router = APIRouter(route_class=ApiRoute, tags=["rubrics"], responses=refusals(401, 403, 413, 415, 422, 503))
RubricId = Annotated[str, Path(max_length=128, description="The rubric's id; `panel` is a built-in one")]


@router.post("/rubrics", status_code=201, response_model=shapes.RubricShape)
@idempotent
async def create_rubric(body: shapes.RubricBody, request: Request, services: Ours, identity: Caller) -> Any:
    """Write a rubric."""
    once = idempotency.of(request)
    rubric_id = once.new_id if once is not None else str(uuid_utils.uuid7())
    return _view(await services.rubrics.create(identity, rubric_id, body.title, _criteria(body)))


@router.get("/rubrics", response_model=shapes.RubricsShape)
async def list_rubrics(
    services: Ours,
    identity: Caller,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Any:
    """The newest version of every rubric, newest rubric first; the built-in ones stand before the first page."""
    rubrics = await services.rubrics.page(identity, place_of(cursor), limit + 1)
    own = [rubric for rubric in rubrics if not rubric.built_in]
    last = own[limit - 1] if len(own) > limit else None
    return {
        "items": [_view(rubric) for rubric in rubrics if rubric.built_in or rubric in own[:limit]],
        "next_cursor": cursor_after(last.created_at, last.rubric_id) if last is not None else None,
    }


@router.get("/rubrics/{rubric_id}", response_model=shapes.RubricShape, responses=refusals(404))
async def show_rubric(
    rubric_id: RubricId,
    services: Ours,
    identity: Caller,
    version: Annotated[str | None, Query(max_length=16, description="The newest one where it is left out")] = None,
) -> Any:
    """One version of a rubric."""
    return _view(await services.rubrics.show(identity, rubric_id, version))


@router.post(
    "/rubrics/{rubric_id}/versions", status_code=201, response_model=shapes.RubricShape, responses=refusals(404, 409)
)
@idempotent
async def add_rubric_version(body: shapes.NewVersionBody, rubric_id: RubricId, services: Ours, identity: Caller) -> Any:
    """Write the next version. Sessions that pinned an earlier one keep it."""
    changed = await services.rubrics.new_version(
        identity, rubric_id, body.title, _criteria(body), body.expected_version
    )
    return _view(changed)


def _criteria(body: shapes.RubricBody) -> list[RubricCriterion]:
    return [
        RubricCriterion(
            criterion_id=criterion.criterion_id,
            name=_text(criterion.name),
            description=_text(criterion.description),
            levels=tuple(_text(level) for level in criterion.levels),
            weight=criterion.weight,
            keywords=tuple(criterion.keywords),
        )
        for criterion in body.criteria
    ]


def _text(body: shapes.LocalisedBody) -> Localised:
    return Localised(en=body.en, ko=body.ko, zh=body.zh)


def _view(rubric: RubricVersion) -> dict[str, Any]:
    return {
        "rubric_id": rubric.rubric_id,
        "version": rubric.version,
        "title": rubric.title,
        "languages": list(rubric.languages),
        "criteria": msgspec.to_builtins(rubric.criteria),
        "built_in": rubric.built_in,
        "created_by": rubric.created_by,
        "created_at": iso_or_none(rubric.created_at),
        "updated_by": rubric.updated_by,
        "updated_at": iso_or_none(rubric.updated_at),
    }
