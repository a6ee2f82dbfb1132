"""Projects, photos, their history, the outbox, the quota, tombstones and object deletions."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE projects (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organization_id)
);
CREATE INDEX projects_of_organization ON projects (organization_id, id);

CREATE TABLE photos (
    id                uuid PRIMARY KEY,
    organization_id   uuid NOT NULL,
    project_id        uuid NOT NULL,
    user_id           text NOT NULL,
    upload_id         uuid NOT NULL,
    idempotency_key   text,
    request_hash      bytea,
    file_name         text NOT NULL CHECK (char_length(file_name) BETWEEN 1 AND 255),
    mime_type         text NOT NULL CHECK (mime_type IN ('image/jpeg', 'image/png')),
    file_size         bigint NOT NULL CHECK (file_size > 0),
    checksum_sha256   text CHECK (char_length(checksum_sha256) = 44),
    s3_key            text NOT NULL UNIQUE,
    status            text NOT NULL DEFAULT 'pending_upload'
                      CHECK (status IN ('pending_upload', 'uploaded', 'processing', 'completed', 'failed')),
    error_code        text CHECK (error_code IN
                      ('upload_expired', 'content_mismatch', 'detection_timeout', 'detection_failed')),
    error_detail      text,
    width             integer CHECK (width > 0),
    height            integer CHECK (height > 0),
    exif_data         jsonb,
    client_metadata   jsonb,
    detection_types   text[] NOT NULL,
    priority          text NOT NULL CHECK (priority IN ('low', 'normal', 'high')),
    detection_results jsonb,
    detection_error   jsonb,
    jobs_sent         integer NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL,
    uploaded_at       timestamptz,
    processing_at     timestamptz,
    completed_at      timestamptz,
    failed_at         timestamptz,
    url_expires_at    timestamptz NOT NULL,
    sweep_at          timestamptz,
    version           integer NOT NULL DEFAULT 1,
    CHECK ((status = 'failed') = (error_code IS NOT NULL)),
    CHECK ((idempotency_key IS NULL) = (request_hash IS NULL)),
    FOREIGN KEY (project_id, organization_id) REFERENCES projects (id, organization_id),
    UNIQUE (organization_id, user_id, idempotency_key)
);
COMMENT ON COLUMN photos.sweep_at IS 'when the sweeper looks at this photo next; null when nothing is awaited';
COMMENT ON COLUMN photos.jobs_sent IS 'detection jobs sent since the photo was last uploaded or retried';
-- Ids are UUID version 7, so that ordering by id is ordering by time.
CREATE INDEX photos_of_organization ON photos (organization_id, id DESC);
CREATE INDEX photos_of_project ON photos (organization_id, project_id, id DESC);
CREATE INDEX photos_to_sweep ON photos (sweep_at) WHERE sweep_at IS NOT NULL;

CREATE TABLE photo_status_events (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    photo_id        uuid NOT NULL,
    organization_id uuid NOT NULL,
    from_status     text,
    to_status       text NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor           text,
    reason          text
);
COMMENT ON TABLE photo_status_events IS 'append-only; outlives its photo (no foreign key), then without its actors';
CREATE INDEX photo_status_events_of_photo ON photo_status_events (photo_id, id);

CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    photo_id        uuid NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    message_id      uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    s3_url          text NOT NULL,
    detection_types text[] NOT NULL,
    priority        text NOT NULL,
    correlation_id  text NOT NULL,
    traceparent     text,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts        integer NOT NULL DEFAULT 0,
    last_error      text,
    sent_at         timestamptz,
    parked_at       timestamptz
);
COMMENT ON COLUMN outbox.due_at IS 'when it may be taken; taking it moves this past the lease';
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (organization_id, id) WHERE parked_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_of_photo ON outbox (photo_id);

CREATE TABLE upload_quota (
    organization_id uuid NOT NULL,
    user_id         text NOT NULL,
    minute          timestamptz NOT NULL,
    used            integer NOT NULL,
    PRIMARY KEY (organization_id, user_id, minute)
);
CREATE INDEX upload_quota_by_minute ON upload_quota (minute);

CREATE TABLE tombstones (
    photo_id        uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id      uuid NOT NULL,
    s3_key          text NOT NULL UNIQUE,
    url_expires_at  timestamptz NOT NULL,
    deleted_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tombstones IS 'what stays of a deleted photo: nothing personal';

CREATE TABLE object_deletions (
    photo_id        uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    s3_key          text NOT NULL,
    url_expires_at  timestamptz NOT NULL,
    due_at          timestamptz NOT NULL
);
COMMENT ON TABLE object_deletions IS 'objects to delete, looked at again after the last upload URL has ended';
CREATE INDEX object_deletions_due ON object_deletions (due_at);
"""

