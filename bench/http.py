"""The HTTP API under load: floor, baseline and photodock in turns."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.contenders import Running, running
from bench.load import Load, load, warm_up
from bench.void import Void
from photodock.services.library import SLOT_SECONDS

ALONE = "_alone"
"""Behind a call's name: asked by one client, who waits for each answer."""
CONNECTIONS = {f"one{ALONE}": 1, f"hundred{ALONE}": 1}
"""Other calls come over 32."""
CALLS = {
    "floor": ("one", "get"),
    "baseline": ("one",),
    "photodock": ("one", "get", "unchanged", "hundred", f"one{ALONE}", f"hundred{ALONE}"),
}
HALF = "one"
"""The call that is also measured at half the rate."""
MOST_BYTES_OF_304 = 400
"""An answer to `unchanged` that is larger on average was not a 304: they have no body."""

Runs = dict[str, list[float]]


def note(runs: Runs, name: str, value: float) -> None:
    runs.setdefault(name, []).append(round(value, 3))


def measure(runs: Runs, environment: Mapping[str, str], callers: Path, *, rounds: int, seconds: float) -> None:
    for _ in range(rounds):
        for name, calls in CALLS.items():
            with running(name, environment, callers.with_name(f"{name}.log")) as server:
                note(runs, f"{name}.start_seconds", server.start_seconds)
                if name == "photodock":
                    introduce(server.port, callers)
                for call in calls:
                    with ready(server, call, callers, warm_up(seconds) + seconds) as lines:
                        measure_call(runs, name, server, call, lines, seconds)
                note(runs, f"{name}.rss_mb", server.rss_mb())


def measure_call(runs: Runs, name: str, server: Running, call: str, callers: Path, seconds: float) -> None:
    connections = CONNECTIONS.get(call, 32)
    asked = call.removesuffix(ALONE)
    load(server.port, asked, callers, seconds=warm_up(seconds), connections=connections)
    before = sum(server.cpu_seconds().values())
    full = load(server.port, asked, callers, seconds=seconds, connections=connections)
    cpu_us = (sum(server.cpu_seconds().values()) - before) / full.requests * 1e6
    check(call, full)
    note(runs, f"{name}.{call}.per_second", full.per_second)
    note(runs, f"{name}.{call}.p99_ms", full.p99_ms)
    note(runs, f"{name}.{call}.cpu_us", cpu_us)
    if call == HALF:
        half = load(server.port, call, callers, seconds=seconds, per_second=full.per_second / 2)
        note(runs, f"{name}.half.per_second", half.per_second)
        note(runs, f"{name}.half.p50_ms", half.p50_ms)
        note(runs, f"{name}.half.p99_ms", half.p99_ms)


def check(call: str, found: Load) -> None:
    if call == "unchanged" and found.bytes_each > MOST_BYTES_OF_304:
        raise Void(f"Answers of {found.bytes_each:.0f} bytes were no 304.")


@contextmanager
def ready(server: Running, call: str, callers: Path, seconds: float) -> Iterator[Path]:
    """The callers' lines for this call; for `unchanged` with ETags that hold for the next `seconds`."""
    if call != "unchanged":
        yield callers
        return
    while True:
        slot, etags = time.time() // SLOT_SECONDS, introduce(server.port, callers)
        now = time.time()
        left = SLOT_SECONDS - now % SLOT_SECONDS
        if now // SLOT_SECONDS == slot and left > 2 * seconds + 5:
            break
        time.sleep(left + 0.1 if now // SLOT_SECONDS == slot else 0)
    lines = callers.read_text().splitlines()
    known = callers.with_name("callers-with-etags.txt")
    known.write_text("\n".join(f"{line} {tag}" for line, tag in zip(lines, etags, strict=True)) + "\n")
    yield known


def introduce(port: int, callers: Path, times: int = 1) -> list[str]:
    """Each caller reads his photo; returns the ETags. A token is dear only when it is seen for the first time, which is
    soon over in service, and would be half of a short run. `times`: with several processes each must see it."""
    lines = callers.read_text().splitlines()
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda line: etag(port, *line.split()), lines * times))[-len(lines) :]


def etag(port: int, token: str, _: str, photo: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/photos/{photo}", headers={"Authorization": f"Bearer {token}"}
    )
    tries_left = 3
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
                return str(answer.headers["ETag"])
        except urllib.error.HTTPError as error:
            # Nothing is measured yet, and the disk may still be writing what the run before has made.
            if error.code != 503 or not tries_left:
                raise
            tries_left -= 1
            time.sleep(int(error.headers["Retry-After"]))
