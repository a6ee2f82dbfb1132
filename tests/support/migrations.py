"""The migrations of a version that is not written yet."""

import shutil
from pathlib import Path

import pytest

from photodock.db import migrate as migration

ADDITIONS = '''"""What a next version adds: a column, an index, and a function that it calls."""

from alembic import op

revision = "9999"
down_revision = {newest!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (
        "ALTER TABLE photos ADD COLUMN weather text",
        "CREATE INDEX photos_by_weather ON photos (organization_id, weather) WHERE weather IS NOT NULL",
        "CREATE FUNCTION weather_of(uuid) RETURNS text LANGUAGE sql AS 'SELECT weather FROM photos WHERE id = $1'",
    ):
        op.get_bind().exec_driver_sql(statement)
'''


def next_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on `migrate` leads to revision 9999, which stands behind this version's newest."""
    scripts = folder / "migrations"
    shutil.copytree(Path(migration.__file__).parent / "migrations", scripts)
    newest = max(file.name[:4] for file in (scripts / "versions").glob("0*.py"))
    (scripts / "versions" / "9999_next.py").write_text(ADDITIONS.format(newest=newest))
    config = migration._config()
    config.set_main_option("script_location", str(scripts))
    monkeypatch.setattr(migration, "_config", lambda: config)
