"""A photo's facts as people read them; `-` for what is not known."""

from photodock.domain.values import JsonObject


def camera(exif: JsonObject) -> str:
    make, model = _text(exif, "camera_make"), _text(exif, "camera_model")
    # Many makers repeat their name in the model: "Canon", "Canon EOS 80D".
    named = model if make and model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    return named or "-"


def captured_at(exif: JsonObject) -> str:
    return f"{_text(exif, 'captured_at')}{_text(exif, 'captured_at_offset')}".replace("T", " ") or "-"


def position(exif: JsonObject) -> str:
    gps = exif.get("gps_coordinates")
    if isinstance(gps, dict):
        latitude, longitude = gps.get("latitude"), gps.get("longitude")
        if isinstance(latitude, int | float) and isinstance(longitude, int | float):
            return f"{latitude:.5f}, {longitude:.5f}"
    return "-"


def _text(value: JsonObject, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def exposure(exif: JsonObject) -> str:
    """`1/250 s, f/2.8, ISO 100, 35 mm`, as far as it is known."""
    seconds, aperture = exif.get("exposure_time_s"), exif.get("f_number")
    iso, focal = exif.get("iso"), exif.get("focal_length_mm")
    parts = []
    if isinstance(seconds, int | float) and seconds > 0:
        parts.append(f"1/{round(1 / seconds)} s" if seconds < 0.5 else f"{seconds:g} s")
    if isinstance(aperture, int | float):
        parts.append(f"f/{aperture:g}")
    if isinstance(iso, int):
        parts.append(f"ISO {iso}")
    if isinstance(focal, int | float):
        parts.append(f"{focal:g} mm")
    return ", ".join(parts) or "-"
