"""Limits of URLs a minute, bytes a day and pending uploads, for a user and for an organization."""

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Of an organization's rows the user is ''.
TABLES = """
ALTER TABLE upload_quota RENAME COLUMN minute TO since;
ALTER TABLE upload_quota ALTER COLUMN used TYPE bigint;
ALTER TABLE upload_quota ADD COLUMN measure text NOT NULL DEFAULT 'urls'
    CHECK (measure IN ('urls', 'bytes', 'organization_urls', 'organization_bytes'));
ALTER TABLE upload_quota ALTER COLUMN measure DROP DEFAULT;
ALTER TABLE upload_quota DROP CONSTRAINT upload_quota_pkey;
ALTER TABLE upload_quota ADD PRIMARY KEY (organization_id, user_id, since, measure);
ALTER INDEX upload_quota_by_minute RENAME TO upload_quota_by_time;
DROP FUNCTION request_uploads;
DROP FUNCTION request_upload;
DROP FUNCTION take_quota
"""

# `p_limits` stands in all of these for: urls, bytes, pending, organization_urls, organization_bytes,
# organization_pending; null where a limit is off, and those off at the end left out. Rows and locks are taken in this
# order, by everybody: so no two requests wait for each other in a circle. The organization's, which many wait for, come
# last.
COUNT_FROM = """
CREATE FUNCTION count_from(p_measure text, p_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT date_trunc(CASE WHEN p_measure LIKE '%bytes' THEN 'day' ELSE 'minute' END, p_at, 'UTC')
$$;
"""

LOCK_PENDING = """
CREATE FUNCTION lock_pending(p_organization_id uuid, p_user_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Counted and not kept: a photo ceases to be pending in many ways. Whoever counts keeps others from adding.
    PERFORM pg_advisory_xact_lock(hashtextextended('pending ' || p_organization_id || ' ' || p_user_id, 0));
END $$;
"""

COUNT_PENDING = """
CREATE FUNCTION count_pending(p_organization_id uuid, p_user_id text, p_limit bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    -- Up to the limit: more make no difference. A null user: the whole organization.
    IF p_user_id IS NULL THEN
        RETURN (SELECT count(*) FROM (SELECT FROM photos p WHERE p.organization_id = p_organization_id
            AND p.status = 'pending_upload' LIMIT p_limit) AS pending);
    END IF;
    RETURN (SELECT count(*) FROM (SELECT FROM photos p WHERE p.organization_id = p_organization_id
        AND p.user_id = p_user_id AND p.status = 'pending_upload' LIMIT p_limit) AS pending);
END $$;
"""

TAKE_ONE = """
CREATE FUNCTION take_one(p_organization_id uuid, p_user_id text, p_measure text, p_since timestamptz, p_amount bigint,
                         p_limit bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    now_used bigint;
BEGIN
    -- Null when too little is left. Mostly the row is there and has room: then this is all. One far above the limit
    -- ends at the plain reads, and keeps locking nothing.
    UPDATE upload_quota q SET used = q.used + p_amount
        WHERE q.organization_id = p_organization_id AND q.user_id = p_user_id AND q.since = p_since
        AND q.measure = p_measure AND q.used + p_amount <= p_limit
        RETURNING q.used INTO now_used;
    IF now_used IS NULL AND NOT EXISTS (
        SELECT FROM upload_quota q WHERE q.organization_id = p_organization_id AND q.user_id = p_user_id
        AND q.since = p_since AND q.measure = p_measure AND q.used + p_amount > p_limit
    ) THEN
        INSERT INTO upload_quota AS q (organization_id, user_id, measure, since, used)
            SELECT p_organization_id, p_user_id, p_measure, p_since, p_amount WHERE p_amount <= p_limit
        ON CONFLICT (organization_id, user_id, since, measure)
            DO UPDATE SET used = q.used + p_amount WHERE q.used + p_amount <= p_limit
        RETURNING q.used INTO now_used;
    END IF;
    RETURN now_used;
END $$;
"""

