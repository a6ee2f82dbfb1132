"""Webhooks: their keys, what they may reach, and whether they arrive."""

from datetime import timedelta

from photodock.bootstrap.core import sealing, url_rules
from photodock.db.inspection import WebhookFacts, webhook_facts
from photodock.doctor.findings import Finding, not_applicable, ok, wrong
from photodock.doctor.installation import Installation
from photodock.webhooks.signing import Secrets, SecretUnreadable

KEYS, NETWORKS = "PHOTODOCK_WEBHOOK_KEYS", "PHOTODOCK_WEBHOOK_ALLOWED_NETWORKS"
LATE = timedelta(minutes=5)
METADATA = {
    "169.254.169.254": "the metadata of most clouds",
    "fd00:ec2::254": "the metadata of AWS",
    "100.100.100.200": "the metadata of Alibaba's cloud",
    "192.0.0.192": "the metadata of Oracle's cloud",
    "168.63.129.16": "Azure's own service",
}
"""Whoever reads it has the machine's credentials."""


async def webhooks(here: Installation) -> Finding:
    facts = await webhook_facts(here.db)
    secrets = sealing(here.settings)
    if secrets is None:
        if facts.there:
            return wrong(
                f"There are {facts.there} webhooks, and {KEYS} is empty: nothing is sent to them.",
                "Set the keys that they were made with, in every process.",
            )
        return not_applicable(f"{KEYS} is empty: there are no webhooks.")
    return judged_webhooks(facts, unreadable(facts, secrets))


def unreadable(facts: WebhookFacts, secrets: Secrets) -> int:
    return sum(not _opens(secrets, sealed) for sealed in facts.sealed)


def _opens(secrets: Secrets, sealed: str) -> bool:
    try:
        secrets.opened(sealed)
    except SecretUnreadable:
        return False
    return True


def judged_webhooks(facts: WebhookFacts, closed: int) -> Finding:
    if closed:
        return wrong(
            f"The secrets of {closed} webhooks can't be read: they were sealed with a key that is not in {KEYS}.",
            "Add the former key behind the newest one. If it is lost, those organizations replace their secret: "
            "POST /webhooks/secret.",
        )
    if facts.longest_due is not None and facts.longest_due > LATE:
        late = timedelta(seconds=round(facts.longest_due.total_seconds()))
        return wrong(
            f"An event has waited for {late} to be sent.",
            f"Is a `photodock worker` running, with {KEYS} set? If so, its log says what holds it up.",
        )
    if facts.turned_off or facts.failing:
        return wrong(
            f"Of {facts.there} webhooks, {facts.failing} have failed for more than an hour, and {facts.turned_off} "
            "were turned off because they failed for days.",
            "Each organization sees why: GET /webhooks/deliveries. If it is many of them, look at this machine's way "
            "to the internet: DNS, firewall, proxies.",
        )
    return ok(f"There are {facts.there} webhooks; their secrets can be read, and none of them fails.")


async def webhook_guard(here: Installation) -> Finding:
    if not here.settings.sealing_keys:
        return not_applicable(f"{KEYS} is empty: there are no webhooks.")
    allowed = url_rules(here.settings).addresses.allow
    reached = [f"{address} ({what})" for address, what in METADATA.items() if allowed(address)]
    if reached:
        return wrong(
            f"Webhooks may be sent to {', '.join(reached)}.",
            f"Narrow {NETWORKS} to the receivers' own networks.",
        )
    if named := here.settings.webhook_allowed_networks:
        return ok(f"Besides public addresses, webhooks may be sent to {', '.join(map(str, named))}.")
    return ok("Webhooks are sent to public addresses alone.")
