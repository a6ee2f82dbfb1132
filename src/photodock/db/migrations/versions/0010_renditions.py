"""Thumbnails and previews: what was made of a photo, and the jobs of what is still to be made."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE photos ADD COLUMN renditions jsonb, ADD COLUMN thumbhash text CHECK (char_length(thumbhash) <= 64)",
    "COMMENT ON COLUMN photos.renditions IS 'null until they are made; empty when none can be made of this photo'",
    # Without a foreign key, because a job outlives its photo: a worker killed while the photo was being deleted may
    # have written objects since, and whoever takes its job next deletes them.
    """
    CREATE TABLE rendition_jobs (
        photo_id        uuid PRIMARY KEY,
        organization_id uuid NOT NULL,
        s3_key          text NOT NULL,
        attempts        integer NOT NULL DEFAULT 0,
        due_at          timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    "COMMENT ON COLUMN rendition_jobs.due_at IS 'when it may be taken; taking it moves this past the lease'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE rendition_jobs")
    op.get_bind().exec_driver_sql("ALTER TABLE photos DROP COLUMN renditions, DROP COLUMN thumbhash")
