"""The webhook of the administrator's organization, and the log of what was sent to it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from photodock.api.problems import responses
from photodock.api.secured import Caller, SecuredRoute, secured
from photodock.api.webhook_bodies import DeliveryList, DeliveryResponse, EventBody, WebhookRequest, WebhookResponse
from photodock.domain.identity import Scope
from photodock.services.webhooks import Webhooks

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"], route_class=SecuredRoute)
sent = APIRouter()
"""What is sent, as OpenAPI tells it."""

COMMON = (
    *("unauthenticated", "headers_too_large", "body_too_large", "insufficient_scope", "invalid_request"),
    "database_unavailable",
)
LAST_ID = 2**63 - 1


def webhooks(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.webhooks
    return found


@router.get("", summary="Get your organization's webhook", responses=responses(*COMMON, "not_found"))
@secured(Scope.ADMIN)
async def get_webhook(request: Request, caller: Caller) -> WebhookResponse:
    """Without its secret, which is shown only when it is made."""
    return WebhookResponse.of(await webhooks(request).get(caller.organization_id))


@router.put(
    "",
    summary="Set your organization's webhook",
    responses=responses(*COMMON, "webhook_url_refused", "webhooks_unavailable"),
)
@secured(Scope.ADMIN)
async def put_webhook(request: Request, caller: Caller, body: WebhookRequest) -> WebhookResponse:
    """There is one. When it is made, the answer has its `secret`; one that was there keeps its own, and is enabled
    again unless `enabled` is false. What waits for it goes to the new URL."""
    found = await webhooks(request).put(caller.organization_id, body.url, body.event_types, enabled=body.enabled)
    return WebhookResponse.of(found)


@router.delete(
    "",
    summary="Delete your organization's webhook",
    status_code=204,
    response_class=Response,
    responses=responses(*COMMON, "not_found"),
)
@secured(Scope.ADMIN)
async def delete_webhook(request: Request, caller: Caller) -> None:
    """With its secret, its log, and what waits to be sent to it."""
    await webhooks(request).delete(caller.organization_id)


@router.post("/secret", summary="Replace the secret", responses=responses(*COMMON, "not_found", "webhooks_unavailable"))
@secured(Scope.ADMIN)
async def rotate_secret(request: Request, caller: Caller) -> WebhookResponse:
    """The answer has the new `secret`. Until `old_secret_until` the old one signs too."""
    return WebhookResponse.of(await webhooks(request).rotate_secret(caller.organization_id))


@router.post(
    "/test",
    summary="Send a test event",
    status_code=202,
    responses=responses(*COMMON, "not_found", "webhook_disabled"),
)
@secured(Scope.ADMIN)
async def test_webhook(request: Request, caller: Caller) -> DeliveryResponse:
    """An event `webhook.test` without data, sent at once and then as any other: the log tells what came of it."""
    return DeliveryResponse.of(await webhooks(request).test(caller.organization_id))


@router.get("/deliveries", summary="List what was sent", responses=responses(*COMMON))
@secured(Scope.ADMIN)
async def list_deliveries(
    request: Request,
    caller: Caller,
    before: Annotated[int, Query(ge=1, le=LAST_ID, description="The last `id` of the page before.")] = LAST_ID,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> DeliveryList:
    """Newest first, those of the last 30 days."""
    found = await webhooks(request).deliveries(caller.organization_id, before=before, limit=limit)
    return DeliveryList(items=[DeliveryResponse.of(delivery) for delivery in found])


@router.post(
    "/deliveries/{id}/retry",
    summary="Send an event again",
    status_code=202,
    responses=responses(*COMMON, "not_found", "webhook_disabled"),
)
@secured(Scope.ADMIN)
async def retry_delivery(
    request: Request, caller: Caller, delivery_id: Annotated[int, Path(alias="id", ge=1, le=LAST_ID)]
) -> DeliveryResponse:
    """At once, under the same event id, with all attempts before it; also one that had been delivered."""
    return DeliveryResponse.of(await webhooks(request).retry(caller.organization_id, delivery_id))


@sent.post("photo-event", summary="Something happened to a photo", tags=["webhooks"], status_code=204)
def photo_event(body: EventBody) -> None:
    """Sent to your organization's webhook: at least once, and in no certain order."""
