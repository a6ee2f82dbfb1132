"""What `up` tells when all is ready: to a person, and to scripts."""

import json
import os
import shlex
import shutil
import sysconfig
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console

from photodock.embedded.files import write_private

_LOGINS = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, slots=True)
class Announcement:
    """The ready file's content, name for name."""

    url: str
    project_id: str
    organization_id: str
    token: str
    jwt_secret: str
    database_url: str
    s3_endpoint_url: str
    s3_bucket: str
    s3_access_key: str
    s3_secret_key: str
    queue_url: str

    @property
    def console_url(self) -> str:
        """Signs in. The token stands in the fragment, which a browser sends to nobody and a server never logs."""
        return f"{self.url}/#{urlencode({'token': self.token, 'project': self.project_id})}"


def write_ready_file(file: Path, announcement: Announcement) -> None:
    """Mode 600, for it holds every secret; whoever sees it sees all of it."""
    write_private(file, json.dumps(asdict(announcement), indent=2) + "\n")


def write_environment(file: Path, environment: Mapping[str, str]) -> None:
    """The processes' settings for a shell (`. FILE`), so that other commands run as they do. Mode 600, likewise."""
    names = sorted(name for name in environment if name.startswith(("PHOTODOCK_", "AWS_")))
    # Else a login of the caller's own would go before, or be mixed with, what stands here.
    lines = [f"unset {name}" for name in _LOGINS if name not in environment]
    lines += [f"export {name}={shlex.quote(environment[name])}" for name in names]
    write_private(file, "\n".join(lines) + "\n")


def show(console: Console, announcement: Announcement, *, logs: Path, sample: Path) -> None:
    """Whole lines, which the terminal may wrap but which paste as they are."""
    # Not the folder where somebody happens to be: a new terminal's is the home folder, with every image below it.
    photo = shlex.quote(_as_seen_from_here(sample))
    lines = (
        "[bold green]photodock is ready.[/] Ctrl-C stops it; the next start finds everything again.",
        "",
        f"[bold]Address[/]  {announcement.url}  (API reference: {announcement.url}/docs)",
        f"[bold]Console[/]  {announcement.console_url}",
        f"[bold]Project[/]  {announcement.project_id}",
        f"[bold]Token[/]    {announcement.token}",
        f"[bold]Logs[/]     {logs}",
        "",
        f"Upload photos from another terminal (your own files and folders in place of {photo}):",
        "",
        f"PHOTODOCK_URL={announcement.url} PHOTODOCK_TOKEN={announcement.token} "
        f"{_program()} upload --project {announcement.project_id} {photo}",
        "",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _program() -> str:
    """How the person at the terminal calls this installation's `photodock`."""
    program = Path(sysconfig.get_path("scripts")) / "photodock"
    if shutil.which("photodock") == str(program):
        return "photodock"
    return _as_seen_from_here(program)


def _as_seen_from_here(file: Path) -> str:
    here = Path.cwd()
    return os.path.relpath(file, here) if file.is_relative_to(here) else str(file)
