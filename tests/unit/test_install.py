"""tests/support/install.sh, with programs in the place of those that need root."""

import os
import subprocess
from pathlib import Path

INSTALL = Path(__file__).parents[1] / "support" / "install.sh"
PROGRAMS = {
    "id": "echo 1000",
    "sudo": 'shift; case "$1" in apt-get | env) "$@" ;; tee) cat >/dev/null ;; esac',
    # As the real one, it ends at once where another is at work.
    "apt-get": "mkdir held || exit 100; sleep 0.1; rmdir held",
}


def test_several_processes_of_tests_may_install_at_the_same_time(tmp_path: Path) -> None:
    for name, does in PROGRAMS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": os.pathsep.join([str(tmp_path), "/usr/bin", "/bin"])}
    running = [
        subprocess.Popen([INSTALL, package], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        for package in ("nginx-light", "rabbitmq-server", "pgbouncer")
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert ends == [("", 0)] * 3
