"""`photodock photos`: what is printed to whom."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import httpx
import pytest
from rich.console import Console

from photodock.terminal.listing import list_photos
from photodock.terminal.photos import run_photos
from photodock.terminal.picture import upright
from photodock.terminal.show import show_photo
from photodock.terminal.watch import watch_photos
from photodock.terminal.words import ago
from support.event_server import EventServer, change
from support.fake_photodock import PROJECT, SECRET, full
from support.images import jpeg

ID = UUID(int=7)
HISTORY = [
    {"from": None, "to": "pending_upload", "at": "2026-11-22T17:46:32Z", "actor": "anna", "reason": None},
    {"from": "pending_upload", "to": "uploaded", "at": "2026-11-22T17:46:33Z", "actor": "anna", "reason": "confirmed"},
]
EXIF = {
    "camera_make": "Canon",
    "camera_model": "Canon EOS 80D",
    "captured_at": "2025-11-17T10:30:00",
    "gps_coordinates": {"latitude": 46.2044, "longitude": -6.1432},
    "exposure_time_s": 0.004,
    "f_number": 2.8,
    "iso": 100,
    "focal_length_mm": 35.0,
    "orientation": 6,
}


RENDITION = {
    "name": "thumbnail",
    "width": 320,
    "height": 240,
    "mime_type": "image/webp",
    "file_size": 9_000,
    "url": f"https://storage.test/?{SECRET}",
}
NO_PHOTOS = "Upload some: photodock upload --project"
PROBLEMS = {401: "unauthenticated", 404: "photo_not_found"}


def problem(status: int) -> httpx.Response:
    return httpx.Response(status, json={"code": PROBLEMS[status], "detail": "No."})


class Terminal:
    """One `photodock photos …` against what `photos` holds, newest first; `answer` has the server's own words."""

    def __init__(self) -> None:
        self.photos: list[dict[str, object]] = []
        self.data = jpeg(64, 32)
        self.answer: httpx.Response | Exception | None = None
        self.asked: list[httpx.URL] = []
        self.out = self.err = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            return self.answer
        last = request.url.path.split("/")[-1]
        if request.url.host == "storage.test":
            return httpx.Response(200, content=self.data)
        if last == "photos":
            limit = int(request.url.params["limit"])
            return httpx.Response(200, json={"items": self.photos[:limit], "next_cursor": None})
        return httpx.Response(200, json={"items": HISTORY} if last == "history" else self.photos[0])

    def run(
        self, command: Callable[..., object], *, terminal: bool = False, width: int = 160, **options: object
    ) -> int:
        out = Console(file=io.StringIO(), force_terminal=terminal, width=width, height=60, color_system="truecolor")
        errors = Console(file=io.StringIO(), force_terminal=False, width=width)
        status = run_photos(
            partial(command, **options),
            url="http://photodock.test",
            token="t",
            console=out,
            errors=errors,
            transport=httpx.MockTransport(self),
        )
        self.out, self.err = out.file.getvalue(), errors.file.getvalue()
        assert SECRET not in self.out + self.err
        return status

    def list(self, **options: object) -> int:
        given = {"project_id": None, "status": None, "limit": 30, "json_lines": False} | options
        return self.run(list_photos, **given)

    def show(self, **options: object) -> int:
        return self.run(show_photo, **{"photo_id": ID, "picture": True, "as_json": False} | options)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_list_has_a_row_for_each_photo_newest_first(terminal):
    terminal.photos = [
        full({"file_name": "a.jpg", "exif_data": EXIF}),
        full({"file_name": "b.jpg", "status": "failed"}),
    ]
    assert terminal.list() == 0
    head, one, two = terminal.out.splitlines()
    assert re.split(r"  +", head.strip()) == ["Photo id", "Name", "Status", "Size", "Camera", "Created"]
    assert re.split(r"  +", one.strip()) == [
        *(str(ID), "a.jpg", "uploaded", "300.0 kB", "Canon EOS 80D"),
        "2026-11-22T17:46:32Z",
    ]
    assert "failed" in two
    assert terminal.err == ""


def test_a_list_asks_for_what_was_filtered(terminal):
    terminal.photos = [full({})]
    terminal.list(project_id=PROJECT, status="completed")
    assert (terminal.asked[0].params["project_id"], terminal.asked[0].params["status"]) == (str(PROJECT), "completed")


