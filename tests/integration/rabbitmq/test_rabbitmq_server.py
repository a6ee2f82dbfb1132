"""The tests' own broker."""

import json
import os
import stat

import pytest

from photodock.embedded import rabbitmq as module
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.ports import is_free
from photodock.embedded.rabbitmq import RabbitServer


def test_a_machine_without_rabbitmq_is_told_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PROGRAM", tmp_path / "rabbitmq-server")
    with pytest.raises(EmbeddedError, match="apt-get install"):
        RabbitServer(tmp_path / "data", tmp_path / "logs").start()


def test_it_needs_no_port_mapper(rabbitmq, servers_dir):
    ports = json.loads((servers_dir / "rabbitmq" / "inner-ports.json").read_text())
    assert not is_free(ports["distribution"])
    assert is_free(ports["epmd"])


def test_the_process_is_the_broker_itself(rabbitmq):
    # So that a signal to it, or its parent's death, ends the broker and not just a script around it.
    assert os.path.basename(os.readlink(f"/proc/{rabbitmq.process.pid}/exe")).startswith("beam")


def test_its_secrets_are_for_its_owner_alone(rabbitmq, servers_dir):
    folder = servers_dir / "rabbitmq"
    secret = [folder / "password-photodock", folder / "definitions.json", folder / "home" / ".erlang.cookie"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}
    assert rabbitmq.password() != rabbitmq.password("sender")
