"""`photodock photos …` as it is typed, and read by another program."""

import os
import sys
from functools import partial

import httpx
import pytest
from typer.testing import CliRunner

from photodock.cli_photos import photos
from photodock.terminal.listing import list_photos
from photodock.terminal.photos import run_photos
from support.fake_photodock import full


def test_a_reader_that_has_seen_enough_is_no_failure(monkeypatch):
    """As `| head -1` ends: the other end of the pipe is closed."""
    listed = partial(list_photos, project_id=None, status=None, limit=1, json_lines=True)
    answer = httpx.Response(200, json={"items": [full({})], "next_cursor": None})
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        transport = httpx.MockTransport(lambda _: answer)
        assert run_photos(listed, url="http://photodock.test", token="t", transport=transport) == 0


@pytest.mark.parametrize("typed", [["--token", "abc", "list"], ["--json", "watch"], ["--limit", "3", "list"]])
def test_an_option_before_the_command_is_not_dropped_without_a_word(typed):
    result = CliRunner().invoke(photos, typed, prog_name="photodock photos")
    assert result.exit_code == 2
    assert f"Put {typed[0]} behind the command" in result.stderr
