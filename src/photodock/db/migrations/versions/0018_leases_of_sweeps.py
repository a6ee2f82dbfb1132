"""Which photos a sweeper is looking at stands beside them, not in them (ADR 0039)."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE sweep_leases (
    photo_id        uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    leased_until    timestamptz NOT NULL
)
"""
COMMENT = "COMMENT ON TABLE sweep_leases IS 'photos that a sweeper is looking at; a lease outlives its photo'"


def upgrade() -> None:
    for statement in (TABLE, COMMENT):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE sweep_leases")
