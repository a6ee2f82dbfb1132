"""All checks, in the order in which they are shown."""

from photodock.doctor.checks import (
    browsers,
    configuration,
    credentials,
    database,
    events,
    identity,
    proxies,
    queues,
    store,
    traces,
    uploads,
    webhooks,
)
from photodock.doctor.checks.base import Check

CHECKS = (
    Check("settings", "settings are valid, and every `PHOTODOCK_…` variable is one", configuration.settings),
    Check("database", "PostgreSQL answers, and is new enough", database.database),
    Check("migrations", "the tables are this version's", database.migrations, ("database",)),
    Check(
        "row_security",
        "the role of organizations' calls is held by row-level security in every table",
        database.row_security,
        ("migrations",),
    ),
    Check("pooler", "a pooler in transaction mode is one that the settings know of", database.pooler, ("database",)),
    Check("outbox", "detection jobs are sent, none was given up", database.outbox, ("migrations",)),
    Check("credentials", "AWS credentials are there, whole, and last long enough", credentials.credentials),
    Check("bucket", "the service reaches the bucket, in its region", store.bucket, ("credentials",)),
    Check("public_endpoint", "clients reach the store: DNS, TLS, no redirect", store.public_endpoint),
    Check("clock", "this machine's clock and S3's agree", store.clock, ("public_endpoint",)),
    Check(
        "upload",
        "a tiny object goes the way of a photo: presigned PUT, presigned GET, the service's read and delete",
        uploads.upload,
        ("bucket", "public_endpoint"),
        seconds=45,
    ),
    Check("missing_object", "S3 says 404 of an object that is not there", uploads.missing_object, ("upload",)),
    Check(
        "largest_upload",
        "no proxy before the store refuses the largest photo for its size",
        proxies.largest_upload,
        ("upload",),
    ),
    Check("private", "nothing is to be had without a signature", store.private, ("upload",)),
    *uploads.GUARANTEE_CHECKS,
    Check("cors", "a page of each allowed origin may upload, read the ETag and download", browsers.cors, ("upload",)),
    Check("cors_strangers", "pages of other origins may not", browsers.cors_strangers, ("upload",)),
    Check("queue", "the detection queue is there", queues.queue, ("credentials",)),
    Check("dead_letter_queue", "its dead letters have a queue, which is empty", queues.dead_letter_queue, ("queue",)),
    Check("events_queue", "the queue of the bucket's events is there", queues.events_queue, ("credentials",)),
    Check(
        "events_dead_letter_queue",
        "its dead letters have a queue, which is empty",
        queues.events_dead_letter_queue,
        ("events_queue",),
    ),
    Check("events", "the event of a new object arrives", events.events, ("upload", "events_queue"), seconds=50),
    Check("jwks", "the identity provider's list of keys is there and has usable ones", identity.jwks),
    Check("webhooks", "webhooks' secrets can be read, and their events arrive", webhooks.webhooks, ("migrations",)),
    Check("webhook_guard", "webhooks reach no cloud's metadata", webhooks.webhook_guard),
    Check("traces", "the receiver of traces takes them", traces.traces),
)
NAMES = tuple(check.name for check in CHECKS)
