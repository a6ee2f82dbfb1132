"""Many upload URLs in one statement."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Answers each item that makes a new photo, or would have; those it leaves out are repeats of a known Idempotency-Key
# (or have just lost a race for one), and belong to request_upload. The quota's row, locked first, keeps the same
# user's other requests out until the count is right.
REQUEST_UPLOADS = """
CREATE FUNCTION request_uploads(
    p_organization_id uuid, p_user_id text, p_items jsonb, p_now timestamptz, p_url_expires_at timestamptz,
    p_sweep_at timestamptz, p_limit integer
) RETURNS TABLE (place integer, outcome text, used integer, reset_seconds integer) LANGUAGE plpgsql AS $$
DECLARE
    this_minute timestamptz := date_trunc('minute', clock_timestamp());
    room integer;
BEGIN
    INSERT INTO upload_quota (organization_id, user_id, minute, used)
        VALUES (p_organization_id, p_user_id, this_minute, 0) ON CONFLICT DO NOTHING;
    SELECT p_limit - q.used INTO room FROM upload_quota q
        WHERE q.organization_id = p_organization_id AND q.user_id = p_user_id AND q.minute = this_minute FOR UPDATE;
    RETURN QUERY
    WITH item AS (
        SELECT * FROM jsonb_to_recordset(p_items) AS i (
            place integer, project_id uuid, photo_id uuid, upload_id uuid, idempotency_key text, request_hash text,
            file_name text, mime_type text, file_size bigint, checksum_sha256 text, s3_key text,
            detection_types text[], priority text, client_metadata jsonb)
    ), fresh AS MATERIALIZED (
        SELECT i.*, o.id IS NOT NULL AS is_ours, row_number() OVER (ORDER BY i.place) <= room AS has_room
        FROM item i LEFT JOIN projects o ON o.id = i.project_id AND o.organization_id = p_organization_id
        WHERE i.idempotency_key IS NULL OR NOT EXISTS (
            SELECT FROM photos p WHERE p.organization_id = p_organization_id AND p.user_id = p_user_id
            AND p.idempotency_key = i.idempotency_key)
    ), made AS (
        INSERT INTO photos AS p (id, organization_id, project_id, user_id, upload_id, idempotency_key, request_hash,
                file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata,
                created_at, url_expires_at, sweep_at)
            SELECT f.photo_id, p_organization_id, f.project_id, p_user_id, f.upload_id, f.idempotency_key,
                decode(f.request_hash, 'hex'), f.file_name, f.mime_type, f.file_size, f.checksum_sha256, f.s3_key,
                f.detection_types, f.priority, f.client_metadata, p_now, p_url_expires_at, p_sweep_at
            FROM fresh f WHERE f.is_ours AND f.has_room
            ON CONFLICT (organization_id, user_id, idempotency_key) DO NOTHING
            RETURNING p.id
    ), event AS (
        INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
            SELECT m.id, p_organization_id, 'pending_upload', p_now, p_user_id FROM made m
    ), answer AS (
        SELECT f.place, CASE WHEN NOT f.has_room THEN 'rate_limited' WHEN f.is_ours THEN 'created'
                        ELSE 'project_access_denied' END AS outcome
        FROM fresh f LEFT JOIN made m ON m.id = f.photo_id
        WHERE m.id IS NOT NULL OR NOT (f.is_ours AND f.has_room)
    ), spent AS (
        UPDATE upload_quota q SET used = q.used + (SELECT count(*) FROM answer a WHERE a.outcome <> 'rate_limited')
            WHERE q.organization_id = p_organization_id AND q.user_id = p_user_id AND q.minute = this_minute
            RETURNING q.used
    )
    SELECT a.place, a.outcome, s.used,
        greatest(1, ceil(extract(epoch FROM this_minute + interval '1 minute' - clock_timestamp())))::integer
    FROM answer a CROSS JOIN spent s;
END $$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(REQUEST_UPLOADS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION request_uploads")
