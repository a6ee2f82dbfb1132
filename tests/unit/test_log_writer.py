"""When log lines are written."""

import asyncio
import io
from threading import Thread

import pytest

from photodock.logs.writer import LogWriter


class File(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)


async def turn() -> None:
    await asyncio.sleep(0)


async def test_what_one_turn_logs_is_one_write_at_its_end() -> None:
    log = LogWriter(file := File())
    log.info("one")
    log.info("two")
    assert file.writes == []
    await turn()
    log.info("three")
    await turn()
    assert file.writes == ["one\ntwo\n", "three\n"]


@pytest.mark.parametrize("level", ["warning", "error", "critical", "exception"])
async def test_a_warning_waits_for_nothing_and_comes_after_what_was_before_it(level: str) -> None:
    log = LogWriter(file := File())
    log.info("before")
    getattr(log, level)("trouble")
    assert file.writes == ["before\ntrouble\n"]
    log.info("after")
    await turn()
    await turn()
    assert file.writes[1:] == ["after\n"]


def test_without_an_event_loop_each_line_is_written_at_once() -> None:
    log = LogWriter(file := File())
    log.info("one")
    log.info("two")
    assert file.writes == ["one\n", "two\n"]


def test_a_loop_that_ends_within_its_turn_loses_no_line() -> None:
    """Neither what it left unwritten, nor what another loop logs later."""
    log = LogWriter(file := File())

    async def logged(line: str) -> None:
        log.info(line)
        await turn()

    ended = asyncio.new_event_loop()
    ended.call_soon(log.info, "first")
    ended.call_soon(ended.stop)
    ended.run_forever()
    ended.close()
    asyncio.run(logged("second"))
    assert "".join(file.writes) == "first\nsecond\n"


async def test_other_threads_lose_no_line() -> None:
    log = LogWriter(file := File())

    def tell(name: str) -> None:
        for _ in range(100):
            log.info(name)

    threads = [Thread(target=tell, args=(f"{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        log.info("here")
        await turn()
    await turn()
    lines = "".join(file.writes).splitlines()
    assert [lines.count(f"{number}") for number in range(4)] == [100] * 4


def test_a_file_that_takes_nothing_stops_nobody() -> None:
    class Full(File):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    LogWriter(Full()).error("trouble")
