"""What many callers ask for at the same time, in one statement: upload URLs, and whether a photo is as it was."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Answers the requests about which nothing is unusual; those that it leaves out take no quota here, and belong to
# request_upload. For users whose limit is that of URLs alone. Quota's rows are taken in one order by all groups, and
# one held by somebody else is not waited for long: the group fails then, and each of its requests goes alone. Neither
# does a key that another request is just inserting fail quietly: no row may be left out once its quota was taken.
REQUEST_UPLOAD_GROUP = """
CREATE FUNCTION request_upload_group(
    p_organization_ids uuid[], p_user_ids text[], p_project_ids uuid[], p_photo_ids uuid[], p_upload_ids uuid[],
    p_idempotency_keys text[], p_request_hashes bytea[], p_file_names text[], p_mime_types text[],
    p_file_sizes bigint[], p_checksums text[], p_s3_keys text[], p_detection_types text[], p_priorities text[],
    p_client_metadata jsonb[], p_nows timestamptz[], p_url_expires_at timestamptz[], p_sweep_at timestamptz[],
    p_limit bigint
) RETURNS TABLE (photo_id uuid, used bigint, refused text, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    this_minute timestamptz := count_from('urls', moment);
    patience text := set_config('lock_timeout', '100ms', true);
BEGIN
    RETURN QUERY
    WITH usual AS MATERIALIZED (
        SELECT i.* FROM unnest(
            p_organization_ids, p_user_ids, p_project_ids, p_photo_ids, p_upload_ids, p_idempotency_keys,
            p_request_hashes, p_file_names, p_mime_types, p_file_sizes, p_checksums, p_s3_keys, p_detection_types,
            p_priorities, p_client_metadata, p_nows, p_url_expires_at, p_sweep_at
        ) AS i (organization_id, user_id, project_id, id, upload_id, idempotency_key, request_hash, file_name,
            mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata, created_at,
            url_expires_at, sweep_at)
        JOIN projects o ON o.id = i.project_id AND o.organization_id = i.organization_id
        WHERE i.idempotency_key IS NULL OR NOT EXISTS (
            SELECT FROM photos p WHERE p.organization_id = i.organization_id AND p.user_id = i.user_id
            AND p.idempotency_key = i.idempotency_key)
    ), taken AS (
        INSERT INTO upload_quota AS q (organization_id, user_id, measure, since, used)
            SELECT u.organization_id, u.user_id, 'urls', this_minute, count(*) FROM usual u
            GROUP BY u.organization_id, u.user_id
            -- One far above the limit ends at this plain read, and keeps locking nothing.
            HAVING count(*) <= p_limit AND NOT EXISTS (
                SELECT FROM upload_quota f WHERE f.organization_id = u.organization_id AND f.user_id = u.user_id
                AND f.measure = 'urls' AND f.since = this_minute AND f.used >= p_limit)
            ORDER BY u.organization_id, u.user_id
        ON CONFLICT (organization_id, user_id, since, measure)
            DO UPDATE SET used = q.used + excluded.used WHERE q.used + excluded.used <= p_limit
        RETURNING q.organization_id, q.user_id, q.used
    ), made AS (
        INSERT INTO photos AS p (id, organization_id, project_id, user_id, upload_id, idempotency_key, request_hash,
                file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata,
                created_at, url_expires_at, sweep_at)
            SELECT u.id, u.organization_id, u.project_id, u.user_id, u.upload_id, u.idempotency_key, u.request_hash,
                u.file_name, u.mime_type, u.file_size, u.checksum_sha256, u.s3_key,
                string_to_array(u.detection_types, ','), u.priority, u.client_metadata, u.created_at,
                u.url_expires_at, u.sweep_at
            FROM usual u JOIN taken t ON t.organization_id = u.organization_id AND t.user_id = u.user_id
            RETURNING p.id, p.organization_id, p.user_id, p.created_at
    ), event AS (
        INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
            SELECT m.id, m.organization_id, 'pending_upload', m.created_at, m.user_id FROM made m
    )
    SELECT m.id, t.used, NULL::text, moment
    FROM made m JOIN taken t ON t.organization_id = m.organization_id AND t.user_id = m.user_id;
END $$;
"""

# Each photo to its own organization's caller alone, though one statement answers callers of many.
PHOTO_VERSIONS = """
CREATE FUNCTION photo_versions(p_organization_ids uuid[], p_photo_ids uuid[])
RETURNS TABLE (organization_id uuid, id uuid, version integer) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT p.organization_id, p.id, p.version
    FROM unnest(p_organization_ids, p_photo_ids) AS i (organization_id, id)
    JOIN photos p ON p.id = i.id AND p.organization_id = i.organization_id;
END $$;
"""


def upgrade() -> None:
    for function in (REQUEST_UPLOAD_GROUP, PHOTO_VERSIONS):
        op.get_bind().exec_driver_sql(function)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION photo_versions, request_upload_group")
