"""Who calls: 1,000 users in 100 organizations, each with a project and photos to read."""

from uuid import UUID, uuid4

import asyncpg
from uuid_utils.compat import uuid7

from photodock.api.auth import mint
from photodock.db.migrate import migrate
from photodock.domain.identity import Principal, Scope

ORGANIZATIONS = 100
USERS = 1_000
LIFETIME_SECONDS = 86_400

PHOTOS = """
INSERT INTO photos (id, organization_id, project_id, user_id, upload_id, file_name, mime_type, file_size, s3_key,
                    status, detection_types, priority, created_at, uploaded_at, url_expires_at, exif_data)
SELECT $1::uuid, $2, $3, $4, gen_random_uuid(), 'north-roof.jpg', 'image/jpeg', 3482113, $1::uuid || '.jpg', 'uploaded',
       '{damage,material}', 'normal', now(), now(), now(),
       '{"camera_make": "Apple", "camera_model": "iPhone 13", "iso": 100, "orientation": 6,
         "gps_coordinates": {"latitude": 52.5163, "longitude": 13.3777}}'
"""
BASELINE = (
    "CREATE TABLE baseline_users (id text PRIMARY KEY, organization_id uuid NOT NULL)",
    "CREATE TABLE baseline_projects (id uuid PRIMARY KEY, organization_id uuid NOT NULL)",
)


async def settle(database_url: str, secret: str) -> list[str]:
    """Makes the tables and their rows; a line for each user: token, project, photo. One user more than `USERS`."""
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        for statement in BASELINE:
            await connection.execute(statement)
        places = [(uuid4(), uuid4()) for _ in range(ORGANIZATIONS)]
        for organization_id, project_id in places:
            await connection.execute("INSERT INTO projects VALUES ($1, $2, 'roofs')", project_id, organization_id)
            await connection.execute("INSERT INTO baseline_projects VALUES ($1, $2)", project_id, organization_id)
        lines = [
            await _user(connection, secret, number, *places[number % ORGANIZATIONS]) for number in range(USERS + 1)
        ]
        await connection.execute("VACUUM ANALYZE")
        return lines
    finally:
        await connection.close()


async def _user(
    connection: "asyncpg.Connection", secret: str, number: int, organization_id: UUID, project_id: UUID
) -> str:
    user_id, photo_id = f"user-{number}", uuid7()
    await connection.execute("INSERT INTO baseline_users VALUES ($1, $2)", user_id, organization_id)
    await connection.execute(PHOTOS, photo_id, organization_id, project_id, user_id)
    who = Principal(user_id, organization_id, frozenset({Scope.READ, Scope.WRITE}))
    return f"{mint(secret, who, lifetime_seconds=LIFETIME_SECONDS)} {project_id} {photo_id}"
