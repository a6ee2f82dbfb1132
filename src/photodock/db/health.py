"""The database's own word on its state."""

from photodock.db.pool import Database, SchemaBehind


async def current_revision(db: Database) -> str | None:
    """The migration the database stands at; None before the first."""
    try:
        row = await db.fetchrow("SELECT version_num FROM alembic_version")
    except SchemaBehind:
        return None
    return str(row["version_num"]) if row else None
