"""Lists by status, and the count of pending uploads, read what they show, and not all of an organization's photos."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Nearly all photos are completed in the end. Of the others few are there at a time, so this stays small; without it a
# list of what failed would read every photo to find none. One index for all of it: each costs every new photo.
UNFINISHED = """
CREATE INDEX photos_unfinished ON photos (organization_id, status, id DESC) INCLUDE (user_id, project_id)
    WHERE status <> 'completed'
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(UNFINISHED)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP INDEX photos_unfinished")
