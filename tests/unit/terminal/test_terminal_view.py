"""What is printed: the table, JSON lines, bars on a terminal."""

import re
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from photodock.client import ClientError
from photodock.terminal.files import SourceFile
from photodock.terminal.outcome import Outcome
from photodock.terminal.table import show_table
from photodock.terminal.view import printable
from support.fake_photodock import DETECTION

EXIF = {
    "camera_make": "Canon",
    "camera_model": "Canon EOS 80D",
    "captured_at": "2025-11-17T10:30:00.25",
    "captured_at_offset": "+01:00",
    "gps_coordinates": {"latitude": 46.2044, "longitude": -6.1432},
}


def test_the_table_has_a_whole_row_for_each_photo(run, server, make_photo):
    server.exif = EXIF
    long_name = "a roof with a very long name " * 5 + ".jpg"
    assert run(make_photo(long_name)) == 0
    header, row = run.stdout.splitlines()
    assert header.split("  ")[0].strip() == "File"
    for column in ("Photo id", "Status", "Size", "Camera", "Captured at", "GPS"):
        assert column in header
    [photo_id] = server.photos
    for cell in (long_name, photo_id, "completed", "300.0 kB", "2025-11-17 10:30:00.25+01:00", "46.20440, -6.14320"):
        assert cell in row
    assert " Canon EOS 80D " in row
    assert "Canon Canon" not in row


@pytest.mark.parametrize(
    ("exif", "camera"),
    [({"camera_make": "Apple", "camera_model": "iPhone 15"}, " Apple iPhone 15 "), ({"camera_make": "DJI"}, " DJI ")],
)
def test_a_camera_is_named_by_make_and_model(run, server, make_photo, exif, camera):
    server.exif = exif
    run(make_photo())
    assert camera in run.stdout


def test_absent_facts_are_dashes(run, make_photo):
    assert run(make_photo()) == 0
    assert run.stdout.splitlines()[1].split()[-3:] == ["-", "-", "-"]


def test_rows_stand_in_the_order_of_the_files(run, server, make_photo):
    photos = [make_photo(f"{name}.jpg", 2000) for name in "abcdef"]
    server.fails("put", 503, "SlowDown", times=2)
    assert run(*reversed(photos)) == 0
    assert [line.split()[0] for line in run.stdout.splitlines()[1:]] == [f"{name}.jpg" for name in "fedcba"]


def test_a_failed_row_shows_its_code_and_a_sentence_below(run, make_photo):
    assert run(make_photo("tiny.png", 300)) == 1
    _, row, sentence = run.stdout.splitlines()
    assert row.split()[:3] == ["tiny.png", "-", "file_too_small"]
    assert sentence == "tiny.png: file_too_small: Photos have at least 1,024 bytes."


def test_the_fields_that_were_wrong_are_named(run, server, make_photo):
    server.fails("request", 422, "invalid_request")
    server.faults["request"][
        0
    ]._content = b'{"code": "invalid_request", "title": "Shape", "errors": [{"field": "x", "message": "missing"}]}'
    assert run(make_photo()) == 1
    assert "invalid_request: Shape (x: missing)" in run.stdout


def test_outside_a_terminal_nothing_controls_one(run, server, make_photo):
    server.fails("put", 500, "InternalError")
    assert run(make_photo("\x1b[31mred[bold]\n.jpg")) == 0
    printed = run.stdout + run.stderr
    assert printed.replace("\n", "").isprintable()
    assert "[31mred[bold]" in run.stdout
    assert run.stderr.splitlines()[-1].endswith(".jpg: completed")


def test_a_terminal_sees_bars_and_then_the_table(run, server, make_photo):
    server.fails("put", 503, "SlowDown")
    server.fails("get", 503, "database_unavailable")
    assert run(make_photo("[red]a.jpg"), make_photo("tiny.png", 300), terminal=True) == 1
    assert "2 of 2 done" in run.stdout
    assert "[red]a.jpg" in run.stdout
    assert "file_too_small" in run.stdout
    bars, _, table = run.stdout.rpartition("Photo id")
    assert "\x1b[?25l" in bars, "the cursor is hidden while bars move"
    assert "\x1b[?25h" in bars, "and back before the table"
    assert "completed" in table
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (160, ["File", "Photo id", "Status", "Size", "Camera", "Captured at", "GPS"]),
        (80, ["File", "Photo id", "Status", "Size"]),
    ],
)
def test_a_narrow_terminal_is_spared_columns_and_never_an_id_or_a_code(width, columns):
    file = SourceFile(Path("roof.jpg"), "roof.jpg", 300_000)
    photo_id = UUID("01a2045d-e729-75a1-a237-622d7a224704")
    wrong = Outcome(file, photo_id, None, ClientError("invalid_file_type", "No photo."))
    shown = StringIO()
    show_table(Console(file=shown, width=width, force_terminal=True, color_system=None), [wrong])
    head, _, row, *_ = [line for line in shown.getvalue().splitlines() if line.strip()]
    assert re.split("  +", head.strip()) == columns
    assert row.split()[:3] == ["roof.jpg", str(photo_id), "invalid_file_type"]


def test_json_is_one_object_a_line_and_nothing_else(run, server, make_photo):
    server.exif = EXIF
    long_name = "roof " * 40 + "[bold].jpg"
    photo = make_photo(long_name)
    assert run(photo, json_lines=True) == 0
    [line] = run.json_lines()
    assert line == {
        "file": str(photo),
        "photo_id": next(iter(server.photos)),
        "status": "completed",
        "file_size": 300_000,
        "mime_type": "image/jpeg",
        "width": None,
        "height": None,
        "exif_data": EXIF,
        "detection": DETECTION | {"error": None},
        "error": None,
    }


def test_json_stays_plain_on_a_terminal(run, make_photo):
    assert run(make_photo(), json_lines=True, terminal=True) == 0
    assert len(run.json_lines()) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\u00e9 \u5c4b\u6839", "caf\u00e9 \u5c4b\u6839"),
        ("9.41\u202fAM", "9.41\u202fAM"),
        ("\U0001f477\u200d\u2642", "\U0001f477\u200d\u2642"),
        ("a\x1b[2Jb\r\x7f\x9b", "a\ufffd[2Jb\ufffd\ufffd\ufffd"),
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("\udce9", "\ufffd"),
    ],
)
def test_only_what_steers_a_terminal_is_replaced(text, shown):
    assert printable(text) == shown
