"""A worker finds the jobs of renditions that are due, and reads none that were put off (ADR 0039)."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("CREATE INDEX rendition_jobs_due ON rendition_jobs (due_at)")


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP INDEX rendition_jobs_due")
