"""The documentation's pages, and the code blocks in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"(?ms)^( *)(`{3,})([^\n`]*)\n(.*?)^\1\2 *$")


@dataclass(frozen=True, slots=True)
class Block:
    """`number` counts the blocks of one language on one page, from 1 on."""

    page: str
    language: str
    number: int
    text: str
    heading: str

    def __str__(self) -> str:
        return f"{self.page}, {self.language or 'no language'} {self.number} (under {self.heading!r})"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    counts: dict[str, int] = {}
    for found in FENCE.finditer(text):
        language = found[3].strip()
        counts[language] = counts.get(language, 0) + 1
        headings = re.findall(r"(?m)^#+ (.+)$", FENCE.sub("", text[: found.start()]))
        name = str(page.relative_to(ROOT))
        yield Block(name, language, counts[language], dedent(found[4]), headings[-1] if headings else "")


def blocks_of(page: str, language: str) -> list[str]:
    """Their texts, in order; `page` from the repository's root."""
    return [block.text for block in blocks(ROOT / page) if block.language == language]
