"""The calls for projects, policies and parked jobs, and the health checks."""

from functools import partial
from uuid import UUID

from photodock.client.decoding import decode
from photodock.client.models import ParkedJob, Policies, Project, Readiness
from photodock.client.photos import NOT_FOUND, Id
from photodock.client.session import Session
from photodock.client.steps import Answer, Operation


def projects(session: Session) -> Operation[list[Project]]:
    answer = yield from session.call("GET", "/projects")
    return session.read(answer, lambda found: [decode(Project, item) for item in found["items"]])


def put_project(session: Session, project_id: Id, name: str) -> Operation[Project]:
    answer = yield from session.call("PUT", f"/projects/{UUID(str(project_id))}", body={"name": name})
    return session.read(answer, partial(decode, Project))


def policies(session: Session) -> Operation[Policies]:
    answer = yield from session.call("GET", "/policies")
    return session.read(answer, partial(decode, Policies))


def put_policies(session: Session, gps: str) -> Operation[Policies]:
    answer = yield from session.call("PUT", "/policies", body={"gps": gps})
    return session.read(answer, partial(decode, Policies))


def parked_jobs(session: Session, after: int, limit: int) -> Operation[list[ParkedJob]]:
    answer = yield from session.call("GET", "/outbox", params={"after": str(after), "limit": str(limit)})
    return session.read(answer, lambda found: [decode(ParkedJob, item) for item in found["items"]])


def retry_job(session: Session, job_id: int) -> Operation[None]:
    yield from session.call("POST", f"/outbox/{job_id:d}/retry", done_before=frozenset({NOT_FOUND}))


def ready(session: Session) -> Operation[Readiness]:
    """One attempt: 503 is an answer here, not a failure."""
    answer: Answer = yield from session.once("GET", "/readyz")
    return session.read(answer, partial(decode, Readiness))


def alive(session: Session) -> Operation[bool]:
    answer: Answer = yield from session.once("GET", "/healthz")
    return answer.is_success