GIVE_BACK = """
CREATE FUNCTION give_back(p_organization_id uuid, p_user_id text, p_measures text[], p_at timestamptz, p_bytes bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE upload_quota q SET used = q.used - CASE WHEN q.measure LIKE '%bytes' THEN p_bytes ELSE 1 END
        WHERE q.organization_id = p_organization_id AND q.measure = ANY(p_measures)
        AND q.user_id = CASE WHEN q.measure LIKE 'organization%' THEN '' ELSE p_user_id END
        AND q.since = count_from(q.measure, p_at);
END $$;
"""

# `used` is the user's count of URLs; where one of the limits refused, that limit's own. `p_pending_of`: whose photo
# becomes pending, null when none does.
TAKE_QUOTA = """
CREATE FUNCTION take_quota(p_organization_id uuid, p_user_id text, p_limits bigint[], p_at timestamptz, p_bytes bigint,
                           p_pending_of text, OUT used bigint, OUT refused text, OUT taken text[])
LANGUAGE plpgsql AS $$
DECLARE
    this_minute timestamptz := count_from('urls', p_at);
    today timestamptz := count_from('bytes', p_at);
BEGIN
    IF p_limits[1] IS NOT NULL THEN
        used := take_one(p_organization_id, p_user_id, 'urls', this_minute, 1, p_limits[1]);
        IF used IS NULL THEN
            refused := 'urls';
            RETURN;
        END IF;
        taken := '{urls}';
    END IF;
    IF p_limits[2] IS NOT NULL AND p_bytes > 0 THEN
        IF take_one(p_organization_id, p_user_id, 'bytes', today, p_bytes, p_limits[2]) IS NULL THEN
            refused := 'bytes';
        ELSE
            taken := taken || '{bytes}';
        END IF;
    END IF;
    IF refused IS NULL AND p_limits[3] IS NOT NULL AND p_pending_of IS NOT NULL THEN
        PERFORM lock_pending(p_organization_id, p_pending_of);
        IF count_pending(p_organization_id, p_pending_of, p_limits[3]) >= p_limits[3] THEN
            refused := 'pending';
        END IF;
    END IF;
    IF refused IS NULL AND p_limits[4] IS NOT NULL THEN
        IF take_one(p_organization_id, '', 'organization_urls', this_minute, 1, p_limits[4]) IS NULL THEN
            refused := 'organization_urls';
        ELSE
            taken := taken || '{organization_urls}';
        END IF;
    END IF;
    IF refused IS NULL AND p_limits[5] IS NOT NULL AND p_bytes > 0 THEN
        IF take_one(p_organization_id, '', 'organization_bytes', today, p_bytes, p_limits[5]) IS NULL THEN
            refused := 'organization_bytes';
        ELSE
            taken := taken || '{organization_bytes}';
        END IF;
    END IF;
    IF refused IS NULL AND p_limits[6] IS NOT NULL AND p_pending_of IS NOT NULL THEN
        PERFORM lock_pending(p_organization_id, '');
        IF count_pending(p_organization_id, NULL, p_limits[6]) >= p_limits[6] THEN
            refused := 'organization_pending';
        END IF;
    END IF;
    IF refused IS NOT NULL THEN
        PERFORM give_back(p_organization_id, p_user_id, taken, p_at, p_bytes);
        taken := NULL;
        used := used_of(p_organization_id, p_user_id, refused, p_at);
    END IF;
END $$;
"""

USED_OF = """
CREATE FUNCTION used_of(p_organization_id uuid, p_user_id text, p_measure text, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT q.used FROM upload_quota q WHERE q.organization_id = p_organization_id AND q.measure = p_measure
        AND q.user_id = CASE WHEN p_measure LIKE 'organization%' THEN '' ELSE p_user_id END
        AND q.since = count_from(p_measure, p_at));
END $$;
"""

