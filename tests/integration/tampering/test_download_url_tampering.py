"""A download URL gives one photo as one type, and nothing else."""

from datetime import UTC, datetime

import pytest

from support.presigned import BODY, outcome, uploaded


async def test_a_download_url_writes_and_deletes_nothing(presigner, store, http, key):
    await uploaded(http, presigner, key)
    url = presigner.get(key, content_type="image/jpeg", file_name="a.jpg", expires_in_seconds=60, now=datetime.now(UTC))
    for method in ("PUT", "DELETE"):
        assert (await http.request(method, url)).status_code == 403
    html = url.replace("response-content-type=image%2Fjpeg", "response-content-type=text%2Fhtml")
    assert outcome(await http.get(html)) == (403, "SignatureDoesNotMatch")
    assert (await store.read_head(key, len(BODY))).data == BODY


@pytest.mark.parametrize(
    ("signed", "forged"),
    [
        ("response-content-type=image%2Fjpeg", "response-content-type=text%2Fhtml"),
        ("response-content-type=image%2Fjpeg&", ""),
        ("response-content-disposition=attachment", "response-content-disposition=inline"),
        ("a.jpg", "a.html"),
        ("X-Amz-Expires=60", "X-Amz-Expires=604800"),
        ("X-Amz-Algorithm=", "response-content-encoding=gzip&X-Amz-Algorithm="),
        ("X-Amz-Algorithm=", "response-cache-control=public&X-Amz-Algorithm="),
        ("tampering/", "other-project/"),
    ],
)
async def test_a_download_url_that_was_edited_is_refused(presigner, http, key, signed, forged):
    for name in (key, key.replace("tampering/", "other-project/")):
        await uploaded(http, presigner, name)
    url = presigner.get(key, content_type="image/jpeg", file_name="a.jpg", expires_in_seconds=60, now=datetime.now(UTC))
    assert (await http.get(url)).content == BODY
    assert signed in url
    answer = await http.get(url.replace(signed, forged))
    assert outcome(answer) == (403, "SignatureDoesNotMatch")
    assert BODY not in answer.content
