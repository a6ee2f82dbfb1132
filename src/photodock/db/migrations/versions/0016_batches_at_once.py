"""Upload URLs for many photos at once, without a look at each of them where nothing is unusual (ADR 0038)."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# For so many new photos together: whether each limit that is on has room for all of them, and the user's count of URLs.
# In the order in which everybody takes rows and locks (see 0004). Where there is too little, what was taken before
# stays taken: the caller rolls it back.
TAKE_QUOTA_AT_ONCE = """
CREATE FUNCTION take_quota_at_once(p_organization_id uuid, p_user_id text, p_limits bigint[], p_at timestamptz,
                                   p_file_sizes bigint[], OUT is_enough boolean, OUT used bigint)
LANGUAGE plpgsql AS $$
DECLARE
    measures text[] := '{urls, bytes, pending, organization_urls, organization_bytes, organization_pending}';
    photos bigint := cardinality(p_file_sizes);
    bytes bigint := (SELECT sum(f.size) FROM unnest(p_file_sizes) AS f (size));
    whose text;
    now_used bigint;
BEGIN
    is_enough := true;
    FOR n IN 1..cardinality(p_limits) LOOP
        CONTINUE WHEN p_limits[n] IS NULL;
        whose := CASE WHEN n > 3 THEN '' ELSE p_user_id END;
        IF n IN (3, 6) THEN
            PERFORM lock_pending(p_organization_id, whose);
            is_enough := p_limits[n] >= photos
                + count_pending(p_organization_id, CASE WHEN n = 3 THEN p_user_id END, p_limits[n]);
        ELSE
            now_used := take_one(p_organization_id, whose, measures[n], count_from(measures[n], p_at),
                CASE WHEN n IN (2, 5) THEN bytes ELSE photos END, p_limits[n]);
            is_enough := now_used IS NOT NULL;
            used := CASE WHEN n = 1 THEN now_used ELSE used END;
        END IF;
        EXIT WHEN NOT is_enough;
    END LOOP;
END $$;
"""

# Where all items have the same project, type, detection types or priority, the array has this one alone. An item that
# has no Idempotency-Key, checksum or metadata has null there; where none has any, the array itself may be null.
ITEMS = """(
            SELECT r.place, coalesce(r.project_id, p_project_ids[1]) AS project_id, r.photo_id, r.upload_id,
                r.idempotency_key, r.request_hash, r.file_name, coalesce(r.mime_type, p_mime_types[1]) AS mime_type,
                r.file_size, r.checksum_sha256, r.s3_key,
                string_to_array(coalesce(r.detection_types, p_detection_types[1]), ',') AS detection_types,
                coalesce(r.priority, p_priorities[1]) AS priority, r.client_metadata
            FROM unnest(
                p_project_ids, p_photo_ids, p_upload_ids, p_idempotency_keys, p_request_hashes, p_file_names,
                p_mime_types, p_file_sizes, p_checksums, p_s3_keys, p_detection_types, p_priorities, p_client_metadata
            ) WITH ORDINALITY AS r (project_id, photo_id, upload_id, idempotency_key, request_hash, file_name,
                mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata, place)
            ) AS i"""

# What is usual is done at once, and answered by a single row without a place: all projects are the organization's own,
# each limit has room, and nobody has used one of the keys. Otherwise nothing of it is kept, and request_uploads looks
# at the items one by one. Keys are inserted in an order of their own (see 0004).
REQUEST_UPLOAD_BATCH = """
CREATE FUNCTION request_upload_batch(
    p_organization_id uuid, p_user_id text, p_project_ids uuid[], p_photo_ids uuid[], p_upload_ids uuid[],
    p_idempotency_keys text[], p_request_hashes bytea[], p_file_names text[], p_mime_types text[],
    p_file_sizes bigint[], p_checksums text[], p_s3_keys text[], p_detection_types text[], p_priorities text[],
    p_client_metadata jsonb[], p_now timestamptz, p_url_expires_at timestamptz, p_sweep_at timestamptz,
    p_limits bigint[]
) RETURNS TABLE (place integer, outcome text, used bigint, refused text, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    own_projects uuid[] := ARRAY(
        SELECT (SELECT o.id FROM projects o WHERE o.id = p.id AND o.organization_id = p_organization_id)
        FROM (SELECT DISTINCT unnest(p_project_ids)) AS p (id));
    quota record;
BEGIN
    BEGIN
        quota := take_quota_at_once(p_organization_id, p_user_id, p_limits, moment, p_file_sizes);
        IF NOT (quota.is_enough AND p_project_ids <@ own_projects) THEN
            RAISE no_data_found;
        END IF;
        INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, idempotency_key, request_hash,
                file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata,
                created_at, url_expires_at, sweep_at)
            SELECT i.photo_id, p_organization_id, i.project_id, p_user_id, i.upload_id, i.idempotency_key,
                i.request_hash, i.file_name, i.mime_type, i.file_size, i.checksum_sha256, i.s3_key,
                i.detection_types, i.priority, i.client_metadata, p_now, p_url_expires_at,
                p_sweep_at
            FROM ITEMS
            ORDER BY i.idempotency_key, i.place;
        INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
            SELECT i.id, p_organization_id, 'pending_upload', p_now, p_user_id FROM unnest(p_photo_ids) AS i (id);
        RETURN QUERY SELECT NULL::integer, 'created', quota.used, NULL::text, moment;
        RETURN;
    EXCEPTION WHEN unique_violation OR no_data_found THEN
        -- Taken back, as if nothing had been tried.
    END;
    RETURN QUERY SELECT r.* FROM request_uploads(
        p_organization_id, p_user_id, (
            SELECT jsonb_agg(one) FROM (
                SELECT i.place - 1 AS place, i.project_id, i.photo_id, i.upload_id, i.idempotency_key,
                    encode(i.request_hash, 'hex') AS request_hash, i.file_name, i.mime_type, i.file_size,
                    i.checksum_sha256, i.s3_key, i.detection_types, i.priority, i.client_metadata
                FROM ITEMS) AS one),
        p_now, p_url_expires_at, p_sweep_at, p_limits) AS r;
END $$;
""".replace("ITEMS", ITEMS)


def upgrade() -> None:
    for function in (TAKE_QUOTA_AT_ONCE, REQUEST_UPLOAD_BATCH):
        op.get_bind().exec_driver_sql(function)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION request_upload_batch, take_quota_at_once")