REQUEST_UPLOAD = """
CREATE FUNCTION request_upload(
    p_organization_id uuid, p_user_id text, p_project_id uuid, p_photo_id uuid, p_upload_id uuid,
    p_idempotency_key text, p_request_hash bytea, p_file_name text, p_mime_type text, p_file_size bigint,
    p_checksum_sha256 text, p_s3_key text, p_detection_types text[], p_priority text, p_client_metadata jsonb,
    p_now timestamptz, p_url_expires_at timestamptz, p_sweep_at timestamptz, p_limits bigint[],
    OUT outcome text, OUT photo_id uuid, OUT s3_key text, OUT used bigint, OUT refused text, OUT at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    known photos;
    taken text[];
BEGIN
    at := clock_timestamp();
    IF p_idempotency_key IS NOT NULL THEN
        known := photo_of_key(p_organization_id, p_user_id, p_idempotency_key);
    END IF;
    IF known.id IS NULL THEN
        IF cardinality(p_limits) > 1 THEN
            SELECT q.used, q.refused, q.taken INTO used, refused, taken
                FROM take_quota(p_organization_id, p_user_id, p_limits, at, p_file_size, p_user_id) q;
        ELSIF cardinality(p_limits) = 1 THEN
            -- The same for the one limit that nearly all have on, at half the price.
            used := take_one(p_organization_id, p_user_id, 'urls', count_from('urls', at), 1, p_limits[1]);
            refused := CASE WHEN used IS NULL THEN 'urls' END;
            taken := CASE WHEN refused IS NULL THEN '{urls}'::text[] END;
        END IF;
        IF refused IS NULL THEN
            INSERT INTO photos AS p (id, organization_id, project_id, user_id, upload_id, idempotency_key,
                    request_hash, file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority,
                    client_metadata, created_at, url_expires_at, sweep_at)
                SELECT p_photo_id, o.organization_id, o.id, p_user_id, p_upload_id, p_idempotency_key,
                    p_request_hash, p_file_name, p_mime_type, p_file_size, p_checksum_sha256, p_s3_key,
                    p_detection_types, p_priority, p_client_metadata, p_now, p_url_expires_at, p_sweep_at
                FROM projects o WHERE o.id = p_project_id AND o.organization_id = p_organization_id
                ON CONFLICT (organization_id, user_id, idempotency_key) DO NOTHING
                RETURNING p.id, p.s3_key INTO photo_id, s3_key;
            IF photo_id IS NOT NULL THEN
                INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
                    VALUES (p_photo_id, p_organization_id, 'pending_upload', p_now, p_user_id);
                outcome := 'created';
                RETURN;
            END IF;
        END IF;
        -- Refused so far; but another request with this key may have come first, and then ours is its replay.
        known := photo_of_key(p_organization_id, p_user_id, p_idempotency_key);
        IF known.id IS NULL THEN
            outcome := CASE WHEN refused IS NULL THEN 'project_access_denied' ELSE 'rate_limited' END;
            -- A refused project costs a URL. Bytes come with a photo, and here is none.
            PERFORM give_back(p_organization_id, p_user_id, array_remove(array_remove(taken, 'urls'),
                'organization_urls'), at, p_file_size) WHERE taken && '{bytes, organization_bytes}';
            RETURN;
        END IF;
        -- A replay costs nothing.
        PERFORM give_back(p_organization_id, p_user_id, taken, at, p_file_size) WHERE taken IS NOT NULL;
        used := NULL;
        refused := NULL;
    END IF;
    IF known.request_hash <> p_request_hash THEN
        outcome := 'idempotency_conflict';
        RETURN;
    END IF;
    SELECT r.id, r.s3_key INTO photo_id, s3_key
        FROM reissue_url(known.id, p_upload_id, p_url_expires_at, p_sweep_at, p_user_id) r;
    -- Deleted between the two statements: the client's retry makes a new photo.
    outcome := CASE WHEN photo_id IS NULL THEN 'gone' ELSE 'replayed' END;
END $$;
"""

