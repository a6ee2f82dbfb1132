"""The busiest calls go two ways, with the framework and without: whoever asks must not be able to tell which."""

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photodock.api.app import Application, in_front_of
from photodock.api.direct import Direct
from photodock.api.requests import UploadRequest
from support.images import jpeg
from support.system import Caller, sha256

ISSUE, SHOW = "/photos/upload-url", "/photos/{photo_id}"
JSON = {"Content-Type": "application/json"}
NEW = {"project_id": "{project_id}", "file_name": "roof.jpg", "file_size": 2_000, "mime_type": "image/jpeg"}
ALL_FIELDS = {
    **NEW,
    "file_name": "Dach 屋根 👷‍♀️.png",
    "mime_type": "IMAGE/PNG",
    "checksum_sha256": sha256(b"x"),
    "detection_types": ["damage", "damage"],
    "priority": "high",
    "client_metadata": {"captured_at": "2026-11-25T10:00:00+01:00", "latitude": -90, "longitude": 180.0},
}


@dataclass(frozen=True)
class Asked:
    """One request. `body` is JSON unless it is text."""

    path: str = ISSUE
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    method: str = ""
    scopes: tuple[str, ...] = ("photos:read", "photos:write")

    async def by(self, caller: Caller, token: str, *, project_id: str, photo_id: str) -> httpx.Response:
        """With headers exactly as they stand here, and an id of its own making."""
        text = self.body if isinstance(self.body, str | None) else json.dumps(self.body)
        names = {"project_id": project_id, "photo_id": photo_id, "PHOTO_ID": photo_id.upper()}
        for name, value in names.items():
            text = text and text.replace(f"{{{name}}}", value)
        return await caller.http.request(
            self.method or ("GET" if text is None else "POST"),
            f"/api/v1{self.path.format(**names)}",
            headers=[("Authorization", token), ("X-Request-ID", "same"), *self.headers],
            content=None if text is None else text.encode("utf-8", "surrogatepass"),
        )


def posted(body: Any, **headers: str) -> Asked:
    return Asked(body=body, headers=tuple({**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}.items()))


def shown(etag: str) -> Asked:
    return Asked(SHOW, headers=(("If-None-Match", etag),))


PLAIN = {
    "an upload": posted(NEW),
    "every field": posted(ALL_FIELDS),
    "a key's replay": posted(NEW, Idempotency_Key="used"),
    "a key's other body": posted({**NEW, "file_size": 2_001}, Idempotency_Key="used"),
    "a page of an allowed origin": posted(NEW, Origin="https://app.example"),
    "a page of another origin": posted(NEW, Origin="https://evil.example"),
    "a foreign project": posted({**NEW, "project_id": str(uuid4())}),
    "too small": posted({**NEW, "file_size": 0}),
    "too large": posted({**NEW, "file_size": 2**62}),
    "another type": posted({**NEW, "mime_type": "image/heic"}),
    "an unknown detection": posted({**NEW, "detection_types": ["aura"]}),
    "a field twice": posted('{"file_size": 1, ' + json.dumps(NEW)[1:]),
    "a photo": Asked(SHOW),
    "a photo by capitals": Asked("/photos/{PHOTO_ID}"),
    "a photo for a detector": Asked(SHOW, scopes=("photos:pipeline",)),
    "no such photo": Asked(f"/photos/{uuid4()}"),
    "a photo known": shown('"1-0"'),
    "any photo known": shown("*"),
    "photos known": shown('"a", W/"b"'),
}
"""What is answered without the framework, refusals of the services among them."""

