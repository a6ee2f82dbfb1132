"""What an organization lets be stored: the policy for positions, held by the database itself."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE policies (
    organization_id uuid PRIMARY KEY,
    gps             text NOT NULL CHECK (gps IN ('keep', 'round', 'drop')),
    changed_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE policies IS 'an organization without a row keeps positions as they are';
COMMENT ON TABLE photo_status_events IS
    'append-only; outlives its photo (no foreign key), then without actors and reasons';
"""

# A grid of cells of about 1.1 km: rows of 0.01 degrees of latitude, each with as many cells as its circle has room for,
# one at the poles. The middle of a cell is its own middle again, so rounding twice changes nothing; and since the
# cells close round the circle, both sides of the date line meet in one. Of half a position nothing is left.
POSITION_ROUNDED = """
CREATE FUNCTION position_rounded(p_position jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    latitude numeric;
    cells integer;
    cell integer;
BEGIN
    IF jsonb_typeof(p_position -> 'latitude') IS DISTINCT FROM 'number'
            OR jsonb_typeof(p_position -> 'longitude') IS DISTINCT FROM 'number' THEN
        RETURN '{}';
    END IF;
    latitude := round((p_position ->> 'latitude')::numeric, 2);
    cells := greatest(1, floor(36000 * cosd(latitude::float8)));
    cell := round((p_position ->> 'longitude')::numeric * cells / 360);
    IF 2 * cell <= -cells THEN
        cell := cell + cells;
    ELSIF 2 * cell > cells THEN
        cell := cell - cells;
    END IF;
    RETURN jsonb_build_object(
        'latitude', trim_scale(latitude), 'longitude', trim_scale(round(cell * 360.0 / cells, 4)));
END $$;
"""

# What may stay is named, so that a field added later is no hole: it goes until somebody has thought of it here.
CLIENT_METADATA_UNDER = """
CREATE FUNCTION client_metadata_under(p_policy text, p_data jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_policy WHEN 'keep' THEN p_data ELSE nullif(
        jsonb_strip_nulls(jsonb_build_object('captured_at', p_data -> 'captured_at'))
            || CASE p_policy WHEN 'round' THEN position_rounded(p_data) ELSE '{}' END,
        '{}') END
$$;
"""

EXIF_DATA_UNDER = """
CREATE FUNCTION exif_data_under(p_policy text, p_data jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_policy = 'keep' OR NOT p_data ? 'gps_coordinates' THEN p_data ELSE nullif(
        p_data - 'gps_coordinates' || CASE p_policy WHEN 'round' THEN jsonb_strip_nulls(jsonb_build_object(
            'gps_coordinates', nullif(
                jsonb_strip_nulls(jsonb_build_object('timestamp', p_data #> '{gps_coordinates,timestamp}'))
                    || position_rounded(p_data -> 'gps_coordinates'),
                '{}'))) ELSE '{}' END,
        '{}') END
$$;
"""

# Whoever stores a position holds this lock shared until the end of the transaction, whoever changes the policy holds
# it alone: once the change is answered, nothing is under way that was decided by the old policy.
POLICY_LOCK = """
CREATE FUNCTION policy_lock(p_organization_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended('policy of ' || p_organization_id::text, 0)
$$;
"""

SET_POLICY = """
CREATE FUNCTION set_policy(p_organization_id uuid, p_gps text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(policy_lock(p_organization_id));
    INSERT INTO policies AS p (organization_id, gps) VALUES (p_organization_id, p_gps)
    ON CONFLICT (organization_id) DO UPDATE SET gps = excluded.gps, changed_at = excluded.changed_at
        WHERE p.gps <> excluded.gps;
END $$;
"""

# Runs as its owner: a caller who may not see the policy must not for that reason be without one.
HOLD_POLICY = """
CREATE FUNCTION hold_policy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    policy text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(policy_lock(NEW.organization_id));
    SELECT gps INTO policy FROM policies WHERE organization_id = NEW.organization_id;
    IF policy <> 'keep' THEN
        NEW.client_metadata := client_metadata_under(policy, NEW.client_metadata);
        NEW.exif_data := exif_data_under(policy, NEW.exif_data);
    END IF;
    RETURN NEW;
END $$;
"""

TRIGGER = """
CREATE TRIGGER hold_policy BEFORE INSERT OR UPDATE OF client_metadata, exif_data ON photos FOR EACH ROW
    WHEN (NEW.client_metadata IS NOT NULL OR NEW.exif_data ? 'gps_coordinates') EXECUTE FUNCTION hold_policy()
"""

STATEMENTS = (
    *filter(str.strip, TABLES.split(";\n")),
    *(POSITION_ROUNDED, CLIENT_METADATA_UNDER, EXIF_DATA_UNDER, POLICY_LOCK, SET_POLICY, HOLD_POLICY, TRIGGER),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TRIGGER hold_policy ON photos")
    op.get_bind().exec_driver_sql(
        "DROP FUNCTION hold_policy, set_policy, policy_lock, exif_data_under, client_metadata_under, position_rounded"
    )
    op.get_bind().exec_driver_sql("DROP TABLE policies")
