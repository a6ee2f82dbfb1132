"""One call of the API: address, token, attempts, and what its answer means."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from photodock import __version__
from photodock.client.decoding import decode
from photodock.client.errors import (
    ClientError,
    ConfigurationError,
    NetworkError,
    UnexpectedAnswer,
    Unreachable,
    api_error,
)
from photodock.client.models import Problem
from photodock.client.retry import RATE_LIMITED, Retry, Transient, retried, retry_after
from photodock.client.steps import Answer, Ask, Notice, Open, Operation, Request, Send, Token
from photodock.domain.values import JsonObject

T = TypeVar("T")

CONNECT_SECONDS = 10
NOT_MODIFIED = 304
_NONE: frozenset[int] = frozenset()

log = logging.getLogger("photodock.client")


def told_to_the_log(sentence: str) -> None:
    log.info("%s", sentence)


class Session:
    """`base_url` is photodock's address without `/api/v1`. Raises ConfigurationError for an address or a token that is
    none."""

    def __init__(self, base_url: str, token: Token, *, retry: Retry, timeout: float) -> None:
        self.address = _checked_address(base_url.rstrip("/"))
        self.retry = retry
        self._timeout = timeout
        self._source = None if isinstance(token, str) else token
        self._token = _checked_token(token) if isinstance(token, str) else ""
        self._reached = False

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | None] | None = None,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
        held_seconds: float = 0,
        done_before: frozenset[int] = _NONE,
        repeatable: bool = True,
        notice: Notice = told_to_the_log,
    ) -> Operation[Answer]:
        """The answer, a success or 304. Raises ClientError.

        `held_seconds`: how long the server may hold the answer back. `done_before`: the statuses by which a second
        attempt tells that the first, whose answer was lost, was carried out; they are returned then. Not `repeatable`:
        a lost answer is the end, because doing it twice would do harm.
        """
        request = self.request(method, path, params=params, body=body, headers=headers, held_seconds=held_seconds)
        lost = False

        def once() -> Operation[Answer]:
            nonlocal lost
            try:
                answer = yield from self.authorized(request)
            except Transient as transient:
                lost = True
                # Without a connection nothing was done yet.
                if repeatable or isinstance(transient.final, Unreachable):
                    raise
                raise transient.final from None
            kept = lost and answer.status in done_before
            if answer.is_success or answer.status == NOT_MODIFIED or kept:
                return answer
            lost = lost or answer.status >= 500
            raise self.failure(answer)

        return (yield from retried(once, self.retry, notice))

    def once(self, method: str, path: str) -> Operation[Answer]:
        """The answer, whatever its status, from one attempt and without a token: for the health checks."""
        try:
            answer: Answer = yield Send(self.request(method, path))
        except (httpx.TransportError, httpx.DecodingError) as error:
            found = self._unreachable(error)
            raise (found.final if isinstance(found, Transient) else found) from None
        return answer

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | None] | None = None,
        body: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
        held_seconds: float = 0,
        read_seconds: float | None = None,
    ) -> Request:
        """`read_seconds`: the longest silence within an answer, where it is not the common one."""
        given = {"User-Agent": f"photodock/{__version__}", "Accept": "application/json"}
        content = None
        if body is not None:
            given["Content-Type"] = "application/json"
            content = json.dumps(body, allow_nan=False).encode()
        return Request(
            method=method,
            url=f"{self.address}{path}" if path in OUTSIDE else f"{self.address}/api/v1{path}",
            timeout=httpx.Timeout(
                self._timeout,
                connect=min(CONNECT_SECONDS, self._timeout),
                read=read_seconds or self._timeout + held_seconds,
            ),
            headers=given | dict(headers or {}),
            content=content,
            params={name: value for name, value in (params or {}).items() if value is not None},
        )

    def authorized(self, request: Request, *, stream: bool = False) -> Operation[Answer]:
        """The answer, whatever its status, with a fresh token after a 401. Raises Transient without an answer."""
        token = yield from self._present_token("")
        answer = yield from self._sent(request, token, stream)
        if answer.status == httpx.codes.UNAUTHORIZED and self._source is not None:
            token = yield from self._present_token(token)
            answer = yield from self._sent(request, token, stream)
        return answer

    def _sent(self, request: Request, token: str, stream: bool) -> Operation[Answer]:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        complete = Request(request.method, request.url, request.timeout, headers, request.content, request.params)
        try:
            answer: Answer = yield Open(complete) if stream else Send(complete)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._unreachable(error) from None
        self._reached = True
        return answer

    def _present_token(self, refused: str) -> Operation[str]:
        """The token that is known, or a new one where there is none or just this one was refused."""
        if self._source is not None and self._token in {"", refused}:
            token: str = yield Ask(self._source)
            self._token = _checked_token(token)
        return self._token

    def _unreachable(self, error: Exception) -> ClientError | Transient:
        if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Transient(NetworkError("The connection to photodock broke."))
        final = Unreachable(f"photodock does not answer at {self.address}: is it running?")
        return final if self.retry.fail_fast and not self._reached else Transient(final)

    def failure(self, answer: Answer) -> ClientError | Transient:
        """What an answer that is no success means."""
        found = problem_of(answer)
        again = answer.status >= 500 or answer.status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT}
        if found is None and again:
            code = RATE_LIMITED if answer.status == httpx.codes.TOO_MANY_REQUESTS else "server_error"
            found = Problem(answer.status, code, f"photodock answered {answer.status}.")
        if found is None:
            return self.not_photodock(answer.status)
        error = api_error(found)
        return Transient(error, retry_after(answer.headers)) if again else error

    def not_photodock(self, status: int) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"What answers at {self.address} is not photodock's API (HTTP {status}): check the address."
        )

    def read(self, answer: Answer, reader: Callable[[Any], T]) -> T:
        """What `reader` makes of the answer's JSON. Raises UnexpectedAnswer where that is none of photodock's."""
        try:
            return reader(json.loads(answer.content))
        except (ValueError, KeyError, TypeError):
            raise self.not_photodock(answer.status) from None


OUTSIDE = frozenset({"/healthz", "/readyz"})
"""What stands outside `/api/v1`."""


def problem_of(answer: Answer) -> Problem | None:
    """The answer's problem document, or None when it has none of photodock's."""
    try:
        found = json.loads(answer.content)
        return decode(Problem, found, status=answer.status)
    except ValueError:
        return None


def _checked_address(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        detail = f"{address!r} is no address of a photodock: it must look like http://127.0.0.1:8000."
        raise ConfigurationError("invalid_address", detail)
    return address


def _checked_token(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        code, detail = (
            ("invalid_token", "That is no access token.") if token else ("missing_token", "There is no token.")
        )
        raise ConfigurationError(code, detail)
    return token
