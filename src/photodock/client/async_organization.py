"""The asynchronous client's calls for an organization: projects, policies, parked jobs, its webhook."""

from collections.abc import Iterable

from photodock.client import organization, webhooks
from photodock.client.async_driver import AsyncDriver
from photodock.client.models import ParkedJob, Policies, Project, Readiness
from photodock.client.photos import Id
from photodock.client.session import Session
from photodock.client.webhooks import Delivery, Webhook


class AsyncOrganizationCalls:
    """Most need the scope `photos:admin`."""

    _session: Session
    _driver: AsyncDriver

    async def projects(self) -> list[Project]:
        """`GET /projects`: the organization's."""
        return await self._driver.run(organization.projects(self._session))

    async def put_project(self, project_id: Id, name: str) -> Project:
        """`PUT /projects/{project_id}`: creates or renames it. Needs `photos:admin`, as do the calls below."""
        return await self._driver.run(organization.put_project(self._session, project_id, name))

    async def policies(self) -> Policies:
        """`GET /policies`."""
        return await self._driver.run(organization.policies(self._session))

    async def put_policies(self, *, gps: str) -> Policies:
        """`PUT /policies`: positions are kept (`keep`), rounded to about 1 km (`round`) or dropped (`drop`)."""
        return await self._driver.run(organization.put_policies(self._session, gps))

    async def parked_jobs(self, *, after: int = 0, limit: int = 100) -> list[ParkedJob]:
        """`GET /outbox`: jobs that could not be sent, oldest first, behind the one with the id `after`."""
        return await self._driver.run(organization.parked_jobs(self._session, after, limit))

    async def retry_job(self, job_id: int) -> None:
        """`POST /outbox/{id}/retry`: sends a parked job again."""
        await self._driver.run(organization.retry_job(self._session, job_id))

    async def is_alive(self) -> bool:
        """`GET /healthz`, once and without a token."""
        return await self._driver.run(organization.alive(self._session))

    async def readiness(self) -> Readiness:
        """`GET /readyz`, likewise: whether the service can do its work, and each part's state."""
        return await self._driver.run(organization.ready(self._session))

    async def webhook(self) -> Webhook:
        """`GET /webhooks`: the organization's, without its secret. Raises NotFound where there is none."""
        return await self._driver.run(webhooks.get(self._session))

    async def put_webhook(self, url: str, *, event_types: Iterable[str] | None = None, enabled: bool = True) -> Webhook:
        """`PUT /webhooks`: makes or changes it. Its `secret` is there when it was made, and never again."""
        return await self._driver.run(webhooks.put(self._session, url, event_types, enabled))

    async def delete_webhook(self) -> None:
        """`DELETE /webhooks`: with its secret, its log and what waits to be sent."""
        await self._driver.run(webhooks.delete(self._session))

    async def rotate_webhook_secret(self) -> Webhook:
        """`POST /webhooks/secret`: a new `secret`. The old one signs too until `old_secret_until`.

        Not tried again when the answer is lost: a second change would end the secret that the receiver knows.
        """
        return await self._driver.run(webhooks.rotate_secret(self._session))

    async def test_webhook(self) -> Delivery:
        """`POST /webhooks/test`: sends it an event without data."""
        return await self._driver.run(webhooks.test(self._session))

    async def webhook_deliveries(self, *, before: int | None = None, limit: int = 100) -> list[Delivery]:
        """`GET /webhooks/deliveries`: what was sent, newest first, from before the one with the id `before`."""
        return await self._driver.run(webhooks.deliveries(self._session, before, limit))

    async def retry_delivery(self, delivery_id: int) -> Delivery:
        """`POST /webhooks/deliveries/{id}/retry`: sends an event again."""
        return await self._driver.run(webhooks.retry(self._session, delivery_id))
