"""Guessing ids leads to nothing, and is told to whoever looks after the service."""

from uuid import uuid4

from photodock.api.guesses import MANY
from photodock.settings import Settings
from support.log_lines import written_log
from support.serving import running


async def test_guessed_ids_are_counted_one_by_one_or_by_the_hundred(settings: Settings) -> None:
    with written_log("info") as log:
        async with running(settings) as api:
            guess = {(await api.call("GET", f"/photos/{uuid4()}")).status_code for _ in range(MANY // 2)}
            assert guess == {404}
            assert [line for line in log.lines if line["event"] == "many_unknown_photos"] == []
            many = await api.call("POST", "/photos/confirm", json={"photo_ids": [str(uuid4()) for _ in range(MANY)]})
            assert {item["error"]["code"] for item in many.json()["items"]} == {"photo_not_found"}
    [line] = [line for line in log.lines if line["event"] == "many_unknown_photos"]
    assert (line["level"], line["user_id"], line["count"]) == ("warning", "anna", MANY)
    requests = [line for line in log.lines if line["event"] == "request" and line["route"].endswith("/{photo_id}")]
    assert len([line for line in requests if line["error_code"] == "photo_not_found"]) == MANY // 2
