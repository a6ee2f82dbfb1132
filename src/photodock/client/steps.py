"""What an operation asks of whoever carries it out.

An operation is a generator: it yields steps and is sent what came of each, or has the step's exception thrown into it.
It does nothing by itself, neither sends nor sleeps nor reads a file; so one and the same operation serves a synchronous
client and an asynchronous one.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

import httpx

from photodock.client.errors import FileError

T = TypeVar("T")

CHUNK = 128 * 1024
"""Bytes of a file that are read at once."""

Token: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
Notice: TypeAlias = Callable[[str], None]
"""Hears a sentence about what delays a call; it goes on by itself."""


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body of `size` bytes, read from the start at each attempt. `sent` hears the bytes sent so far."""

    open: Callable[[], Reader]
    size: int
    sent: Callable[[int], None]

    def next_size(self, sent: int) -> int:
        return min(CHUNK, self.size - sent)

    def check_end(self, sent: int) -> None:
        if sent < self.size:
            raise FileError("file_changed", "The file became shorter while it was being sent.")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str = field(repr=False)
    timeout: httpx.Timeout
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | Body | None = None
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is empty where `stream` is to be read bit by bit."""

    status: int
    headers: httpx.Headers
    content: bytes = b""
    stream: Any = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Send:
    """→ Answer, read as a whole. Raises what httpx raises."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """→ Answer; where it is a success its body is left in `stream`, to be closed by Close."""

    request: Request


@dataclass(frozen=True, slots=True)
class Read:
    """→ the stream's next bytes; empty at its end."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Close:
    answer: Answer


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """→ a token, from the caller's own function."""

    token: Callable[[], str] | Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Blocking:
    """→ what `call` returns: work with files, that must not hold an event loop up."""

    call: Callable[[], Any]


Step: TypeAlias = Send | Open | Read | Close | Pause | Ask | Blocking
Operation: TypeAlias = Generator[Step, Any, T]