def test_a_list_on_a_terminal_has_colours_marks_and_relative_times(terminal):
    created = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    terminal.photos = [full({"status": "completed", "created_at": created})]
    terminal.list(terminal=True)
    assert "\x1b[32m✓ completed" in terminal.out
    assert "3 hours ago" in terminal.out


def test_no_color_takes_the_colours_and_leaves_the_marks(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.photos = [full({"status": "completed"})]
    terminal.list(terminal=True)
    assert "\x1b[3" not in terminal.out
    assert "✓ completed" in plain(terminal.out)
    terminal.show(terminal=True)
    assert "▀" not in terminal.out


def test_an_id_stays_whole_on_a_narrow_terminal(terminal):
    terminal.photos = [full({"file_name": "a very long name of a photo of a roof.jpg", "exif_data": EXIF})]
    terminal.list(terminal=True, width=80)
    lines = plain(terminal.out).splitlines()
    assert any(str(ID) in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_more_photos_than_are_shown_are_told(terminal):
    terminal.photos = [full({"file_name": f"{number}.jpg"}) for number in range(5)]
    terminal.list(limit=2)
    assert len(terminal.out.splitlines()) == 3
    assert terminal.err == "These are the newest 2; --limit 8 shows more.\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, f"There are no photos yet. {NO_PHOTOS} ID PATH"),
        ({"project_id": PROJECT}, f"There are no photos in this project yet. {NO_PHOTOS} {PROJECT} PATH"),
        ({"status": "failed"}, "No photo is failed. Without --status all are listed."),
    ],
)
def test_an_empty_list_says_what_to_do(terminal, options, sentence):
    assert terminal.list(**options) == 0
    assert (terminal.out, terminal.err) == ("", f"{sentence}\n")


def test_a_list_as_json_is_a_photo_a_line_without_secrets(terminal):
    terminal.photos = [full({"renditions": [RENDITION]})]
    assert terminal.list(json_lines=True, terminal=True) == 0
    [line] = terminal.out.splitlines()
    assert json.loads(line) == {
        name: value for name, value in terminal.photos[0].items() if name not in {"download_url", "renditions"}
    }


def test_an_empty_list_as_json_is_nothing(terminal):
    assert terminal.list(json_lines=True) == 0
    assert (terminal.out, terminal.err) == ("", "")


def test_names_of_strangers_do_not_steer_the_terminal(terminal):
    terminal.photos = [full({"file_name": "\x1b[2Jroof[bold].jpg"})]
    for show in (terminal.list, terminal.show):
        show()
        assert "\ufffd[2Jroof[bold].jpg" in terminal.out


def test_a_photo_is_shown_with_all_that_is_known(terminal):
    terminal.photos = [
        full(
            {
                "exif_data": EXIF,
                "width": 6000,
                "height": 4000,
                "client_metadata": {"latitude": 46.2},
                "status": "failed",
                "error": {"code": "detection_failed", "detail": "The detector failed."},
            }
        )
    ]
    assert terminal.show() == 0
    for fact in (
        *(str(ID), "roof.jpg", "failed", "image/jpeg, 300.0 kB, 6000 x 4000", "Canon EOS 80D"),
        *("1/250 s, f/2.8, ISO 100, 35 mm", "2025-11-17 10:30:00", "46.20440, -6.14320", "latitude 46.2"),
        *("damage: pending", "pending_upload", "anna: confirmed", "detection_failed: The detector failed."),
    ):
        assert fact in terminal.out
    assert "▀" not in terminal.out


def test_what_is_not_known_of_a_photo_is_left_out(terminal):
    terminal.photos = [full({"download_url": None})]
    terminal.show(terminal=True)
    assert "Camera" not in terminal.out
    assert "Position" not in terminal.out


def test_a_photo_as_json_has_its_history(terminal):
    terminal.photos = [full({})]
    terminal.show(as_json=True, terminal=True)
    found = json.loads(terminal.out)
    assert found["history"][1] == HISTORY[1]
    assert "download_url" not in found


def test_a_terminal_with_colours_sees_the_photo_upright(terminal):
    terminal.photos = [full({"exif_data": EXIF})]
    terminal.show(terminal=True)
    picture = [line for line in plain(terminal.out).splitlines() if line and set(line) == {"▀"}]
    # 64 by 32 pixels lying on their side: 32 columns, and two pixels to a line.
    assert (len(picture), {len(line) for line in picture}) == (32, {32})
    assert re.search(r"\x1b\[38;2;\d+;\d+;\d+;48;2;\d+;\d+;\d+m▀", terminal.out)


