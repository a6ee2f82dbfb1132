"""What Prometheus reads. It says nothing of any organization, and needs no token; a proxy keeps it from the world."""

import asyncio

from fastapi import APIRouter, Request, Response

from photodock.api.secured import NO_STORE
from photodock.metrics.exposition import CONTENT_TYPE, Outbox, exposition
from photodock.metrics.requests import REQUESTS
from photodock.services.health import Health

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Also while the database is away, which it then says."""
    health: Health = request.app.state.health
    found = await health.waiting()
    outbox = Outbox(found.jobs, found.parked, found.oldest_age) if found else None
    REQUESTS.hand_over()  # here, where requests are counted, and not in the thread beside it
    # In a thread: the files of many processes take their time to be read, and requests wait for nobody here.
    text = await asyncio.to_thread(exposition, asks_database=True, outbox=outbox)
    return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": NO_STORE})
