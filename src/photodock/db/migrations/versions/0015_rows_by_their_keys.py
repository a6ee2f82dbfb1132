"""What many ask for finds each quota row and each project by its key, however tables are planned for (ADR 0035)."""

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# By its beginning alone: a count was then found among all counts of that minute, where PostgreSQL took those for few.
# Deleting what is over never used it: what it compares with changes while it runs, so that no index can find it.
INDEX = "DROP INDEX upload_quota_by_time"
INDEX_BEFORE = "CREATE INDEX upload_quota_by_time ON upload_quota (since)"

# As a join, a request's project was looked for among all projects of its organization, or of all the group's.
OWN_PROJECT_OF_GROUP = (
    "JOIN projects o ON o.id = i.project_id AND o.organization_id = i.organization_id",
    """CROSS JOIN LATERAL (
            SELECT FROM projects o WHERE o.id = i.project_id AND o.organization_id = i.organization_id LIMIT 1
        ) AS own""",
)
OWN_PROJECT_OF_BATCH = (
    "LEFT JOIN projects o ON o.id = i.project_id AND o.organization_id = p_organization_id",
    """LEFT JOIN LATERAL (
            SELECT f.id FROM projects f WHERE f.id = i.project_id AND f.organization_id = p_organization_id LIMIT 1
        ) AS o ON true""",
)
CHANGES = {"REQUEST_UPLOAD_GROUP": OWN_PROJECT_OF_GROUP, "REQUEST_UPLOADS": OWN_PROJECT_OF_BATCH}


def upgrade() -> None:
    op.get_bind().exec_driver_sql(INDEX)
    for name, change in CHANGES.items():
        op.get_bind().exec_driver_sql(_function(name, change))


def downgrade() -> None:
    for name in CHANGES:
        op.get_bind().exec_driver_sql(_function(name))
    op.get_bind().exec_driver_sql(INDEX_BEFORE)


def _function(name: str, *changes: tuple[str, str]) -> str:
    """As the migration before this one left it, but for these parts of its text."""
    before = context.script.get_revision(down_revision).module
    [(made_in, so_far)] = ((made_in, so_far) for made_in, of, so_far in before.CHANGES if of == name)
    return str(before._changed(made_in, name, (*so_far, *changes)))
