"""Functions that run as their owner look for what they name in this schema alone, and last for temporary tables.

PostgreSQL looks into a session's temporary tables first where a search path does not name them: whoever may make one
could put a `policies` or `webhooks` of his own before the real one, under the owner's rights.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIND = """
SELECT p.oid::regprocedure::text AS function, quote_ident(current_schema()) AS schema
FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace ORDER BY p.proname
"""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for function, schema in run(FIND).all():
        run(f"ALTER FUNCTION {function} SET search_path = {schema}, pg_temp")


def downgrade() -> None:
    """Nothing: what is narrower than before hinders no version before."""
