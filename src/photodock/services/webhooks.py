"""An organization's webhook, for its administrator. Nothing is sent from here: workers do that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from photodock.db import webhooks
from photodock.db.tenants import Tenants
from photodock.domain.errors import NotFound, WebhookDisabled, WebhooksUnavailable
from photodock.domain.webhooks import OLD_SECRET_KEPT, Delivery, EventType, Webhook
from photodock.webhooks.signing import Secrets, make_secret, shown
from photodock.webhooks.urls import UrlRules

log = structlog.get_logger()

NO_WEBHOOK = "Your organization has no webhook. PUT /webhooks makes one."


@dataclass(frozen=True, slots=True)
class Shown:
    """`secret` only where it was made just now: it can't be read again."""

    webhook: Webhook
    secret: str | None = field(default=None, repr=False)


class Webhooks:
    """`secrets` None: the operator has set no key to seal them with, so that no webhook can be made."""

    def __init__(self, db: Tenants, rules: UrlRules, secrets: Secrets | None) -> None:
        self._db = db
        self._rules = rules
        self._secrets = secrets

    async def get(self, organization_id: UUID) -> Shown:
        """Raises NotFound."""
        found = await webhooks.get(self._db.of(organization_id), organization_id)
        if found is None:
            raise NotFound(NO_WEBHOOK)
        return Shown(found)

    async def put(
        self, organization_id: UUID, url: str, event_types: Sequence[EventType] | None, *, enabled: bool
    ) -> Shown:
        """Raises WebhookUrlRefused, WebhooksUnavailable."""
        secret, sealed = self._made_secret()
        webhook, is_new = await webhooks.put(
            self._db.of(organization_id),
            organization_id,
            url=str(self._rules.checked(url)),
            event_types=event_types,
            enabled=enabled,
            sealed_secret=sealed,
        )
        log.info("webhook_set", organization_id=str(organization_id), webhook_id=str(webhook.id), enabled=enabled)
        return Shown(webhook, shown(secret) if is_new else None)

    async def rotate_secret(self, organization_id: UUID) -> Shown:
        """The old secret signs too for a day. Raises NotFound, WebhooksUnavailable."""
        secret, sealed = self._made_secret()
        found = await webhooks.replace_secret(
            self._db.of(organization_id), organization_id, sealed, keep=OLD_SECRET_KEPT
        )
        if found is None:
            raise NotFound(NO_WEBHOOK)
        log.info("webhook_rotated", organization_id=str(organization_id), webhook_id=str(found.id))
        return Shown(found, shown(secret))

    async def delete(self, organization_id: UUID) -> None:
        """Raises NotFound."""
        if not await webhooks.delete(self._db.of(organization_id), organization_id):
            raise NotFound(NO_WEBHOOK)
        log.info("webhook_deleted", organization_id=str(organization_id))

    async def test(self, organization_id: UUID) -> Delivery:
        """Raises NotFound, WebhookDisabled."""
        made = await webhooks.add_test(self._db.of(organization_id), organization_id)
        return made or await self._refuse(organization_id)

    async def deliveries(self, organization_id: UUID, *, before: int, limit: int) -> list[Delivery]:
        """Newest first, those whose id is below `before`."""
        return await webhooks.deliveries(self._db.of(organization_id), organization_id, before=before, limit=limit)

    async def retry(self, organization_id: UUID, delivery_id: int) -> Delivery:
        """Sent at once, with all attempts before it. Raises NotFound, WebhookDisabled."""
        if not (await self.get(organization_id)).webhook.enabled:
            await self._refuse(organization_id)
        found = await webhooks.retry(self._db.of(organization_id), organization_id, delivery_id)
        if found is None:
            raise NotFound("There is no such delivery in your organization. GET /webhooks/deliveries lists them.")
        return found

    async def _refuse(self, organization_id: UUID) -> Delivery:
        await self.get(organization_id)
        raise WebhookDisabled("The webhook is disabled, so nothing is sent to it. PUT /webhooks enables it.")

    def _made_secret(self) -> tuple[bytes, str]:
        if self._secrets is None:
            raise WebhooksUnavailable(
                "This installation sends no webhooks. Its operator can set PHOTODOCK_WEBHOOK_KEYS."
            )
        secret = make_secret()
        return secret, self._secrets.sealed(secret)
