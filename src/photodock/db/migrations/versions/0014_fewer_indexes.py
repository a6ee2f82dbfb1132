"""Two indexes less to write for each photo, and plans of groups that stay good while tables grow (ADR 0035)."""

from alembic import context, op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The key holds the photo's id, by which it is found; so no two photos have the same, nor does any other row.
INDEXES = (
    "ALTER TABLE photos DROP CONSTRAINT photos_organization_id_user_id_idempotency_key_key",
    """CREATE UNIQUE INDEX photos_by_idempotency_key ON photos (organization_id, user_id, idempotency_key)
       WHERE idempotency_key IS NOT NULL""",
    "ALTER TABLE photos DROP CONSTRAINT photos_s3_key_key",
    "ALTER TABLE photos ADD CONSTRAINT photos_s3_key_has_id CHECK (position(id::text IN s3_key) > 0)",
    "ALTER TABLE tombstones DROP CONSTRAINT tombstones_s3_key_key",
)
INDEXES_BEFORE = (
    "ALTER TABLE tombstones ADD CONSTRAINT tombstones_s3_key_key UNIQUE (s3_key)",
    "ALTER TABLE photos DROP CONSTRAINT photos_s3_key_has_id",
    "ALTER TABLE photos ADD CONSTRAINT photos_s3_key_key UNIQUE (s3_key)",
    "DROP INDEX photos_by_idempotency_key",
    """ALTER TABLE photos ADD CONSTRAINT photos_organization_id_user_id_idempotency_key_key
       UNIQUE (organization_id, user_id, idempotency_key)""",
)

ARBITER = (
    "ON CONFLICT (organization_id, user_id, idempotency_key) DO",
    "ON CONFLICT (organization_id, user_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO",
)
# For many requests each row is looked up by a subquery of one value or row: `NOT EXISTS` and joins may be planned as
# one look at all rows of the organizations, and PostgreSQL keeps such a plan while the tables grow.
FREE_KEY_OF_GROUP = (
    """NOT EXISTS (
            SELECT FROM photos p WHERE p.organization_id = i.organization_id AND p.user_id = i.user_id
            AND p.idempotency_key = i.idempotency_key)""",
    """(
            SELECT p.id FROM photos p WHERE p.organization_id = i.organization_id AND p.user_id = i.user_id
            AND p.idempotency_key = i.idempotency_key) IS NULL""",
)
QUOTA_LEFT = (
    """NOT EXISTS (
                SELECT FROM upload_quota f WHERE f.organization_id = u.organization_id AND f.user_id = u.user_id
                AND f.measure = 'urls' AND f.since = this_minute AND f.used >= p_limit)""",
    """coalesce((
                SELECT f.used FROM upload_quota f WHERE f.organization_id = u.organization_id
                AND f.user_id = u.user_id AND f.measure = 'urls' AND f.since = this_minute), 0) < p_limit""",
)
FREE_KEY_OF_BATCH = (
    """NOT EXISTS (
            SELECT FROM photos p WHERE p.organization_id = p_organization_id AND p.user_id = p_user_id
            AND p.idempotency_key = i.idempotency_key)""",
    """(
            SELECT p.id FROM photos p WHERE p.organization_id = p_organization_id AND p.user_id = p_user_id
            AND p.idempotency_key = i.idempotency_key) IS NULL""",
)
SPENT_BY_BATCH = (
    "            WHERE q.organization_id = p_organization_id"
    " AND p_limits[array_position(measures, q.measure)] IS NOT NULL"
    """
            AND q.user_id = CASE WHEN q.measure LIKE 'organization%' THEN '' ELSE p_user_id END
            AND q.since = count_from(q.measure, moment)
""",
    # Which row of each limit: `hold_quota` has locked them, so they stay where they are.
    """            FROM unnest(measures) WITH ORDINALITY AS l (measure, n) CROSS JOIN LATERAL (
                SELECT f.ctid FROM upload_quota f WHERE f.organization_id = p_organization_id
                AND f.user_id = CASE WHEN l.measure LIKE 'organization%' THEN '' ELSE p_user_id END
                AND f.measure = l.measure AND f.since = count_from(l.measure, moment) LIMIT 1) AS held
            WHERE p_limits[l.n] IS NOT NULL AND q.ctid = held.ctid
""",
)
VERSION_OF_EACH = (
    """    SELECT p.organization_id, p.id, p.version
    FROM unnest(p_organization_ids, p_photo_ids) AS i (organization_id, id)
    JOIN photos p ON p.id = i.id AND p.organization_id = i.organization_id;
""",
    """    SELECT i.organization_id, i.id, v.version
    FROM unnest(p_organization_ids, p_photo_ids) AS i (organization_id, id)
    CROSS JOIN LATERAL (
        SELECT p.version FROM photos p WHERE p.id = i.id AND p.organization_id = i.organization_id LIMIT 1) AS v;
""",
)
CHANGES = (
    ("0004", "REQUEST_UPLOAD", (ARBITER,)),
    ("0004", "REQUEST_UPLOADS", (ARBITER, FREE_KEY_OF_BATCH, SPENT_BY_BATCH)),
    ("0012", "REQUEST_UPLOAD_GROUP", (FREE_KEY_OF_GROUP, QUOTA_LEFT)),
    ("0012", "PHOTO_VERSIONS", (VERSION_OF_EACH,)),
)


def upgrade() -> None:
    _run(*INDEXES, *(_changed(*change) for change in CHANGES))


def downgrade() -> None:
    _run(*(_changed(made_in, name, ()) for made_in, name, _ in CHANGES), *INDEXES_BEFORE)


def _changed(made_in: str, name: str, changes: tuple[tuple[str, str], ...]) -> str:
    """The function as that migration made it, but for these parts of its text."""
    text = str(getattr(context.script.get_revision(made_in).module, name))
    for before, after in changes:
        if text.count(before) != 1:
            raise AssertionError(f"{name} of {made_in} has {before!r} {text.count(before)} times")
        text = text.replace(before, after)
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