# What is left of each limit, in the order of `p_limits`, null where it is off; nobody else can take of it until the
# transaction's end.
HOLD_QUOTA = """
CREATE FUNCTION hold_quota(p_organization_id uuid, p_user_id text, p_limits bigint[], p_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    measures text[] := '{urls, bytes, pending, organization_urls, organization_bytes, organization_pending}';
    room bigint[] := array_fill(NULL::bigint, '{6}');
    whose text;
    used bigint;
BEGIN
    FOR n IN 1..cardinality(p_limits) LOOP
        CONTINUE WHEN p_limits[n] IS NULL;
        whose := CASE WHEN n > 3 THEN '' ELSE p_user_id END;
        IF n IN (3, 6) THEN
            PERFORM lock_pending(p_organization_id, whose);
            room[n] := p_limits[n]
                - count_pending(p_organization_id, CASE WHEN n = 3 THEN p_user_id END, p_limits[n]);
        ELSE
            INSERT INTO upload_quota (organization_id, user_id, measure, since, used)
                VALUES (p_organization_id, whose, measures[n], count_from(measures[n], p_at), 0) ON CONFLICT DO NOTHING;
            SELECT q.used INTO used FROM upload_quota q
                WHERE q.organization_id = p_organization_id AND q.user_id = whose AND q.measure = measures[n]
                AND q.since = count_from(measures[n], p_at) FOR UPDATE;
            room[n] := p_limits[n] - used;
        END IF;
    END LOOP;
    RETURN room;
END $$;
"""

# Answers each item that makes a new photo, or would have; those it leaves out are repeats of a known Idempotency-Key
# (or have just lost a race for one), and belong to request_upload. Items get of the limits in their order, each what
# it would get alone. Keys are inserted in an order of their own: with all limits off, nothing else keeps two batches
# with the same keys from waiting for each other in a circle.
REQUEST_UPLOADS = """
CREATE FUNCTION request_uploads(
    p_organization_id uuid, p_user_id text, p_items jsonb, p_now timestamptz, p_url_expires_at timestamptz,
    p_sweep_at timestamptz, p_limits bigint[]
) RETURNS TABLE (place integer, outcome text, used bigint, refused text, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    measures text[] := '{urls, bytes, pending, organization_urls, organization_bytes, organization_pending}';
    moment timestamptz := clock_timestamp();
    room bigint[] := hold_quota(p_organization_id, p_user_id, p_limits, moment);
    one record;
    places integer[];
    refusals text[];
    refusal text;
BEGIN
    FOR one IN
        SELECT i.place, i.file_size, o.id IS NOT NULL AS is_ours
        FROM jsonb_to_recordset(p_items) AS i (place integer, project_id uuid, idempotency_key text, file_size bigint)
        LEFT JOIN projects o ON o.id = i.project_id AND o.organization_id = p_organization_id
        WHERE i.idempotency_key IS NULL OR NOT EXISTS (
            SELECT FROM photos p WHERE p.organization_id = p_organization_id AND p.user_id = p_user_id
            AND p.idempotency_key = i.idempotency_key)
        ORDER BY i.place
    LOOP
        refusal := CASE
            WHEN room[1] < 1 THEN 'urls' WHEN room[2] < one.file_size THEN 'bytes' WHEN room[3] < 1 THEN 'pending'
            WHEN room[4] < 1 THEN 'organization_urls' WHEN room[5] < one.file_size THEN 'organization_bytes'
            WHEN room[6] < 1 THEN 'organization_pending' END;
        IF refusal IS NULL THEN
            room[1] := room[1] - 1;
            room[4] := room[4] - 1;
            IF one.is_ours THEN
                room[2] := room[2] - one.file_size;
                room[3] := room[3] - 1;
                room[5] := room[5] - one.file_size;
                room[6] := room[6] - 1;
            END IF;
        END IF;
        places := places || one.place;
        refusals := refusals || coalesce(refusal, CASE WHEN one.is_ours THEN '' ELSE 'project' END);
    END LOOP;
    RETURN QUERY
    WITH fresh AS MATERIALIZED (
        SELECT i.*, f.refusal AS why
        FROM unnest(places, refusals) AS f (place, refusal) JOIN jsonb_to_recordset(p_items) AS i (
            place integer, project_id uuid, photo_id uuid, upload_id uuid, idempotency_key text, request_hash text,
            file_name text, mime_type text, file_size bigint, checksum_sha256 text, s3_key text,
            detection_types text[], priority text, client_metadata jsonb) USING (place)
    ), made AS (
        INSERT INTO photos AS p (id, organization_id, project_id, user_id, upload_id, idempotency_key, request_hash,
                file_name, mime_type, file_size, checksum_sha256, s3_key, detection_types, priority, client_metadata,
                created_at, url_expires_at, sweep_at)
            SELECT f.photo_id, p_organization_id, f.project_id, p_user_id, f.upload_id, f.idempotency_key,
                decode(f.request_hash, 'hex'), f.file_name, f.mime_type, f.file_size, f.checksum_sha256, f.s3_key,
                f.detection_types, f.priority, f.client_metadata, p_now, p_url_expires_at, p_sweep_at
            FROM fresh f WHERE f.why = '' ORDER BY f.idempotency_key, f.place
            ON CONFLICT (organization_id, user_id, idempotency_key) DO NOTHING
            RETURNING p.id, p.file_size
    ), event AS (
        INSERT INTO photo_status_events (photo_id, organization_id, to_status, at, actor)
            SELECT m.id, p_organization_id, 'pending_upload', p_now, p_user_id FROM made m
    ), spent AS (
        UPDATE upload_quota q SET used = q.used + CASE WHEN q.measure LIKE '%bytes'
                THEN (SELECT coalesce(sum(m.file_size), 0) FROM made m)
                ELSE (SELECT count(*) FROM made m) + (SELECT count(*) FROM fresh f WHERE f.why = 'project') END
            WHERE q.organization_id = p_organization_id AND p_limits[array_position(measures, q.measure)] IS NOT NULL
            AND q.user_id = CASE WHEN q.measure LIKE 'organization%' THEN '' ELSE p_user_id END
            AND q.since = count_from(q.measure, moment)
    )
    SELECT f.place,
        CASE f.why WHEN '' THEN 'created' WHEN 'project' THEN 'project_access_denied' ELSE 'rate_limited' END,
        p_limits[k.n] - room[k.n], CASE WHEN f.why NOT IN ('', 'project') THEN f.why END, moment
    FROM fresh f LEFT JOIN made m ON m.id = f.photo_id
    CROSS JOIN LATERAL (SELECT coalesce(array_position(measures, f.why), 1) AS n) k
    WHERE m.id IS NOT NULL OR f.why <> '';
END $$;
"""

