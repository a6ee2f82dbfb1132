import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from photodock.embedded.errors import EmbeddedError
from photodock.embedded.files import explained, kept_secret, private_folder, require_space, write_private
from photodock.embedded.ports import free_port, is_free, kept_ports, require_free


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_private_folder_is_for_its_owner_alone_and_an_existing_one_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    private_folder(tmp_path / "there" / "new" / "inner")
    assert (tmp_path / "there").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "there" / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "there" / "new" / "inner").stat().st_mode & 0o777 == 0o700


def test_a_private_file_is_written_whole_with_mode_600(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before")
    file.chmod(0o644)
    write_private(file, "after")
    assert file.read_text() == "after"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_private_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="Cannot use"):
        write_private(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    made = kept_secret(tmp_path / "secret")
    assert len(made) >= 32
    assert kept_secret(tmp_path / "secret") == made


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"disk that holds .* is full"), explained(tmp_path):
        raise OSError(28, os.strerror(28))


def test_an_almost_full_disk_is_told_before_any_server_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(1 << 40, (1 << 40) - (5 << 20), 5 << 20))
    with pytest.raises(EmbeddedError, match=r"almost full \(5 MB are left"):
        require_space(tmp_path)


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"Cannot use .*file"):
        private_folder(tmp_path / "file" / "inner")


def test_free_ports_are_free_and_never_given_twice() -> None:
    ports = [free_port(companion=10_000) for _ in range(50)]
    assert len(set(ports)) == 50
    assert all(is_free(port) and is_free(port + 10_000) for port in ports)


def test_processes_that_choose_at_the_same_time_never_choose_the_same_port() -> None:
    choose = (
        "from photodock.embedded.ports import free_port; print(*(free_port() for _ in range(150)), flush=True); input()"
    )
    choosers = [
        subprocess.Popen([sys.executable, "-c", choose], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    chosen = []
    for chooser in choosers:
        assert chooser.stdout
        chosen += chooser.stdout.readline().split()
    for chooser in choosers:
        chooser.communicate("\n", timeout=60)
    assert len(set(chosen)) == len(chosen) == 600


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(EmbeddedError, match=f"Port {port} on 127.0.0.1, wanted for the API, is in use"):
            require_free(port, "the API")


def test_no_free_port_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photodock.embedded.ports.is_free", lambda _: False)
    for _ in range(2):  # and does not keep the ports from other processes
        with pytest.raises(EmbeddedError, match="No port between"):
            free_port()
    monkeypatch.undo()
    assert free_port()


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port_is_one_sentence(port: int) -> None:
    with pytest.raises(EmbeddedError, match="is no port for the API"):
        require_free(port, "the API")


def test_ports_are_kept_from_run_to_run(tmp_path: Path) -> None:
    first = kept_ports(tmp_path / "ports.json", ("a", "b"))
    assert kept_ports(tmp_path / "ports.json", ("a", "b")) == first


def test_ports_are_chosen_anew_when_one_was_taken_meanwhile(tmp_path: Path) -> None:
    first = kept_ports(tmp_path / "ports.json", ("a", "b"))
    with socket.create_server(("127.0.0.1", first["a"])):
        second = kept_ports(tmp_path / "ports.json", ("a", "b"))
    assert first["a"] not in second.values()
    assert kept_ports(tmp_path / "ports.json", ("a", "b")) == second


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": "x", "b": 1}', '{"a": 2000}'])
def test_a_damaged_ports_file_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)
    ports = kept_ports(tmp_path / "ports.json", ("a", "b"))
    assert set(ports) == {"a", "b"}
    assert kept_ports(tmp_path / "ports.json", ("a", "b")) == ports
