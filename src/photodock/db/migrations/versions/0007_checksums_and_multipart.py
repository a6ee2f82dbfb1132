"""Photos by their checksum, and uploads in parts."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Of photos that have arrived alone: the request for an upload URL, the busiest call, writes nothing into it, and what
# stands in it was verified. The id, so that of a thousand same photos the first is read and no more.
BY_CHECKSUM = """
CREATE INDEX photos_by_checksum ON photos (project_id, checksum_sha256, id)
    WHERE checksum_sha256 IS NOT NULL AND uploaded_at IS NOT NULL
"""

# One row without a photo where the project has none of them; no row where there is no such project.
PHOTOS_BY_CHECKSUM = """
CREATE FUNCTION photos_by_checksum(p_organization_id uuid, p_project_id uuid, p_checksums text[])
RETURNS TABLE (checksum_sha256 text, photo_id uuid, status text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT f.checksum_sha256, f.id, f.status
    FROM projects o LEFT JOIN LATERAL (
        SELECT first.checksum_sha256, first.id, first.status
        FROM unnest(p_checksums) WITH ORDINALITY AS w (checksum_sha256, place)
        CROSS JOIN LATERAL (
            SELECT p.checksum_sha256, p.id, p.status FROM photos p
            WHERE p.organization_id = p_organization_id AND p.project_id = o.id
                AND p.checksum_sha256 = w.checksum_sha256 AND p.uploaded_at IS NOT NULL
            ORDER BY p.id LIMIT 1
        ) AS first
        ORDER BY w.place
    ) AS f ON true
    WHERE o.id = p_project_id AND o.organization_id = p_organization_id;
END $$;
"""

# No foreign key: a row outlives its photo until the upload is aborted, for its parts hold the photo's bytes.
MULTIPART_UPLOADS = """
CREATE TABLE multipart_uploads (
    photo_id        uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    s3_key          text NOT NULL,
    s3_upload_id    text NOT NULL UNIQUE,
    part_size       integer NOT NULL CHECK (part_size > 0),
    part_checksums  jsonb,
    begun_at        timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
PART_CHECKSUMS = """
COMMENT ON COLUMN multipart_uploads.part_checksums IS
    'base64 of the SHA-256 by part number, as last signed; null where parts have none'
"""


def upgrade() -> None:
    for statement in (BY_CHECKSUM, PHOTOS_BY_CHECKSUM, MULTIPART_UPLOADS, PART_CHECKSUMS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE multipart_uploads")
    op.get_bind().exec_driver_sql("DROP FUNCTION photos_by_checksum")
    op.get_bind().exec_driver_sql("DROP INDEX photos_by_checksum")
