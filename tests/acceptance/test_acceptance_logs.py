"""What the processes write: JSON lines that lead through a photo's way, and no secret in any of them."""

import json
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from support.audit import leaks, secrets_of, unstructured
from support.clock import eventually
from support.images import jpeg
from support.system import SECRET, Caller, token_for
from support.whole import System


async def test_one_correlation_id_leads_through_the_logs_of_all_processes(
    system: System, api: Caller, project: str
) -> None:
    issued = await api.issue(project, jpeg())
    assert (await api.put(issued, jpeg())).status_code == 200
    headers = {"X-Request-ID": f"trail-{issued['photo_id']}"}
    path = f"/photos/{issued['photo_id']}/status"
    assert (await api.call("PATCH", path, json={"status": "uploaded"}, headers=headers)).status_code == 200
    await system.finished(issued["photo_id"])

    async def events() -> bool:
        lines = [json.loads(line) for line in system.deployment.log().splitlines()]
        found = {line["event"] for line in lines if line.get("correlation_id") == headers["X-Request-ID"]}
        return found >= {"request", "job_sent"}

    await eventually(events)


async def test_what_clients_send_to_the_wrong_place_is_not_logged(system: System, api: Caller, project: str) -> None:
    token = token_for(api.organization_id)
    query = urlsplit((await api.issue(project, jpeg()))["upload_url"]).query
    wrong = [
        ("GET", f"/api/v1/photos/{token}", {}),
        ("GET", f"/api/v1/photos/{token}/history", api.headers),
        ("GET", f"/api/v1/photos/{query}", api.headers),
        ("GET", f"/api/v1/photos?cursor={token}", api.headers),
        ("GET", f"/api/v1/{token}", api.headers),
        ("GET", f"/api/v1/photos?access_token={token}", {}),
        ("GET", "/api/v1/photos", {"Authorization": f"Basic {SECRET}"}),
        ("GET", "/api/v1/photos", api.headers | {"X-Request-ID": f"Bearer {token}"}),
        ("GET", "/api/v1/photos", api.headers | {"traceparent": token}),
        ("PUT", f"/api/v1/projects/{token}", api.headers),
    ]
    for method, path, headers in wrong:
        answer = await api.http.request(method, path, headers=headers)
        assert answer.status_code in (200, 401, 404, 422), path
    odd_name = await api.request_upload(project, jpeg(), file_name=f"{query}.jpg"[:255])
    assert odd_name.status_code in (200, 422)
    odd_body = await api.call("POST", "/photos/upload-url", json={token: SECRET, "file_size": token})
    assert odd_body.status_code == 422

    log = system.deployment.log()
    assert leaks(log, secrets_of(system.deployment.backend)) == []
    assert unstructured(log) == []


@pytest.mark.parametrize(
    "line",
    [
        f'{{"url": "http://store/b/k?X-Amz-Signature={"0" * 64}"}}',
        f'{{"event": "{token_for(UUID(int=1))}"}}',
        '{"authorization": "Bearer abc"}',
        f'{{"error": "could not verify with {SECRET}"}}',
    ],
)
def test_the_search_for_secrets_finds_them(line: str) -> None:
    assert leaks(f'{{"event": "request"}}\n{line}\n', [SECRET]) == [line]
    assert unstructured("Traceback (most recent call last):\n{}\n") == ["Traceback (most recent call last):"]
