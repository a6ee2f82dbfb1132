"""Webhooks, and what is on its way to them."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE webhooks (
    organization_id   uuid PRIMARY KEY,
    id                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    url               text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 4096),
    event_types       text[],
    enabled           boolean NOT NULL,
    disabled_reason   text CHECK (disabled_reason IS NULL OR NOT enabled),
    sealed_secret     text NOT NULL,
    old_sealed_secret text,
    old_secret_until  timestamptz CHECK ((old_secret_until IS NULL) = (old_sealed_secret IS NULL)),
    failing_since     timestamptz,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN webhooks.event_types IS 'null: all';
COMMENT ON COLUMN webhooks.disabled_reason IS 'why the service itself turned it off';
COMMENT ON COLUMN webhooks.failing_since IS 'the first failure since the last success';

CREATE TABLE webhook_deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    webhook_id      uuid NOT NULL,
    event_id        uuid NOT NULL DEFAULT gen_random_uuid(),
    type            text NOT NULL,
    photo_id        uuid,
    project_id      uuid,
    status          text,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at          timestamptz DEFAULT clock_timestamp(),
    attempts        integer NOT NULL DEFAULT 0,
    attempted_at    timestamptz,
    http_status     integer,
    last_error      text,
    delivered_at    timestamptz,
    failed_at       timestamptz,
    CHECK (num_nonnulls(due_at, delivered_at, failed_at) = 1)
);
COMMENT ON TABLE webhook_deliveries IS 'outbox and log in one; outlives its photo, and holds nothing personal';
COMMENT ON COLUMN webhook_deliveries.due_at IS 'when it may be taken; taking it moves this past the lease';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, id);
"""

# As its owner, like what announces the change itself. A return to `pending_upload` is upload-url's: NOTIFY makes
# commits wait for each other, so that one is left to polling.
NOTE_FOR_WEBHOOK = """
CREATE FUNCTION note_for_webhook() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO webhook_deliveries (organization_id, webhook_id, type, photo_id, project_id, status, at)
        SELECT w.organization_id, w.id, NEW.type, NEW.photo_id, NEW.project_id, NEW.status, NEW.at FROM webhooks w
        WHERE w.organization_id = NEW.organization_id AND w.enabled
            AND (w.event_types IS NULL OR NEW.type = ANY (w.event_types));
    IF FOUND AND NEW.type <> 'photo.pending_upload' THEN
        PERFORM pg_notify('photodock_webhooks', '');
    END IF;
    RETURN NULL;
END $$;
"""

TRIGGER = """
CREATE TRIGGER note_for_webhook AFTER INSERT ON photo_changes FOR EACH ROW EXECUTE FUNCTION note_for_webhook()
"""

STATEMENTS = (*filter(str.strip, TABLES.split(";\n")), NOTE_FOR_WEBHOOK, TRIGGER)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TRIGGER note_for_webhook ON photo_changes")
    op.get_bind().exec_driver_sql("DROP FUNCTION note_for_webhook")
    op.get_bind().exec_driver_sql("DROP TABLE webhook_deliveries, webhooks")
