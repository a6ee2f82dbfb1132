"""Lists by status read what they show, and not a whole project."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Nearly all photos are completed in the end. Of the others few are there at a time, so these stay small; without them a
# list of what failed would read every photo of a project to find none.
INDEXES = {
    "photos_unfinished_of_organization": "(organization_id, status, id DESC)",
    "photos_unfinished_of_project": "(organization_id, project_id, status, id DESC)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.get_bind().exec_driver_sql(f"CREATE INDEX {name} ON photos {columns} WHERE status <> 'completed'")


def downgrade() -> None:
    for name in INDEXES:
        op.get_bind().exec_driver_sql(f"DROP INDEX {name}")