TAKE_QUOTA = """
CREATE FUNCTION take_quota(p_organization_id uuid, p_user_id text, p_limit integer,
                           OUT used integer, OUT reset_seconds integer, OUT this_minute timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    -- `used` stays null when nothing is left.
    this_minute := date_trunc('minute', clock_timestamp());
    reset_seconds := greatest(1, ceil(extract(epoch FROM this_minute + interval '1 minute' - clock_timestamp())));
    -- A plain read first: a user far above the limit would otherwise keep locking the row.
    IF EXISTS (SELECT FROM upload_quota q WHERE q.organization_id = p_organization_id AND q.user_id = p_user_id
               AND q.minute = this_minute AND q.used >= p_limit) THEN
        RETURN;
    END IF;
    INSERT INTO upload_quota AS q (organization_id, user_id, minute, used)
        SELECT p_organization_id, p_user_id, this_minute, 1 WHERE p_limit > 0
    ON CONFLICT (organization_id, user_id, minute) DO UPDATE SET used = q.used + 1 WHERE q.used < p_limit
    RETURNING q.used INTO used;
END $$;
"""

REISSUE_URL = """
CREATE FUNCTION reissue_url(p_photo_id uuid, p_upload_id uuid, p_url_expires_at timestamptz,
                            p_sweep_at timestamptz, p_actor text) RETURNS SETOF photos LANGUAGE plpgsql AS $$
DECLARE
    was_status text;
    was_code text;
BEGIN
    SELECT status, error_code INTO was_status, was_code FROM photos WHERE id = p_photo_id FOR UPDATE;
    -- A photo that had been given up is awaited again, so that the sweeper watches it.
    IF was_code = 'upload_expired' THEN
        INSERT INTO photo_status_events (photo_id, organization_id, from_status, to_status, actor, reason)
            SELECT id, organization_id, status, 'pending_upload', p_actor, 'new upload URL'
            FROM photos WHERE id = p_photo_id;
    END IF;
    RETURN QUERY UPDATE photos SET
        upload_id = p_upload_id,
        url_expires_at = greatest(url_expires_at, p_url_expires_at),
        status = CASE WHEN was_code = 'upload_expired' THEN 'pending_upload' ELSE status END,
        error_code = CASE WHEN was_code = 'upload_expired' THEN NULL ELSE error_code END,
        error_detail = CASE WHEN was_code = 'upload_expired' THEN NULL ELSE error_detail END,
        failed_at = CASE WHEN was_code = 'upload_expired' THEN NULL ELSE failed_at END,
        sweep_at = CASE WHEN was_status = 'pending_upload' OR was_code = 'upload_expired'
                        THEN p_sweep_at ELSE sweep_at END,
        version = version + 1
    WHERE id = p_photo_id RETURNING *;
    -- A URL outlives its photo: the second look waits for the newest one.
    IF was_code = 'content_mismatch' THEN
        INSERT INTO object_deletions AS d (photo_id, organization_id, s3_key, url_expires_at, due_at)
            SELECT id, organization_id, s3_key, p_url_expires_at, p_sweep_at FROM photos WHERE id = p_photo_id
        ON CONFLICT (photo_id) DO UPDATE SET url_expires_at = greatest(d.url_expires_at, excluded.url_expires_at);
    END IF;
END $$;
"""

PHOTO_OF_KEY = """
CREATE FUNCTION photo_of_key(p_organization_id uuid, p_user_id text, p_key text) RETURNS photos LANGUAGE sql AS $$
    SELECT p.* FROM photos p
    WHERE p.organization_id = p_organization_id AND p.user_id = p_user_id AND p.idempotency_key = p_key
$$;
"""

