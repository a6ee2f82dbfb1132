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
