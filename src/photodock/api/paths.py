"""Which words of an address are calls of their own, and no photo's id.

Without this `GET /photos/confirm` would be answered as a malformed id (422), though what is wrong is the method (405).
"""

from starlette.convertors import StringConvertor, register_url_convertor

CALLS = ("upload-url", "upload-urls", "confirm", "exists")


class PhotoConvertor(StringConvertor):
    regex = f"(?!(?:{'|'.join(CALLS)})(?:/|$))[^/]+"


register_url_convertor("photo", PhotoConvertor())

ONE_PHOTO = "/{photo_id:photo}"
