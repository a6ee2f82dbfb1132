"""Reading a photo and its history as functions, which bind to an organization and answer in one round trip."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GET_PHOTO = """
CREATE FUNCTION get_photo(p_organization_id uuid, p_photo_id uuid) RETURNS SETOF photos LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT p.* FROM photos p WHERE p.id = p_photo_id AND p.organization_id = p_organization_id;
END $$;
"""

GET_HISTORY = """
CREATE FUNCTION get_history(p_organization_id uuid, p_photo_id uuid) RETURNS SETOF photo_status_events
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT e.* FROM photos p JOIN photo_status_events e ON e.photo_id = p.id
    WHERE p.id = p_photo_id AND p.organization_id = p_organization_id ORDER BY e.id;
END $$;
"""


def upgrade() -> None:
    for function in (GET_PHOTO, GET_HISTORY):
        op.get_bind().exec_driver_sql(function)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP FUNCTION get_history, get_photo")
