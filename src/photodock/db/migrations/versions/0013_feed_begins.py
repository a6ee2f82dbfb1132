"""A feed in which nothing happened yet has a position too: a stream of it that breaks is told what came afterwards."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Of no organization, so that nobody is told of it. It is trimmed as all others are.
FIRST = """
INSERT INTO photo_changes (organization_id, project_id, photo_id, type)
SELECT nobody, nobody, nobody, 'photo.deleted' FROM (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS nobody) AS n
WHERE NOT EXISTS (SELECT FROM photo_changes)
"""


def upgrade() -> None:
    op.execute(FIRST)


def downgrade() -> None:
    """The row stays: any change says as much as it does."""
