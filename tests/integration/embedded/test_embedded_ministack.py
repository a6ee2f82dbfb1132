import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from photodock.embedded.aws_http import SignedClient
from photodock.embedded.errors import EmbeddedError
from photodock.embedded.ministack import MiniStackServer


def _receive(server: MiniStackServer, url: str) -> list[str]:
    answer = server.sqs("ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 10})
    return [message["Body"] for message in answer.get("Messages", [])]


def test_queues_and_messages_are_there_after_a_restart(tmp_path: Path, logs: Path) -> None:
    with MiniStackServer(tmp_path / "sqs", logs) as server:
        url = server.create_queues("jobs")
        server.sqs("SendMessage", {"QueueUrl": url, "MessageBody": "kept"})
        assert url.startswith(server.endpoint_url)
    with MiniStackServer(tmp_path / "sqs", logs) as server:
        assert server.create_queues("jobs") == url
        assert _receive(server, url) == ["kept"]


def test_the_queue_has_a_dead_letter_queue_and_making_it_again_changes_nothing(tmp_path: Path, logs: Path) -> None:
    with MiniStackServer(tmp_path / "sqs", logs) as server:
        url = server.create_queues("jobs")
        assert server.create_queues("jobs") == url
        facts = server.sqs("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]})["Attributes"]
        assert facts["VisibilityTimeout"] == "30"
        redrive = json.loads(facts["RedrivePolicy"])
        assert int(redrive["maxReceiveCount"]) == 5
        assert redrive["deadLetterTargetArn"].endswith(":jobs-dead")
        assert len(server.sqs("ListQueues", {})["QueueUrls"]) == 2


def test_a_message_that_nobody_deletes_moves_to_the_dead_letter_queue(
    tmp_path: Path, logs: Path, eventually: Callable[..., bool]
) -> None:
    with MiniStackServer(tmp_path / "sqs", logs) as server:
        url = server.create_queues("jobs")
        server.sqs("SendMessage", {"QueueUrl": url, "MessageBody": "poison"})
        receive = {"QueueUrl": url, "VisibilityTimeout": 0}

        def is_dead() -> bool:
            server.sqs("ReceiveMessage", receive)
            return _receive(server, f"{url}-dead") == ["poison"]

        assert eventually(is_dead)


def test_messages_survive_the_death_of_the_process_that_started_the_server(
    tmp_path: Path, logs: Path, alive: Callable[[int], bool], eventually: Callable[..., bool]
) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from photodock.embedded.ministack import MiniStackServer\n"
        "server = MiniStackServer(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "server.start()\n"
        "url = server.create_queues('jobs')\n"
        "server.sqs('SendMessage', {'QueueUrl': url, 'MessageBody': 'kept'})\n"
        "print(server.process.pid, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "sqs"), str(logs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    with MiniStackServer(tmp_path / "sqs", logs) as server:
        assert not alive(pid)
        assert _receive(server, server.create_queues("jobs")) == ["kept"]


def test_it_starts_again_after_a_kill(tmp_path: Path, logs: Path, eventually: Callable[..., bool]) -> None:
    server = MiniStackServer(tmp_path / "sqs", logs)
    server.start()
    child = server.process
    assert child
    os.kill(child.pid or 0, signal.SIGKILL)
    assert eventually(lambda: not child.running)
    server.stop()
    with MiniStackServer(tmp_path / "sqs", logs) as again:
        assert again.endpoint_url == server.endpoint_url
        assert again.create_queues("jobs")


def test_it_can_serve_s3_with_bucket_events_for_tests(tmp_path: Path, logs: Path) -> None:
    with MiniStackServer(tmp_path / "sqs", logs, services=("sqs", "s3")) as server:
        client = SignedClient(server.endpoint_url, "s3", server.region, server.keys)
        assert client.send("PUT", "/bucket").status == 200
        assert client.send("PUT", "/bucket/key", b"x").status == 200
        assert client.send("GET", "/bucket/key").body == b"x"


def test_a_refused_call_is_one_sentence(tmp_path: Path, logs: Path) -> None:
    with MiniStackServer(tmp_path / "sqs", logs) as server, pytest.raises(EmbeddedError, match="refused GetQueueUrl"):
        server.sqs("GetQueueUrl", {"QueueName": "nowhere"})


def test_a_port_in_use_is_one_sentence(tmp_path: Path, logs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"Port {port} on 127.0.0.1, wanted for the queue server, is in use"):
            MiniStackServer(tmp_path / "sqs", logs, port).start()


def test_a_missing_package_is_one_sentence(tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedError, match=r"The queue server is not installed: run .*ministack"):
        MiniStackServer(tmp_path / "sqs", logs).start()
