"""Every code block of the documentation is run by a test, or stands in a table with the reason why none can."""

import re
from collections.abc import Iterator

import pytest

from support.pages import PAGES, ROOT, Block, blocks, blocks_of
from support.walks import CHECKED, ELSEWHERE, REASONS, WALKS

BLOCKS = [block for page in PAGES for block in blocks(page)]


def fates(block: Block) -> Iterator[str]:
    """All that the tables say of it."""
    walk = WALKS.get(block.page)
    if walk and (block.language == "bash" or (block.language, block.number) in walk.saves.values()):
        yield "walked"
    for table in (ELSEWHERE, REASONS):
        if (block.page, block.language) in table:
            yield table[block.page, block.language]
    if block.language in CHECKED:
        yield CHECKED[block.language]


def test_every_block_is_run_or_has_a_reason_not_to_be() -> None:
    assert [str(block) for block in BLOCKS if not list(fates(block))] == []


def test_no_block_is_both_run_and_excused() -> None:
    run = {*ELSEWHERE, *((page, "bash") for page in WALKS)}
    assert run & set(REASONS) == set()


def test_no_table_tells_of_blocks_that_are_not_there() -> None:
    there = {(block.page, block.language) for block in BLOCKS}
    assert {*ELSEWHERE, *REASONS} - there == set()
    assert {(page, "bash") for page in WALKS} - there == set()


@pytest.mark.parametrize("page", WALKS)
def test_a_walk_speaks_of_blocks_that_are_there(page: str) -> None:
    walk, count = WALKS[page], len(blocks_of(page, "bash"))
    tables = (walk.between, walk.answers, walk.exits, walk.endless, walk.skipped, dict.fromkeys(walk.background))
    assert {number for table in tables for number in table} <= set(range(1, count + 1))
    assert len(walk.skipped) < count
    for language, number in walk.saves.values():
        assert number <= len(blocks_of(page, language))


def test_the_tests_that_the_tables_name_are_there() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    named = {*ELSEWHERE.values(), *(name for one in REASONS.values() for name in re.findall(r"test_\w+(?![\w.])", one))}
    assert {name for name in named if f"def {name}(" not in source} == set()


def test_no_block_is_without_a_language() -> None:
    assert [str(block) for block in BLOCKS if not block.language] == []


def test_a_block_that_begins_ends() -> None:
    """Else the rest of the page would be code."""
    fences = {page: len(re.findall(r"(?m)^ *```", page.read_text())) for page in PAGES}
    found = {page: 2 * sum(1 for _ in blocks(page)) for page in PAGES}
    assert fences == found
