"""A photo's trace is known by its id alone, in every version and every process."""

import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from photodock.tracing.ids import Parent, SpanIds, parent_in, root_of

PAGE = Path(__file__).parents[3] / "docs" / "traces.md"
PHOTO = UUID("01a20461-a506-73be-bd64-c3a14efd929f")


def test_a_photos_trace_is_the_same_for_ever() -> None:
    assert root_of(PHOTO) == SpanIds(0x403DB32A2E3BEC4868CB53257E7CC5A1, 0x653EE9F1FF1EA0D2)


def test_the_page_computes_it_alike() -> None:
    [(code, photo_id)] = re.findall(r"python3 -c '([^']+)' (\S+)", PAGE.read_text())
    done = subprocess.run(
        [sys.executable, "-c", code, photo_id], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == f"{root_of(UUID(photo_id)).trace_id:032x}"


def test_the_part_of_a_trace_id_that_samplers_go_by_is_spread_evenly() -> None:
    # As photos' own ids are: their times rise, and the ninth byte begins with fixed bits.
    ids = [root_of(UUID(int=(PHOTO.int & ~0xFFFF) + (number << 80) + number)) for number in range(4_000)]
    below = sum(one.trace_id & (2**64 - 1) < 2**64 // 4 for one in ids)
    assert 900 < below < 1_100


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", False),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", True),
    ],
)
def test_a_traceparent_names_its_span(written: str, found: bool) -> None:
    assert parent_in(written) == Parent(SpanIds(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331), found)


@pytest.mark.parametrize(
    "written",
    [
        *(None, "", "nonsense"),
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-and-more",
    ],
)
def test_anything_else_is_no_traceparent(written: str | None) -> None:
    assert parent_in(written) is None
