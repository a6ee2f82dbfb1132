"""What must be true of an inspection, whatever bytes it was of."""

import json
import re
from math import copysign

from photodock.imaging import Inspection

LONGEST_FACTS = 16_384
"""Characters of all facts as JSON: four texts of 1 KiB, each byte of them escaped, and a little more."""

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MOMENT = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{0,11}[1-9])?", re.ASCII)
_RANGES = {"latitude": (-90, 90), "longitude": (-180, 180), "orientation": (1, 8), "iso": (0, 2**32 - 1)}


def assert_sound(found: Inspection) -> None:
    """An answer that JSONB takes as it is, bounded, and that the last guard had no part in."""
    assert "failed" not in (found.error or "")
    assert found.error is None or found.error.isascii()
    for dimension in (found.width, found.height):
        assert dimension is None or 0 < dimension < 2**31
    if found.exif_data is None:
        return
    assert found.exif_data
    written = json.dumps(found.exif_data, allow_nan=False)
    assert len(written) <= LONGEST_FACTS
    coordinates = found.exif_data.get("gps_coordinates", {})
    assert isinstance(coordinates, dict)
    for name, value in {**found.exif_data, **coordinates}.items():
        if isinstance(value, str):
            assert value == value.strip() != "", name
            assert not _UNWANTED.search(value), name
        if isinstance(value, float):
            assert value or copysign(1, value) == 1, f"{name} is -0.0"
        if name in _RANGES:
            least, most = _RANGES[name]
            assert isinstance(value, int | float), name
            assert least <= value <= most, name
    captured_at = found.exif_data.get("captured_at")
    assert captured_at is None or _MOMENT.fullmatch(str(captured_at))