UNUSUAL = {
    "no scope": Asked(body=NEW, headers=tuple(JSON.items()), scopes=("photos:read",)),
    "no scope to read": Asked(SHOW, scopes=("photos:write",)),
    "no content type": Asked(body=NEW),
    "a charset": posted(NEW, Content_Type="application/json; charset=utf-8"),
    "another content type": posted(NEW, Content_Type="text/plain"),
    "no JSON": posted("{"),
    "no body": posted(""),
    "a list": posted([NEW]),
    "not a number": posted(json.dumps(NEW)[:-1] + ', "client_metadata": {"latitude": NaN}}'),
    "a number too large": posted(json.dumps(NEW)[:-1] + ', "client_metadata": {"accuracy_m": 1e999}}'),
    "a lone surrogate": posted(json.dumps({**NEW, "file_name": "\ud800.jpg"})),
    "a broken letter": posted(json.dumps(NEW).replace("roof", "\udcff")),
    "an unknown field": posted({**NEW, "size": 1}),
    "a missing field": posted({"file_name": "roof.jpg"}),
    "a size as text": posted({**NEW, "file_size": "2000"}),
    "a size with a fraction": posted({**NEW, "file_size": 2000.5}),
    "a path": posted({**NEW, "file_name": "a/b.jpg"}),
    "a control character": posted({**NEW, "file_name": "a\x9fb.jpg"}),
    "no project": posted({**NEW, "project_id": "north"}),
    "a body too large": posted({**NEW, "file_name": "x" * 70_000}),
    "a body too large for any call": posted({**NEW, "file_name": "x" * 300_000}),
    "headers too large": posted(NEW, X_Filler="x" * 40_000),
    "an empty key": posted(NEW, Idempotency_Key=""),
    "a key with a blank": posted(NEW, Idempotency_Key="a b"),
    "a key too long": posted(NEW, Idempotency_Key="k" * 256),
    "two keys": Asked(body=NEW, headers=(*JSON.items(), ("Idempotency-Key", "used"), ("Idempotency-Key", "used"))),
    "two tokens": posted(NEW, Authorization="Bearer x"),
    "a query": Asked(f"{ISSUE}?again=1", NEW, tuple(JSON.items())),
    "a slash behind": Asked(f"{ISSUE}/", NEW, tuple(JSON.items())),
    "another method": Asked(ISSUE, NEW, tuple(JSON.items()), method="PUT"),
    "a photo's head": Asked(SHOW, method="HEAD"),
    "a photo with a wait": Asked(f"{SHOW}?wait=0"),
    "a photo with a body": Asked(SHOW, "{}", tuple(JSON.items()), method="GET"),
    "a name that is no id": Asked("/photos/" + "x" * 36),
    "an id in another form": Asked("/photos/{{" + uuid4().hex + "}}--"),
    "an id with its dashes in front": Asked("/photos/----" + uuid4().hex),
    "an id in braces": Asked("/photos/{{--" + uuid4().hex + "}}"),
    "an id with a sign": Asked(f"/photos/+{str(uuid4())[1:]}"),
    "an id with underscores": Asked(f"/photos/1_{str(uuid4())[2:]}"),
    "a preflight": Asked(
        method="OPTIONS",
        headers=(("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")),
    ),
}
"""What goes on to the framework."""


