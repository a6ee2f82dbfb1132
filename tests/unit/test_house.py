"""Who may import whom, and what may stand where: the house as it was drawn."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from support.syntax import syntax

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "photodock"

# Part → the parts of photodock it may know. `domain` is everyone's.
MAY_IMPORT = {
    "domain": set(),
    "imaging": set(),
    "pixels": {"imaging"},
    "storage": {"metrics", "tracing"},
    "queues": {"tracing"},
    "db": {"metrics", "tracing"},
    "webhooks": set(),
    "services": {"imaging", "pixels", "storage", "queues", "db", "tracing", "webhooks"},
    "api": {"metrics", "services", "tracing"},
    "workers": {"services", "db", "metrics", "queues", "storage", "tracing", "webhooks"},
    "client": set(),
    "terminal": {"client", "pixels"},
    "consumer": {"client", "queues", "tracing"},
    "settings": set(),
    "logs": {"tracing"},
    "metrics": set(),
    "tracing": {"metrics"},
    "garbage": set(),
    "tokens": {"api", "settings"},
    "bootstrap": {
        "api",
        "db",
        "garbage",
        "logs",
        "metrics",
        "pixels",
        "queues",
        "services",
        "settings",
        "storage",
        "tokens",
        "tracing",
        "webhooks",
        "workers",
    },
    "administration": {"api", "bootstrap", "db", "services", "settings", "storage", "tokens"},
    "dead_letters": {"queues", "settings"},
    # It looks at what every adapter looks at, but gets those that do the service's work from `bootstrap`.
    "doctor": {
        *("api", "bootstrap", "db", "logs", "queues", "services", "settings", "storage", "tokens", "tracing"),
        *("webhooks", "workers"),
    },
    "privacy": {"bootstrap", "db", "services", "settings"},
    "cli": {
        *("administration", "bootstrap", "cli_failures", "cli_photos", "cli_privacy", "cli_queues", "doctor"),
        *("embedded", "garbage", "logs", "serving", "settings", "workers"),
    },
    "cli_failures": {"settings"},
    "cli_photos": {"imaging", "terminal"},
    "cli_privacy": {"cli_failures", "logs", "privacy", "settings"},
    "cli_queues": {"administration", "cli_failures", "dead_letters", "settings"},
    "embedded": {"administration", "api", "bootstrap", "db", "services", "settings", "storage"},
    "quality_detector": {"consumer", "pixels", "settings", "tracing"},
    "serving": {"api", "metrics", "settings"},
    "__main__": {"cli"},
}
WHOLE = {"__init__", "_version"}
"""The package itself, and what its build writes."""
ADAPTERS = {"photodock.queues.sqs", "photodock.queues.rabbitmq"}
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b", re.DOTALL)
HTTP_STATUS = re.compile(r"status_code|http\.HTTPStatus|from http import HTTPStatus|starlette\.status")


@cache
def modules() -> list[tuple[str, Path, ast.Module]]:
    """Part, file and syntax of each."""
    return [
        (path.relative_to(SOURCE).parts[0].removesuffix(".py"), path, syntax(path))
        for path in sorted(SOURCE.rglob("*.py"))
    ]


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_of_photodock(tree: ast.Module) -> set[str]:
    known = {path.stem if path.suffix else path.name for path in SOURCE.iterdir()}
    names = (name.split(".") for name in imported(tree) if name.startswith("photodock."))
    return {name[1] for name in names} & known - WHOLE


def violations() -> Iterator[str]:
    for part, path, tree in modules():
        if part in WHOLE:
            continue
        for other in sorted(parts_of_photodock(tree) - MAY_IMPORT[part] - {part, "domain"}):
            yield f"{path.relative_to(ROOT)} imports photodock.{other}"


def test_each_part_knows_only_the_parts_it_may() -> None:
    assert list(violations()) == []


def test_every_part_has_its_place_in_the_table() -> None:
    found = {part for part, _, _ in modules()} - WHOLE
    assert found == set(MAY_IMPORT)


def test_the_domain_knows_only_the_standard_library() -> None:
    foreign = {
        name
        for part, _, tree in modules()
        if part == "domain"
        for name in imported(tree)
        if name.split(".")[0] in {"pydantic", "fastapi", "asyncpg", "structlog", "obstore", "aiobotocore", "httpx"}
    }
    assert foreign == set()


LOADED = "import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}} & set(sys.argv)))"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        # A detector brings nothing of the service with it, and only migrations take Alembic's second to start.
        (
            "photodock.consumer",
            (
                *("fastapi", "starlette", "asyncpg", "sqlalchemy", "pydantic", "obstore", "typer", "uvicorn"),
                *("opentelemetry", "prometheus_client", "google", "requests"),
            ),
        ),
        # Who sends photos from Python needs httpx alone.
        (
            "photodock.client",
            ("fastapi", "asyncpg", "sqlalchemy", "pydantic", "obstore", "typer", "structlog", "jwt", "PIL"),
        ),
        ("photodock.pixels", ("PIL", "numpy", "httpx", "fastapi", "pydantic", "asyncpg")),
        ("photodock.bootstrap.api", ("PIL", "alembic", "sqlalchemy", "typer", "uvicorn", "google", "requests")),
        (
            "photodock.bootstrap.worker",
            ("PIL", "alembic", "sqlalchemy", "typer", "uvicorn", "fastapi", "opentelemetry", "google", "requests"),
        ),
        ("photodock.cli", ("fastapi", "asyncpg", "aiobotocore", "obstore", "uvicorn")),
    ],
)
def test_a_part_loads_nothing_heavy_that_it_does_not_need(module: str, heavy: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", LOADED.format(module=module), *heavy]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_pixels_are_decoded_by_one_program_that_knows_nothing_else() -> None:
    decoders = {"PIL", "cv2", "imageio"}
    users = {path: tree for _, path, tree in modules() if decoders & {name.split(".")[0] for name in imported(tree)}}
    child = SOURCE / "pixels" / "child.py"
    assert set(users) == {child}
    assert not any(name.startswith("photodock") for name in imported(users[child]))


def test_only_bootstrap_picks_a_broker() -> None:
    users = {path for part, path, tree in modules() if part != "queues" and ADAPTERS & set(imported(tree))}
    assert users == {SOURCE / "bootstrap" / "queues.py"}


def test_services_and_domain_never_see_the_framework_or_the_settings() -> None:
    for part, path, tree in modules():
        if part in {"domain", "services", "db", "storage", "queues", "imaging", "pixels", "workers"}:
            names = {name.split(".")[0] for name in imported(tree)}
            assert not names & {"fastapi", "starlette", "uvicorn", "typer"}, path
            assert "photodock.settings" not in set(imported(tree)), path


def test_the_client_library_of_prometheus_is_known_in_metrics_alone() -> None:
    names = ((part, name.split(".")[0]) for part, _, tree in modules() for name in imported(tree))
    users = {part for part, name in names if name == "prometheus_client"}
    assert users == {"metrics"}


def test_opentelemetry_is_known_in_tracing_alone() -> None:
    names = ((path, name.split(".")[0]) for _, path, tree in modules() for name in imported(tree))
    users = {path.relative_to(SOURCE).as_posix() for path, name in names if name == "opentelemetry"}
    assert users == {f"tracing/{name}.py" for name in ("exporter", "recorder", "request_span", "sdk")}


def texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_sql_stands_in_db_alone() -> None:
    elsewhere = [path.name for part, path, tree in modules() if part != "db" and any(map(SQL.search, texts(tree)))]
    # Making the embedded server's database and role is no query of the service.
    assert elsewhere == []


UNBOUND = {
    "detection.py": "the pipeline's reports",
    "erasure.py": "an operator's command",
    "feed.py": "read once for all organizations, and told to each its own",
    "health.py": "no photo",
    "renditions.py": "a worker's jobs",
    "orphans.py": "an operator's command",
}
"""The services that reach past row-level security, and for whom; all others see one organization at a time."""


def test_only_services_that_have_to_see_every_organization_get_the_database_unbound() -> None:
    found = {
        path.name
        for part, path, tree in modules()
        if part == "services"
        and (
            "photodock.db.pool.Database" in set(imported(tree))
            or any(isinstance(node, ast.Attribute) and node.attr == "any" for node in ast.walk(tree))
        )
    }
    assert found == set(UNBOUND)


def test_http_status_of_the_service_is_known_in_api_alone() -> None:
    # `client`, `consumer`, `doctor` and `embedded` are HTTP clients: they read statuses and give none.
    for part, path, tree in modules():
        if part not in {"api", "client", "consumer", "doctor", "embedded", "tracing"}:
            assert not HTTP_STATUS.search(ast.unparse(tree)), path


def test_nothing_reads_the_environment_when_it_is_imported() -> None:
    for _, path, tree in modules():
        at_import = [
            node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        ]
        assert not any(re.search(r"os\.environ|getenv", ast.unparse(node)) for node in at_import), path


@pytest.mark.parametrize(
    "name", ["requirements/serve.txt", "requirements/run.txt", "requirements/dev.txt", "requirements/bench.txt"]
)
def test_locked_requirements_carry_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert all("==" in requirement and "--hash=sha256:" in requirement for requirement in requirements)


def test_no_test_may_last_longer_than_the_process_that_runs_it(pytestconfig: pytest.Config) -> None:
    texts = (path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    limits = [int(found) for text in texts for found in re.findall(r"mark\.timeout\(([\d_]+)\)", text)]
    assert len(limits) > 2
    assert max(limits) < float(pytestconfig.getini("faulthandler_timeout"))