def test_a_photo_that_cannot_be_drawn_is_still_shown(terminal):
    terminal.photos = [full({})]
    terminal.data = b"\xff\xd8\xff" + b"no photo" * 200
    assert terminal.show(terminal=True) == 0
    assert terminal.err == "No picture: The photo's pixels cannot be decoded.\n"
    assert str(ID) in terminal.out


def test_a_picture_can_be_left_away(terminal):
    terminal.photos = [full({})]
    terminal.show(terminal=True, picture=False)
    assert all(url.host == "photodock.test" for url in terminal.asked)


A, B, C, D, E, F = ((n, n, n) for n in range(6))


@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, [[A, B, C], [D, E, F]]),
        (2, [[C, B, A], [F, E, D]]),
        (3, [[F, E, D], [C, B, A]]),
        (4, [[D, E, F], [A, B, C]]),
        (5, [[A, D], [B, E], [C, F]]),
        (6, [[D, A], [E, B], [F, C]]),
        (7, [[F, C], [E, B], [D, A]]),
        (8, [[C, F], [B, E], [A, D]]),
        (99, [[A, B, C], [D, E, F]]),
    ],
)
def test_each_orientation_of_exif_stands_upright(orientation, shown):
    assert upright([[A, B, C], [D, E, F]], orientation) == shown


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (httpx.ConnectError("no"), "photodock.test: is it running? (PHOTODOCK_URL or --url)"),
        (problem(401), "photodock refused the token (unauthenticated)"),
        (problem(404), "photo_not_found: No."),
        (httpx.Response(404, text="<html>"), "is not photodock's API (HTTP 404)"),
    ],
)
def test_a_failure_is_a_sentence_and_status_1(terminal, answer, sentence):
    terminal.answer = answer
    assert terminal.show() == 1
    assert sentence in terminal.err
    assert terminal.out == ""


def test_ctrl_c_is_130(terminal):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    assert terminal.run(interrupted) == 130


class Enough(Exception):
    pass


def watched(server: EventServer, count: int, **options: object) -> tuple[str, str]:
    """What `photos watch` has printed when so many lines are out."""

    class Paper(io.StringIO):
        def write(self, text: str) -> int:
            written = super().write(text)
            if self.getvalue().count("\n") >= count:
                raise Enough
            return written

    out = Console(file=Paper(), force_terminal=False, width=160)
    errors = Console(file=io.StringIO(), force_terminal=False, width=160)
    command = partial(watch_photos, **{"project_id": None, "json_lines": False} | options)
    with pytest.raises(Enough):
        run_photos(command, url=server.url, token="t", console=out, errors=errors)
    return out.file.getvalue(), errors.file.getvalue()


PHOTO = json.dumps(full({"file_name": "roof.jpg"})).encode()
GONE = json.dumps({"code": "photo_not_found", "detail": "No such photo."}).encode()


def test_a_watch_prints_a_line_for_each_change_and_reads_a_name_once():
    stream = (200, [change(1, "processing"), change(1), change(2, "deleted")])
    with EventServer(stream, (200, [PHOTO]), (404, [GONE])).running() as server:
        out, err = watched(server, 3)
    rows = [re.split(r"  +", line) for line in out.splitlines()]
    assert [row[1:] for row in rows] == [
        ["processing", str(UUID(int=1)), "roof.jpg"],
        ["completed", str(UUID(int=1)), "roof.jpg"],
        ["deleted", str(UUID(int=2)), "-"],
    ]
    assert err == "Watching all projects. Ctrl-C ends it.\n"


def test_a_watch_as_json_is_a_change_a_line():
    with EventServer((200, [b"event: reset\ndata: {}\n\n", change(1)])).running() as server:
        out, err = watched(server, 1, json_lines=True, project_id=PROJECT)
    assert json.loads(out) == {
        "type": "photo.completed",
        "photo_id": str(UUID(int=1)),
        "project_id": str(PROJECT),
        "status": "completed",
        "at": "2026-11-22T17:46:35Z",
    }
    assert err.splitlines()[0] == "Watching the project. Ctrl-C ends it."
    assert "missed" in err


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=40), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_times_are_said_by_their_largest_unit(before, said):
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert ago(now - before, now) == said
