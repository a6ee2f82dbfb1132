"""The calls for many photos at once. An item's fault is its own answer and never another item's."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from pydantic_core import to_json

from photodock.api.answers import ItemProblem, PhotoBatch, PhotoResponse, UploadBatchResponse, UploadResponse
from photodock.api.error_responses import correlation_id_of, note
from photodock.api.middleware import PHOTOS
from photodock.api.problems import MALFORMED, MAX_FIELD_ERRORS, Problem, field_errors, problem, responses
from photodock.api.requests import ConfirmBatchRequest, UploadBatchRequest, UploadItem
from photodock.api.secured import MAX_BATCH_BYTES, Caller, RequestTrace, SecuredRoute, secured
from photodock.api.uploads import AWAY, COMMON, show_quota, to_new_photo
from photodock.domain.errors import PhotodockError, RateLimited
from photodock.domain.identity import Scope
from photodock.domain.limits import Quota
from photodock.services.confirmation import Confirmation
from photodock.services.library import Library
from photodock.services.upload_batches import Asked, Result, UploadBatches

router = APIRouter(prefix="/api/v1/photos", tags=["uploads"], route_class=SecuredRoute)


@router.post(
    "/upload-urls",
    summary="Get upload URLs for many new photos",
    responses=responses(*COMMON, *AWAY),
    response_model=UploadBatchResponse,
)
@secured(Scope.WRITE, max_body=MAX_BATCH_BYTES)
async def request_upload_urls(request: Request, caller: Caller, body: UploadBatchRequest) -> Response:
    """At most 100 items, each as for a single upload URL, with its `idempotency_key` beside it. Each costs one of the
    quota; when that ends in the middle, the items after it are `rate_limited`."""
    known_types: tuple[str, ...] = request.app.state.detection_types
    items = [_asked(request, place, item, known_types) for place, item in enumerate(body.items)]
    batches: UploadBatches = request.app.state.upload_batches
    by_place = await batches.request(caller, [item for item in items if isinstance(item, Asked)])
    results = [by_place[place] for place in range(len(by_place))]
    request.scope[PHOTOS] = [result.photo_id for result in results if not isinstance(result, PhotodockError)]
    answers = (_issued(request, result) for result in results)
    found = [next(answers) if isinstance(item, Asked) else item for item in items]
    # Written here: the framework would look through all fields of all items twice more.
    response = Response(to_json({"items": found}), media_type="application/json")
    show_quota(response, _quota(list(by_place.values())))
    return response


def _asked(request: Request, place: int, item: Any, known_types: tuple[str, ...]) -> Asked | ItemProblem:
    if not isinstance(item, UploadItem):
        try:
            UploadItem.model_validate(_with_few_unknown(item) if isinstance(item, dict) else item)
        except ValidationError as error:
            return _refused(request, MALFORMED, field_errors(error.errors(), "body", "items", str(place)))
    try:
        return Asked(to_new_photo(item, known_types), item.idempotency_key)
    except PhotodockError as error:
        return _refused(request, error)


def _with_few_unknown(item: dict[str, Any]) -> dict[str, Any]:
    """Of unknown fields so many as are told: an answer that names thousands first would keep others waiting."""
    known = {name: value for name, value in item.items() if name in UploadItem.model_fields}
    unknown = (entry for entry in item.items() if entry[0] not in UploadItem.model_fields)
    return known | dict(islice(unknown, MAX_FIELD_ERRORS))


def _issued(request: Request, result: Result) -> dict[str, Any] | ItemProblem:
    return _refused(request, result) if isinstance(result, PhotodockError) else UploadResponse.values(result)


def _quota(results: Sequence[Result]) -> Quota | None:
    """As the last item that had to do with the quota left it."""
    for result in reversed(results):
        if isinstance(result, RateLimited):
            return Quota(result.limit, result.remaining, result.reset_seconds)
        if not isinstance(result, PhotodockError) and result.quota:
            return result.quota
    return None


@router.post(
    "/confirm",
    summary="Confirm many uploads",
    responses=responses(*COMMON, *AWAY),
)
@secured(Scope.WRITE, max_body=MAX_BATCH_BYTES)
async def confirm_uploads(
    request: Request, caller: Caller, trace: RequestTrace, body: ConfirmBatchRequest
) -> PhotoBatch:
    """At most 100 photos whose files have been sent: for each the photo, or why it is not confirmed. A repeat is
    harmless."""
    confirmation: Confirmation = request.app.state.confirmation
    library: Library = request.app.state.library
    request.scope[PHOTOS] = body.photo_ids
    results = await confirmation.confirm_many(body.photo_ids, caller.organization_id, actor=caller.user_id, trace=trace)
    return PhotoBatch(
        items=[
            _refused(request, result) if isinstance(result, PhotodockError) else PhotoResponse.of(library.view(result))
            for result in results
        ]
    )


def _refused(request: Request, error: PhotodockError, errors: list[dict[str, str]] | None = None) -> ItemProblem:
    note(request, error)
    return ItemProblem(
        error=Problem.model_validate(problem(error.code, error.detail, correlation_id_of(request), errors))
    )
