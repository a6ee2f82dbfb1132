"""The console in Chromium, against `photodock up`; its own tests (vitest) are in web/test."""

from uuid import uuid4

import httpx
import pytest

from support.console import Up, Vitest, fill


@pytest.mark.timeout(1000)
async def test_a_site_managers_photos_arrive_and_are_seen(vitest: Vitest) -> None:
    await vitest("test/units", "test/console", "test/keyboard")


@pytest.mark.timeout(1000)
async def test_each_upload_and_each_photo_is_shown_as_it_is(vitest: Vitest) -> None:
    await vitest("test/uploads", "test/photo", "test/late")


@pytest.mark.timeout(1000)
async def test_every_state_is_drawn_in_both_themes_and_on_a_phone_without_a_serious_fault(vitest: Vitest) -> None:
    await vitest("test/states")


@pytest.mark.timeout(1000)
async def test_ten_thousand_photos_are_scrolled_through_with_few_in_the_document(up: Up, vitest: Vitest) -> None:
    """How smoothly, build/console/scrolling.txt says: no machine's speed is a reason to fail."""
    project_id = uuid4()
    async with httpx.AsyncClient(base_url=up.ready["url"], trust_env=False, timeout=40) as http:
        headers = {"Authorization": f"Bearer {up.ready['token']}"}
        answer = await http.put(f"/api/v1/projects/{project_id}", json={"name": "Ten thousand"}, headers=headers)
    assert answer.status_code in (200, 201)
    await fill(up.ready, project_id, 10_000)
    await vitest("test/many", PHOTODOCK_TEST_MANY=str(project_id))