# One call does replay, quota, project check and insert. plpgsql takes a fresh snapshot for each statement, so that
# the loser of a race for an idempotency key sees the winner's row; one statement with CTEs could not.
REQUEST_UPLOAD = """
CREATE FUNCTION request_upload(
    p_organization_id uuid, p_user_id text, p_project_id uuid, p_photo_id uuid, p_upload_id uuid,
    p_idempotency_key text, p_request_hash bytea, p_file_name text, p_mime_type text, p_file_size bigint,
    p_checksum_sha256 text, p_s3_key text, p_detection_types text[], p_priority text, p_client_metadata jsonb,
    p_now timestamptz, p_url_expires_at timestamptz, p_sweep_at timestamptz, p_limit integer,
    OUT outcome text, OUT photo_id uuid, OUT s3_key text, OUT used integer, OUT reset_seconds integer
) LANGUAGE plpgsql AS $$
DECLARE
    known photos;
    minute_taken timestamptz;
BEGIN
    known := photo_of_key(p_organization_id, p_user_id, p_idempotency_key);
    IF known.id IS NULL THEN
        SELECT q.used, q.reset_seconds, q.this_minute INTO used, reset_seconds, minute_taken
            FROM take_quota(p_organization_id, p_user_id, p_limit) q;
        IF used IS NOT NULL THEN
            INSERT INTO photos AS p (id, organization_id, project_id, user_id, upload_id, idempotency_key,
                    request_hash, file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority,
                    client_metadata, created_at, url_expires_at, sweep_at)
                SELECT p_photo_id, o.organization_id, o.id, p_user_id, p_upload_id, p_idempotency_key,
                    p_request_hash, p_file_name, p_mime_type, p_file_size, p_checksum_sha256, p_s3_key,
                    p_detection_types, p_priority, p_client_metadata, p_now, p_url_expires_at, p_sweep_at
                FROM projects o WHERE o.id = p_project_id AND o.organization_id = p_organization_id
                ON CONFLICT (organization_id, user_id, idempotency_key) DO NOTHING
                RETURNING p.id, p.s3_key INTO photo_id, s3_key;
            IF photo_id IS NOT NULL THEN
                INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
                    VALUES (p_photo_id, p_organization_id, 'pending_upload', p_now, p_user_id);
                outcome := 'created';
                RETURN;
            END IF;
        END IF;
        -- Refused so far; but another request with this key may have come first, and then ours is its replay.
        known := photo_of_key(p_organization_id, p_user_id, p_idempotency_key);
        IF known.id IS NULL THEN
            outcome := CASE WHEN used IS NULL THEN 'rate_limited' ELSE 'project_access_denied' END;
            RETURN;
        END IF;
        -- A replay costs nothing.
        UPDATE upload_quota q SET used = q.used - 1 WHERE minute_taken = q.minute AND request_upload.used IS NOT NULL
            AND q.organization_id = p_organization_id AND q.user_id = p_user_id;
        used := NULL;
    END IF;
    IF known.request_hash <> p_request_hash THEN
        outcome := 'idempotency_conflict';
        RETURN;
    END IF;
    SELECT r.id, r.s3_key INTO photo_id, s3_key
        FROM reissue_url(known.id, p_upload_id, p_url_expires_at, p_sweep_at, p_user_id) r;
    -- Deleted between the two statements: the client's retry makes a new photo.
    outcome := CASE WHEN photo_id IS NULL THEN 'gone' ELSE 'replayed' END;
END $$;
"""


FUNCTIONS = (TAKE_QUOTA, REISSUE_URL, PHOTO_OF_KEY, REQUEST_UPLOAD)


def upgrade() -> None:
    # asyncpg prepares what it runs, and prepares one statement at a time.
    for statement in (*filter(str.strip, TABLES.split(";\n")), *FUNCTIONS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION request_upload, photo_of_key, reissue_url, take_quota")
    op.get_bind().exec_driver_sql(
        "DROP TABLE object_deletions, tombstones, upload_quota, outbox, photo_status_events, photos, projects"
    )
