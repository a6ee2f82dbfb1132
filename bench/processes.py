"""Two `serve` processes against one, the limit over both, and what a process's memory does in the long run."""

import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

from bench.contenders import Running, running
from bench.http import Runs, introduce, note
from bench.load import load, warm_up
from bench.void import Void

LIMIT = 300
ASKED = 900
"""Requests of one user within a minute, over two processes."""
BURST_SECONDS = 10
"""What those need on most machines; a minute that has less left is let pass."""
MINUTE_SECONDS = 60


def measure_two(runs: Runs, environment: Mapping[str, str], callers: Path, *, rounds: int, seconds: float) -> None:
    """CPU of a request with one process and with two, on the same processor."""
    for _ in range(rounds):
        for number in (1, 2):
            log = callers.with_name(f"processes-{number}.log")
            with running("photodock", environment, log, "--processes", str(number)) as server:
                introduce(server.port, callers, times=1 if number == 1 else 4)
                load(server.port, "one", callers, seconds=warm_up(seconds))
                before = server.cpu_seconds()
                found = load(server.port, "one", callers, seconds=seconds)
                spent = used(before, server)
                if sum(seconds > 0 for seconds in spent.values()) < number:
                    raise Void("Not every process took part.")
                note(runs, f"processes_{number}.cpu_us", sum(spent.values()) / found.requests * 1e6)


def used(before: Mapping[int, float], server: Running) -> dict[int, float]:
    return {pid: seconds - before.get(pid, 0) for pid, seconds in server.cpu_seconds().items()}


def measure_limit(environment: Mapping[str, str], caller: str, folder: Path) -> dict[str, float]:
    """How many URLs a user who asked for none yet gets from two processes in a minute; the limit is `LIMIT`."""
    limited = {**environment, "PHOTODOCK_UPLOAD_URLS_PER_MINUTE": str(LIMIT)}
    token, project, _ = caller.split()
    with running("photodock", limited, folder / "limit.log", "--processes", "2") as server:

        def burst() -> Counter[int]:
            with ThreadPoolExecutor(32) as threads:
                return Counter(threads.map(lambda _: ask(server.port, token, project), range(ASKED)))

        before = server.cpu_seconds()
        statuses = of_one_minute(burst)
        if sum(seconds > 0 for seconds in used(before, server).values()) < 2:
            raise Void("One of the processes answered nothing.")
    if set(statuses) != {200, 429}:
        raise Void(f"Answers other than 200 and 429: {statuses}")
    return {"limit.given": statuses[200], "limit.allowed": LIMIT, "limit.ratio": statuses[200] / LIMIT}


def of_one_minute(burst: Callable[[], Counter[int]]) -> Counter[int]:
    """Where it did not fit into what was left of a minute, once more, in a minute of its own from the beginning on."""
    for needed in (BURST_SECONDS, MINUTE_SECONDS):
        left = MINUTE_SECONDS - datetime.now(UTC).second
        if left < needed:
            sleep(left + 0.2)
        minute = datetime.now(UTC).minute
        found = burst()
        if datetime.now(UTC).minute == minute:
            return found
    raise Void("The requests took longer than the minute that the limit is for.")


def ask(port: int, token: str, project: str) -> int:
    """Over a connection of its own, so that the processes share them."""
    body = f'{{"project_id": "{project}", "file_name": "a.jpg", "file_size": 2048, "mime_type": "image/jpeg"}}'
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/photos/upload-url",
        data=body.encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def measure_memory(environment: Mapping[str, str], callers: Path, *, requests: int, seconds: float) -> dict[str, float]:
    """RSS of one process after `requests`, upload URLs and reads in turns, and after as many again."""
    found = {}
    with running("photodock", environment, callers.with_name("memory.log")) as server:
        for part in ("first", "second"):
            done = 0
            while done < requests:
                for call in ("one", "get"):
                    done += load(server.port, call, callers, seconds=seconds).requests
            found[f"rss_{part}_mb"] = server.rss_mb()
    return found | {"rss_growth": found["rss_second_mb"] / found["rss_first_mb"] - 1, "rss_requests": requests}