@dataclass
class Ways:
    """The same service, asked with and without the framework; `framework` lists what went through it."""

    owner: Caller
    project_id: str
    photo_id: str
    framework: list[str]

    async def ask(self, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> tuple[httpx.Response, httpx.Response, bool]:
        names = {"project_id": self.project_id, "photo_id": self.photo_id}
        token = self.owner.colleague(self.owner.user, asked.scopes).headers["Authorization"]
        await Asked(SHOW).by(self.owner, token, **names)  # known from here on
        self.framework.clear()
        one = await asked.by(self.owner, token, **names)
        went_direct = not self.framework
        with monkeypatch.context() as patch:
            patch.setattr(Direct, "__call__", lambda self, *asgi: self._app(*asgi))
            other = await asked.by(self.owner, token, **names)
        return one, other, went_direct


@pytest.fixture
async def ways(api: Caller, monkeypatch: pytest.MonkeyPatch) -> Ways:
    seen: list[str] = []
    through = Application.framework

    async def watched(self: Application, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await through(self, scope, receive, send)

    app = api.http._transport.app
    monkeypatch.setattr(Application, "framework", watched)
    monkeypatch.setattr(app, "front", in_front_of(app, ("https://app.example",)))
    project_id = await api.make_project()
    photo = await api.upload(project_id, jpeg())
    await api.request_upload(project_id, b"x" * 2_000, key="used")
    return Ways(api, project_id, photo["id"], seen)


VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|Signature=[0-9a-f]{64}|\d{8}T\d{6}Z"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z|\"\d+-\d+\""
)


def comparable(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """Without what two answers to the same request never share: ids, times, signatures, what is left of a quota."""
    headers = dict(answer.headers)
    for name in ("ratelimit-remaining", "ratelimit-reset", "content-length"):
        headers[name] = "some" if name in headers else "none"
    text = VOLATILE.sub("…", answer.text)
    return answer.status_code, {**headers, "etag": VOLATILE.sub("…", headers.get("etag", ""))}, text


@pytest.mark.parametrize("name", PLAIN)
async def test_a_plain_request_is_answered_as_the_framework_would(
    ways: Ways, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, went_direct = await ways.ask(PLAIN[name], monkeypatch)
    assert went_direct
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize("name", UNUSUAL)
async def test_whatever_is_unusual_goes_on_to_the_framework(
    ways: Ways, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, went_direct = await ways.ask(UNUSUAL[name], monkeypatch)
    assert not went_direct or name == "a preflight"
    assert comparable(one) == comparable(other)


async def test_an_unchanged_photo_is_304_both_ways(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    etag = (await ways.owner.call("GET", f"/photos/{ways.photo_id}")).headers["etag"]
    one, other, went_direct = await ways.ask(shown(f'"x", W/{etag}'), monkeypatch)
    assert went_direct
    assert (one.status_code, one.content) == (304, b"")
    assert comparable(one) == comparable(other)


async def test_a_token_not_seen_before_goes_on_to_the_framework(ways: Ways) -> None:
    stranger = ways.owner.stranger()
    token = stranger.headers["Authorization"]
    ways.framework.clear()
    for _ in range(2):
        answer = await Asked(SHOW).by(stranger, token, project_id=ways.project_id, photo_id=ways.photo_id)
        assert answer.status_code == 404
        assert len(ways.framework) == 1


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {
        "project_id": st.uuids().map(str) | ANY_JSON,
        "file_name": st.text(max_size=260) | ANY_JSON,
        "file_size": st.integers(-1, 2**64) | ANY_JSON,
        "mime_type": st.sampled_from(["image/jpeg", "image/png", "IMAGE/JPEG"]) | ANY_JSON,
    },
    optional={
        "checksum_sha256": st.binary(min_size=32, max_size=32).map(sha256) | ANY_JSON,
        "detection_types": st.lists(st.sampled_from(["damage", "material", ""]), max_size=34) | ANY_JSON,
        "priority": st.sampled_from(["low", "normal", "high"]) | ANY_JSON,
        "client_metadata": st.fixed_dictionaries(
            {},
            optional={
                "captured_at": st.datetimes().map(lambda at: at.isoformat() + "Z") | ANY_JSON,
                "latitude": st.floats() | st.integers() | ANY_JSON,
                "accuracy_m": st.floats() | ANY_JSON,
            },
        )
        | ANY_JSON,
    },
)


@given(BODIES)
@settings(max_examples=400, deadline=None, database=None, derandomize=True)
def test_a_body_taken_without_the_framework_means_the_same_to_it(body: dict[str, Any]) -> None:
    """The framework reads JSON first and validates then; here both is one step."""
    raw = json.dumps(body).encode()
    try:
        direct = UploadRequest.model_validate_json(raw)
    except ValueError:
        return  # goes on to the framework, whatever that says
    assert UploadRequest.model_validate(json.loads(raw)) == direct
