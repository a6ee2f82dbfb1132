"""The documentation says what the code does: tables, commands, links and examples are held against it."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import typer
from pydantic import BaseModel

from docsite.settings_page import shown_default
from photodock.api import answers, existing, multipart, requests, webhook_bodies
from photodock.api.app import description
from photodock.api.problems import KINDS
from photodock.cli import app
from photodock.domain.jobs import DetectionJob, Priority
from photodock.domain.photo import TRANSITIONS, FailureCode
from photodock.settings import PREFIX, Settings
from support.pages import DOCS, PAGES, ROOT, blocks_of

# `make docs` makes these pages, and holds the links to them against them.
MADE_AT_BUILD = {f"docs/reference/{name}.md" for name in ("commands", "http-api", "messages", "settings")}
# Whom a reader may be sent to, besides the reader's own machine and names that stand for the reader's own.
HOSTS = re.compile(
    r"127\.0\.0\.1|localhost|(.+\.)?(example\.com|amazonaws\.com|keepachangelog\.com|rfc-editor\.org|standardwebhooks\.com)|uppy\.io"
)
# The service's own addresses, those of the example's web page, and places that every machine has.
ABSOLUTE = re.compile(
    r"api|assets|docs|events|healthz|hooks|metrics|openapi\.json|outbox|photodock(-token)?|photos|policies|projects|readyz|v1|webhooks|"
    r"dev|etc|opt|proc|root|tmp|usr|var"
)


def pages() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    return blocks_of(str(page.relative_to(ROOT)), language)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table's rows, heads and rules included."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def plain(cell: str) -> str:
    return cell.replace("`", "")


def settings_rows() -> list[str]:
    return [
        f"| `{PREFIX}{name.upper()}` | {shown_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    shown = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| `{PREFIX}")]
    assert shown == settings_rows()


def test_every_error_code_is_explained_under_its_status() -> None:
    explained = {plain(row[0]): row[1] for row in rows((DOCS / "errors.md").read_text()) if len(row) == 4}
    assert {code: explained.get(code) for code in KINDS} == {code: str(kind.status) for code, kind in KINDS.items()}


def test_every_failure_of_a_photo_is_explained() -> None:
    explained = {plain(row[0]) for row in rows((DOCS / "errors.md").read_text())}
    assert explained >= {code.value for code in FailureCode}


def test_the_table_of_moves_is_the_domains() -> None:
    moves = {(str(source), str(target)) for source, targets in TRANSITIONS.items() for target in targets}
    states = {str(state) for state in TRANSITIONS}
    found = [(plain(row[0]), plain(row[1])) for row in rows((DOCS / "lifecycle.md").read_text())]
    shown = [(source, target) for source, target in found if {source, target} <= states]
    assert sorted(shown) == sorted(moves)


def test_the_diagram_of_moves_is_the_domains() -> None:
    (diagram,) = blocks(DOCS / "lifecycle.md", "mermaid")
    names = {alias: name for name, alias in re.findall(r'state "([^"]+)" as (\w+)', diagram)}
    arrows = re.findall(r"^ *(\w+) --> (\w+)", diagram, re.MULTILINE)
    drawn = [(names.get(source, source), names.get(target, target)) for source, target in arrows]
    assert sorted(drawn) == sorted((str(one), str(other)) for one, others in TRANSITIONS.items() for other in others)


def test_the_shown_message_is_the_one_that_is_sent() -> None:
    job = DetectionJob(UUID(int=0), UUID(int=0), "s3://bucket/key", ("damage", "material"), Priority.NORMAL, "c", "t")
    text = (DOCS / "queue.md").read_text()
    body = json.loads(blocks(DOCS / "queue.md", "json")[0])
    assert list(body) == list(job.body())
    assert {plain(row[0]) for row in rows(text)} >= set(job.attributes())


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path.removeprefix('/api/v1')}", operation


def test_every_call_is_described_and_no_other() -> None:
    described = re.findall(r"(?m)^### ((?:GET|POST|PUT|PATCH|DELETE) \S+)$", (DOCS / "api.md").read_text())
    assert sorted(described) == sorted(name for name, _ in operations())


def test_the_committed_openapi_document_is_the_applications() -> None:
    assert json.loads((DOCS / "openapi.json").read_text()) == description(), "`make openapi` writes it anew"


def test_every_call_says_in_openapi_what_it_is_for() -> None:
    assert [name for name, operation in operations() if not operation.get("summary")] == []


def models() -> list[type[BaseModel]]:
    known = [
        value for module in (requests, answers, existing, multipart, webhook_bodies) for value in vars(module).values()
    ]
    found = {value: None for value in known if isinstance(value, type) and issubclass(value, BaseModel)}
    return [model for model in found if examples_of(model)]


def examples_of(model: type[BaseModel]) -> list[Any]:
    extra = model.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    return examples if isinstance(examples, list) else []


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_openapis_examples_are_valid(model: type[BaseModel]) -> None:
    names = {field.alias or name for name, field in model.model_fields.items()}
    for example in examples_of(model):
        model.model_validate(example)
        # An answer always has all of its fields; a request may leave some out.
        assert issubclass(model, requests.Strict) or set(example) == names


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    prose = re.sub(r"(?ms)^ *```.*?^ *```", "", page.read_text())
    return {slug(heading) for heading in re.findall(r"(?m)^#+ (.+)$", prose)}


@pages()
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        address = urlsplit(link)
        if address.scheme:
            continue
        target = (page.parent / address.path).resolve() if address.path else page
        if str(target.relative_to(ROOT)) in MADE_AT_BUILD:
            continue
        assert target.exists(), link
        assert not address.fragment or address.fragment in anchors(target), link


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of each `photodock …` in a page's bash blocks; those of `make run` are `up`'s."""
    for block in blocks(page, "bash"):
        text = block.replace("\\\n", " ")
        for arguments in re.findall(r"(?m)(?:^|[\s(;|])(?:\.venv/bin/)?photodock +([^|;&)<>\n]+)", text):
            yield shlex.split(arguments, comments=True)
        for arguments in re.findall(r"make run ARGS='([^']*)'", text):
            yield ["up", *shlex.split(arguments)]


@pages()
def test_every_shown_command_exists(page: Path) -> None:
    for arguments in commands(page):
        command: Any = typer.main.get_command(app)
        rest = list(arguments)
        while hasattr(command, "commands"):
            if command.invoke_without_command and (not rest or rest[0].startswith("-")):
                break
            assert rest, f"photodock {' '.join(arguments)}: which command?"
            assert rest[0] in command.commands, f"photodock {' '.join(arguments)}"
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - known
        assert not unknown, f"photodock {' '.join(arguments)}"


@pages()
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    named = re.findall(r"(?m)(?:^|`)make ([a-z][a-z-]*)", page.read_text())
    assert set(named) <= targets


@pages()
def test_every_json_example_is_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


@pages()
def test_no_page_names_a_place_that_its_readers_do_not_have(page: Path) -> None:
    text = page.read_text()
    hosts = {urlsplit(address).hostname or "" for address in re.findall(r"https?://[^\s)>\"'`$]+", text)}
    assert [host for host in hosts if host and not HOSTS.fullmatch(host)] == []
    paths = re.findall(r"(?<![\w./:<>)}\]*~\"$-])/([a-z][\w.-]*)", text)
    assert [path for path in paths if not ABSOLUTE.fullmatch(path)] == []
    assert str(ROOT) not in text


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "security.md").read_text()))
    functions = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named
    assert named - functions == set()
