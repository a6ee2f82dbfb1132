"""Photos by their checksum."""

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


def upgrade() -> None:
    for statement in (BY_CHECKSUM, PHOTOS_BY_CHECKSUM):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION photos_by_checksum")
    op.get_bind().exec_driver_sql("DROP INDEX photos_by_checksum")
