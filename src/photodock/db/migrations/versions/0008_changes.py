"""The feed of changes: what happened to photos, in an order in which nothing that commits late is passed over."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Ordered by transaction and not by `id` alone: a sequence's numbers are given out before they are committed, so a
# reader that went by them would pass over whatever commits late. See `db/changes.py` for how far a reader may read.
TABLES = """
CREATE TABLE photo_changes (
    transaction_id  xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id              bigint GENERATED ALWAYS AS IDENTITY,
    organization_id uuid NOT NULL,
    project_id      uuid NOT NULL,
    photo_id        uuid NOT NULL,
    type            text NOT NULL CHECK (type IN ('photo.pending_upload', 'photo.uploaded', 'photo.processing',
                        'photo.completed', 'photo.failed', 'photo.deleted', 'photo.renditions')),
    status          text,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (transaction_id, id)
);
COMMENT ON TABLE photo_changes IS 'append-only, and trimmed from its oldest end; nothing personal';
COMMENT ON COLUMN photo_changes.status IS 'the photo''s status since this change; null once it is deleted';
CREATE INDEX photo_changes_of_organization ON photo_changes (organization_id, transaction_id, id);

CREATE TABLE feed_keys (
    organization_id uuid PRIMARY KEY,
    key             bytea NOT NULL DEFAULT
                    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
);
COMMENT ON TABLE feed_keys IS 'encrypt the positions in the feed that clients are given';
"""

# Both run as their owner, so that nobody who may change a photo can fail to tell of it. Nothing is sent for a return to
# `pending_upload`: that is upload-url's, and NOTIFY makes commits wait for each other. Polling finds it.
ANNOUNCE_STATUS = """
CREATE FUNCTION announce_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO photo_changes (organization_id, project_id, photo_id, type, status)
        VALUES (NEW.organization_id, NEW.project_id, NEW.id, 'photo.' || NEW.status, NEW.status);
    IF NEW.status <> 'pending_upload' THEN
        PERFORM pg_notify('photodock_changes', '');
    END IF;
    RETURN NULL;
END $$;
"""

ANNOUNCE_DELETION = """
CREATE FUNCTION announce_deletion() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO photo_changes (organization_id, project_id, photo_id, type)
        VALUES (OLD.organization_id, OLD.project_id, OLD.id, 'photo.deleted');
    PERFORM pg_notify('photodock_changes', '');
    RETURN NULL;
END $$;
"""

# For each row and not for each statement: so an update that leaves the status alone, such as those of upload-url and of
# the sweeper, pays nothing. One failure may follow another, which the status alone does not show.
TRIGGERS = """
CREATE TRIGGER announce_status AFTER UPDATE OF status ON photos FOR EACH ROW
    WHEN ((OLD.status, OLD.error_code) IS DISTINCT FROM (NEW.status, NEW.error_code))
    EXECUTE FUNCTION announce_status();
CREATE TRIGGER announce_deletion AFTER DELETE ON photos FOR EACH ROW EXECUTE FUNCTION announce_deletion()
"""

# Where a stream begins: whether the project is the organization's (true without one), and its key, made at first use.
OPEN_FEED = """
CREATE FUNCTION open_feed(p_organization_id uuid, p_project_id uuid, OUT has_project boolean, OUT key bytea)
LANGUAGE plpgsql AS $$
BEGIN
    has_project := p_project_id IS NULL OR EXISTS (
        SELECT FROM projects o WHERE o.id = p_project_id AND o.organization_id = p_organization_id);
    SELECT k.key INTO open_feed.key FROM feed_keys k WHERE k.organization_id = p_organization_id;
    IF has_project AND open_feed.key IS NULL THEN
        INSERT INTO feed_keys (organization_id) VALUES (p_organization_id) ON CONFLICT DO NOTHING;
        SELECT k.key INTO open_feed.key FROM feed_keys k WHERE k.organization_id = p_organization_id;
    END IF;
END $$;
"""

STATEMENTS = (
    *filter(str.strip, TABLES.split(";\n")),
    *(ANNOUNCE_STATUS, ANNOUNCE_DELETION),
    *filter(str.strip, TRIGGERS.split(";\n")),
    OPEN_FEED,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TRIGGER announce_status ON photos")
    op.get_bind().exec_driver_sql("DROP TRIGGER announce_deletion ON photos")
    op.get_bind().exec_driver_sql("DROP FUNCTION open_feed, announce_deletion, announce_status")
    op.get_bind().exec_driver_sql("DROP TABLE feed_keys, photo_changes")
