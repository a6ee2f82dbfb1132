"""The synchronous client's calls for an organization: projects, policies, parked jobs, its webhook."""

from collections.abc import Iterable

from photodock.client import organization, webhooks
from photodock.client.models import ParkedJob, Policies, Project, Readiness
from photodock.client.photos import Id
from photodock.client.session import Session
from photodock.client.sync_driver import SyncDriver
from photodock.client.webhooks import Delivery, Webhook


class OrganizationCalls:
    """Most need the scope `photos:admin`."""

    _session: Session
    _driver: SyncDriver

    def projects(self) -> list[Project]:
        """`GET /projects`: the organization's."""
        return self._driver.run(organization.projects(self._session))

    def put_project(self, project_id: Id, name: str) -> Project:
        """`PUT /projects/{project_id}`: creates or renames it. Needs `photos:admin`, as do the calls below."""
        return self._driver.run(organization.put_project(self._session, project_id, name))

    def policies(self) -> Policies:
        """`GET /policies`."""
        return self._driver.run(organization.policies(self._session))

    def put_policies(self, *, gps: str) -> Policies:
        """`PUT /policies`: positions are kept (`keep`), rounded to about 1 km (`round`) or dropped (`drop`)."""
        return self._driver.run(organization.put_policies(self._session, gps))

    def parked_jobs(self, *, after: int = 0, limit: int = 100) -> list[ParkedJob]:
        """`GET /outbox`: jobs that could not be sent, oldest first, behind the one with the id `after`."""
        return self._driver.run(organization.parked_jobs(self._session, after, limit))

    def retry_job(self, job_id: int) -> None:
        """`POST /outbox/{id}/retry`: sends a parked job again."""
        self._driver.run(organization.retry_job(self._session, job_id))

    def is_alive(self) -> bool:
        """`GET /healthz`, once and without a token."""
        return self._driver.run(organization.alive(self._session))

    def readiness(self) -> Readiness:
        """`GET /readyz`, likewise: whether the service can do its work, and each part's state."""
        return self._driver.run(organization.ready(self._session))

    def webhook(self) -> Webhook:
        """`GET /webhooks`: the organization's, without its secret. Raises NotFound where there is none."""
        return self._driver.run(webhooks.get(self._session))

    def put_webhook(self, url: str, *, event_types: Iterable[str] | None = None, enabled: bool = True) -> Webhook:
        """`PUT /webhooks`: makes or changes it. Its `secret` is there when it was made, and never again."""
        return self._driver.run(webhooks.put(self._session, url, event_types, enabled))

    def delete_webhook(self) -> None:
        """`DELETE /webhooks`: with its secret, its log and what waits to be sent."""
        self._driver.run(webhooks.delete(self._session))

    def rotate_webhook_secret(self) -> Webhook:
        """`POST /webhooks/secret`: a new `secret`. The old one signs too until `old_secret_until`.

        Not tried again when the answer is lost: a second change would end the secret that the receiver knows.
        """
        return self._driver.run(webhooks.rotate_secret(self._session))

    def test_webhook(self) -> Delivery:
        """`POST /webhooks/test`: sends it an event without data."""
        return self._driver.run(webhooks.test(self._session))

    def webhook_deliveries(self, *, before: int | None = None, limit: int = 100) -> list[Delivery]:
        """`GET /webhooks/deliveries`: what was sent, newest first, from before the one with the id `before`."""
        return self._driver.run(webhooks.deliveries(self._session, before, limit))

    def retry_delivery(self, delivery_id: int) -> Delivery:
        """`POST /webhooks/deliveries/{id}/retry`: sends an event again."""
        return self._driver.run(webhooks.retry(self._session, delivery_id))
