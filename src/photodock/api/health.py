"""For load balancers and people who look after the service."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from photodock.services.health import Health

router = APIRouter(tags=["service"])


class Alive(BaseModel):
    status: str = "ok"


class Ready(BaseModel):
    ready: bool
    parts: Mapping[str, str]


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Alive:
    return Alive()


NOT_READY: dict[int | str, dict[str, Any]] = {503: {"model": Ready, "description": "The database is away or old."}}


@router.get("/readyz", summary="Can it do its work?", responses=NOT_READY)
async def readyz(request: Request, response: Response) -> Ready:
    """503 while the database is away or behind the migrations; storage and queue are reported but do not decide."""
    health: Health = request.app.state.health
    found = await health.readiness()
    response.status_code = 200 if found.ready else 503
    return Ready(ready=found.ready, parts=found.parts)
