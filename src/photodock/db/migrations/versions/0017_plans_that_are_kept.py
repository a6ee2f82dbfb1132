"""Calls for many requests at once are planned once for a connection, not each time anew (ADR 0035)."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# PostgreSQL takes a plan made for the very arrays of a call for cheaper than one for any arrays, and plans each call
# anew: a tenth of what a batch costs it. Each row is found by its key in either. Whoever replaces one of these
# functions sets this again.
CALLS = ("request_upload_group", "request_upload_batch")


def upgrade() -> None:
    for name in CALLS:
        op.get_bind().exec_driver_sql(f"ALTER FUNCTION {name} SET plan_cache_mode = force_generic_plan")


def downgrade() -> None:
    for name in CALLS:
        op.get_bind().exec_driver_sql(f"ALTER FUNCTION {name} RESET plan_cache_mode")
