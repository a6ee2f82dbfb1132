"""How a download is named: the Content-Disposition header."""

import re
from urllib.parse import quote

# `attr-char` of RFC 5987, less what `quote` keeps anyway.
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"
_NOT_IN_QUOTED_NAME = re.compile(r'[^ -~]|["\\%]')


_ENDINGS = {"image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"), "image/png": (".png",)}


def download_name(content_type: str, file_name: str) -> str:
    """The client's name, which ends as its type does: a photo that is a page too, saved as `roof.html`, would be opened
    as one."""
    endings = _ENDINGS.get(content_type)
    if endings is None or file_name.lower().endswith(endings):
        return file_name
    return file_name + endings[0]


def content_disposition(file_name: str) -> str:
    """To be saved, by RFC 6266: the name in ASCII, and beside it in full as RFC 5987 encodes it."""
    plain = _NOT_IN_QUOTED_NAME.sub("_", file_name)
    if plain == file_name:
        return f'attachment; filename="{plain}"'
    # A lone surrogate, which JSON can carry, has no UTF-8 form.
    full = quote(file_name, safe=_ATTRIBUTE_CHARACTERS, errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}"
