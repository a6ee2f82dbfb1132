"""Files of the repository outside docs/ that its pages lead to: on the site each is a page of its own."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = "docs"
FOLDER = "project"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)[^)\s]+(?=\))")
BY_FILE = re.compile(r"\[[\w/.-]+\.md\]\(([\w/.-]+\.md)(?=[)#])")
"""A link that says a file's name: in the repository that is what one looks for."""
CODE = re.compile(r"(?ms)^ *(`{3,}).*?^ *\1 *$")
LARGEST = 100_000
"""Bytes: what is longer is a list of hashes."""
UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".tsx": "tsx", ".ts": "ts"}


def pages(named: Iterable[str]) -> dict[str, str]:
    """Name on the site to content, of all that is named and all that is led to from there."""
    found: dict[str, str] = {}
    waiting = [*named, *led_to()]
    while waiting:
        path = waiting.pop()
        name = name_of(path)
        if name in found or path.startswith(f"{DOCS}/") or path == DOCS:
            continue
        found[name] = content_of(path)
        if path.endswith(".md"):
            waiting += leads_of(path)
        elif (ROOT / path).is_dir():
            waiting += [str(file.relative_to(ROOT)) for file in listed(path)]
    return found


def led_to() -> Iterator[str]:
    for page in sorted((ROOT / DOCS).rglob("*.md")):
        yield from leads_of(str(page.relative_to(ROOT)))


def leads_of(path: str) -> list[str]:
    prose = CODE.sub("", (ROOT / path).read_text())
    return [target for target in (resolved(path, link) for link in LINK.findall(prose)) if target]


def resolved(path: str, link: str) -> str:
    """What a link on the page `path` names, from the repository's root; empty: the page itself."""
    address = link.partition("#")[0]
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), address)) if address else ""


def name_of(path: str) -> str:
    """The page's name in the site's sources."""
    if path == DOCS or path.startswith(f"{DOCS}/"):
        inside = posixpath.relpath(path, DOCS)
        return f"{inside}/index.md" if (ROOT / path).is_dir() else inside
    if (ROOT / path).is_dir():
        return f"{FOLDER}/{path}/files.md"
    return f"{FOLDER}/{path}" if path.endswith(".md") else f"{FOLDER}/{path}.md"


def origin_of(name: str) -> str:
    """The path in the repository of a page of the site."""
    if not name.startswith(f"{FOLDER}/"):
        return f"{DOCS}/{name}"
    path = name.removeprefix(f"{FOLDER}/")
    return path if (ROOT / path).exists() else path.removesuffix(".md")


def on_the_site(page: str, link: str) -> str:
    target = resolved(origin_of(page), link)
    if not target:
        return link
    anchor = link.partition("#")[1:]
    return posixpath.relpath(name_of(target), posixpath.dirname(page) or ".") + "".join(anchor)


def by_title(page: str, link: str) -> str:
    """The link's beginning, which says the title of the page that it leads to."""
    target = ROOT / resolved(origin_of(page), link)
    title = target.read_text().splitlines()[0].removeprefix("# ") if target.exists() else link
    return f"[{title}]({link}"


def content_of(path: str) -> str:
    place = ROOT / path
    if place.is_dir():
        shown = listed(path)
        lines = [f"- [{file.name}]({file.name})" if file in shown else f"- {file.name}" for file in written(path)]
        return "\n".join([f"# {path}", "", *lines, ""])
    text = place.read_text()
    if path.endswith(".md"):
        return text
    return f"{UNSEARCHED}# {path}\n\n````{LANGUAGES.get(place.suffix, 'text')}\n{text.rstrip()}\n````\n"


def written(path: str) -> list[Path]:
    return sorted(file for file in (ROOT / path).iterdir() if file.is_file() and not file.name.startswith("."))


def listed(path: str) -> list[Path]:
    """The files of a folder that somebody may want to read."""
    return [file for file in written(path) if file.stat().st_size <= LARGEST]