FUNCTIONS = (
    *(COUNT_FROM, LOCK_PENDING, COUNT_PENDING, TAKE_ONE, GIVE_BACK, USED_OF, TAKE_QUOTA, HOLD_QUOTA),
    *(REQUEST_UPLOAD, REQUEST_UPLOADS),
)


def upgrade() -> None:
    for statement in (*TABLES.split(";\n"), *FUNCTIONS):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    names = "request_uploads, request_upload, take_quota, hold_quota, used_of, give_back, take_one"
    before = [context.script.get_revision(name).module for name in ("0001", "0002")]
    for statement in (
        f"DROP FUNCTION {names}, count_pending, lock_pending, count_from",
        "DELETE FROM upload_quota WHERE measure <> 'urls'",
        "ALTER TABLE upload_quota DROP COLUMN measure",  # and the primary key with it
        "ALTER TABLE upload_quota RENAME COLUMN since TO minute",
        "ALTER TABLE upload_quota ALTER COLUMN used TYPE integer",
        "ALTER TABLE upload_quota ADD PRIMARY KEY (organization_id, user_id, minute)",
        "ALTER INDEX upload_quota_by_time RENAME TO upload_quota_by_minute",
        *(before[0].TAKE_QUOTA, before[0].REQUEST_UPLOAD, before[1].REQUEST_UPLOADS),
    ):
        op.get_bind().exec_driver_sql(statement)
