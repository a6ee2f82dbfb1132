"""The rules of every EXIF field. Each test's block is read in both byte orders."""

from typing import Any

import pytest

from photodock.imaging import inspect_bytes
from support.image_builder import (
    ASCII,
    BYTE,
    DOUBLE,
    FLOAT,
    IFD,
    LONG,
    RATIONAL,
    SHORT,
    SLONG,
    SRATIONAL,
    UNDEFINED,
    UTF8,
    Entry,
    Exif,
    app1,
    jpeg,
    numbers,
    text,
)

MAKE, MODEL, ORIENTATION = 0x010F, 0x0110, 0x0112
EXPOSURE_TIME, F_NUMBER, ISO, FLASH, FOCAL_LENGTH, LENS_MODEL = 0x829A, 0x829D, 0x8827, 0x9209, 0x920A, 0xA434
ORIGINAL, DIGITIZED, OFFSET, OFFSET_ORIGINAL = 0x9003, 0x9004, 0x9010, 0x9011
SUB_ORIGINAL, SUB_DIGITIZED = 0x9291, 0x9292
LAT_REF, LAT, LON_REF, LON, ALT_REF, ALT, TIME, DIRECTION, DATE = 1, 2, 3, 4, 5, 6, 7, 0x11, 0x1D


def read(**directories: Any) -> Any:
    """The facts that both byte orders give; an empty object when there are none."""
    little, big = (inspect_bytes(jpeg(app1(Exif(**directories, order=order).tiff()))).exif_data for order in "<>")
    assert little == big
    return little or {}


def gps(*entries: Entry) -> Any:
    return read(gps=list(entries)).get("gps_coordinates", {})


PLACE = (
    text(LAT_REF, "S"),
    numbers(LAT, RATIONAL, 33, 1, 51, 1, 2481, 100),
    text(LON_REF, "E"),
    numbers(LON, RATIONAL, 151, 1, 12, 1, 3999, 100),
)


def test_a_camera_file_gives_every_fact_under_its_name() -> None:
    found = read(
        image=[text(MAKE, "Apple"), text(MODEL, "iPhone 13 mini"), numbers(ORIENTATION, SHORT, 6)],
        exif=[
            numbers(EXPOSURE_TIME, RATIONAL, 1, 1000),
            numbers(F_NUMBER, RATIONAL, 8, 5),
            numbers(ISO, SHORT, 50),
            text(ORIGINAL, "2025:11:17 10:30:00"),
            text(OFFSET_ORIGINAL, "+01:00"),
            numbers(FLASH, SHORT, 16),
            numbers(FOCAL_LENGTH, RATIONAL, 51, 10),
            text(SUB_ORIGINAL, "250"),
            text(LENS_MODEL, "back dual wide camera 5.1mm f/1.6"),
        ],
        gps=[
            *PLACE,
            numbers(ALT_REF, BYTE, 0),
            numbers(ALT, RATIONAL, 4759, 100),
            numbers(TIME, RATIONAL, 9, 1, 29, 1, 5850, 100),
            numbers(DIRECTION, RATIONAL, 2025, 10),
            text(DATE, "2025:11:17"),
        ],
    )
    assert found == {
        "camera_make": "Apple",
        "camera_model": "iPhone 13 mini",
        "orientation": 6,
        "lens_model": "back dual wide camera 5.1mm f/1.6",
        "captured_at": "2025-11-17T10:30:00.25",
        "captured_at_offset": "+01:00",
        "iso": 50,
        "f_number": 1.6,
        "exposure_time_s": 0.001,
        "focal_length_mm": 5.1,
        "flash": 16,
        "gps_coordinates": {
            "latitude": -33.8568917,
            "longitude": 151.2111083,
            "altitude_m": 47.59,
            "direction_deg": 202.5,
            "timestamp": "2025-11-17T09:29:58Z",
        },
    }


def test_a_block_without_a_fact_is_the_same_as_no_block() -> None:
    tiff = Exif(image=[text(0x0131, "some software")]).tiff()
    assert inspect_bytes(jpeg(app1(tiff))).exif_data is None
    assert inspect_bytes(jpeg(app1(tiff))).error is None


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"  NIKON CORPORATION \0", "NIKON CORPORATION"),
        (b"Trust.\0\0\0rest", "Trust."),
        (b"no terminator", "no terminator"),
        (b"tab\there\x07\x7f\0", "tabhere"),
        ("Société 写真 📷".encode(), "Société 写真 📷"),
        (b"Caf\xe9 \xe2\x82", "Caf? ??"),
        (b"\xed\xa0\x80\0", "???"),
        ("\u0085x".encode(), "x"),
        (b"     \0", None),
        (b"\0abc", None),
        (b"\x01\x02", None),
        (b"", None),
    ],
)
def test_text_is_cut_at_nul_and_cleaned(written: bytes, found: str | None) -> None:
    assert read(image=[Entry(MAKE, ASCII, written)]).get("camera_make") == found


@pytest.mark.parametrize("kind", [ASCII, BYTE, UNDEFINED, UTF8])
def test_text_is_read_whatever_type_of_bytes_it_has(kind: int) -> None:
    assert read(image=[Entry(MODEL, kind, b"FC220\0")]) == {"camera_model": "FC220"}


def test_a_number_where_text_belongs_is_no_text() -> None:
    assert read(image=[numbers(MAKE, SHORT, 65, 66, 67)]) == {}


def test_text_ends_after_1_kib_without_half_a_character() -> None:
    assert read(image=[text(MAKE, "x" * 5000)])["camera_make"] == "x" * 1024
    assert read(image=[text(MAKE, "é" * 5000)])["camera_make"] == "é" * 512
    assert read(image=[text(MAKE, "x" + "é" * 5000)])["camera_make"] == "x" + "é" * 511
    assert read(image=[text(MAKE, b"\x80" * 5000)])["camera_make"] == "?" * 1024


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (numbers(ORIENTATION, SHORT, 1), 1),
        (numbers(ORIENTATION, SHORT, 8), 8),
        (numbers(ORIENTATION, SHORT, 0), None),
        (numbers(ORIENTATION, SHORT, 9), None),
        (numbers(ORIENTATION, SHORT), None),
        (numbers(ORIENTATION, LONG, 3), 3),
        (numbers(ORIENTATION, BYTE, 3), 3),
        (numbers(ORIENTATION, SLONG, -3), None),
        (numbers(ORIENTATION, RATIONAL, 6, 1), 6),
        (Entry(ORIENTATION, UNDEFINED, b"\x06"), 6),
        (Entry(ORIENTATION, UNDEFINED, b"\x06\x00"), None),
        (text(ORIENTATION, "6"), 6),
        (text(ORIENTATION, "top"), None),
    ],
)
def test_orientation_is_1_to_8_of_any_type(entry: Entry, found: int | None) -> None:
    assert read(image=[entry]).get("orientation") == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2018:06:26 17:46:33", "2018-06-26T17:46:33"),
        ("2018-06-26 17:46:33", "2018-06-26T17:46:33"),
        ("2018/06/26 17:46:33", "2018-06-26T17:46:33"),
        ("2018.06.26 17:46:33", "2018-06-26T17:46:33"),
        ("2018-06-26T17:46:33", "2018-06-26T17:46:33"),
        ("  2018:06:26  17:46:33  ", "2018-06-26T17:46:33"),
        ("2018: 6: 6  7:46: 3", "2018-06-06T07:46:03"),
        ("2018:06:26 17:46:33.847", "2018-06-26T17:46:33"),
        ("2018-06-26T17:46:33+02:00", "2018-06-26T17:46:33"),
        ("2018-06-26T17:46:33Z", "2018-06-26T17:46:33"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2018:02:30 17:46:33", None),
        ("2018:13:01 17:46:33", None),
        ("2018:06:26 24:00:00", None),
        ("2018:06:26 17:60:00", None),
        ("2018:06:26 05:46:33 PM", None),
        ("2018:06:26 17:46:333", None),
        ("2018:06:26", None),
        ("26.06.2018 17:46:33", None),
        ("٢٠١٨:06:26 17:46:33", None),
        ("", None),
    ],
)
def test_capture_time_is_the_calendar_moment_as_written(written: str, found: str | None) -> None:
    assert read(exif=[text(ORIGINAL, written)]).get("captured_at") == found


def test_the_digitized_time_stands_in_for_a_missing_or_blank_original() -> None:
    digitized = [text(DIGITIZED, "2011:07:15 11:14:39"), text(SUB_DIGITIZED, "5"), text(SUB_ORIGINAL, "9")]
    assert read(exif=digitized) == {"captured_at": "2011-07-15T11:14:39.5"}
    assert read(exif=[text(ORIGINAL, "0000:00:00 00:00:00"), *digitized]) == {"captured_at": "2011-07-15T11:14:39.5"}
    original = text(ORIGINAL, "2010:01:02 03:04:05")
    assert read(exif=[original, *digitized]) == {"captured_at": "2010-01-02T03:04:05.9"}


def test_the_time_of_change_is_never_the_capture_time() -> None:
    assert read(image=[text(0x0132, "2018:06:26 17:46:33")]) == {}


@pytest.mark.parametrize(
    ("written", "suffix"),
    [("25", ".25"), ("250", ".25"), ("005", ".005"), ("000", ""), ("72  ", ".72"), ("   ", ""), ("", ""), ("ab", "")],
)
def test_sub_seconds_lose_trailing_zeros(written: str, suffix: str) -> None:
    found = read(exif=[text(ORIGINAL, "2018:06:26 17:46:33"), text(SUB_ORIGINAL, written)])
    assert found["captured_at"] == "2018-06-26T17:46:33" + suffix


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("+02:00", "+02:00"),
        ("-07:00", "-07:00"),
        ("+0530", "+05:30"),
        ("Z", "+00:00"),
        ("   :  ", None),
        ("02:00", None),
        ("+99:00", None),
        ("+02:75", None),
        ("+16:00", None),
        ("+0٢:00", None),
        ("+02:00 summer", None),
        ("", None),
    ],
)
def test_an_offset_is_hours_and_minutes(written: str, found: str | None) -> None:
    assert read(exif=[text(OFFSET_ORIGINAL, written)]).get("captured_at_offset") == found


@pytest.mark.parametrize("ending", [b"", b" ", b"\0", b"\0behind", b"\xff\0"])
def test_a_time_is_the_same_however_its_texts_end(ending: bytes) -> None:
    """Those that end with one NUL are read in a way of their own."""
    exif = [
        Entry(ORIGINAL, ASCII, b"2018:06:26 17:46:33" + ending),
        Entry(SUB_ORIGINAL, ASCII, b"250" + ending),
    ]
    date = Entry(DATE, ASCII, b"2018:06:26" + ending)
    found = read(exif=exif, gps=[date, numbers(TIME, RATIONAL, 15, 1, 46, 1, 33, 1)])
    assert found == {"captured_at": "2018-06-26T17:46:33.25", "gps_coordinates": {"timestamp": "2018-06-26T15:46:33Z"}}


@pytest.mark.parametrize("ending", [b"", b" ", b"\0", b"\0behind"])
def test_an_offset_is_the_same_however_its_text_ends(ending: bytes) -> None:
    assert read(exif=[Entry(OFFSET_ORIGINAL, ASCII, b"+02:00" + ending)]) == {"captured_at_offset": "+02:00"}


def test_a_text_that_its_count_cuts_off_is_not_read_on() -> None:
    exif = [
        Entry(ORIGINAL, ASCII, b"2018:06:26 17:46:33\0", count=18),
        Entry(SUB_ORIGINAL, ASCII, b"250\0", count=1),
        Entry(OFFSET_ORIGINAL, ASCII, b"+02:00\0", count=5),
    ]
    assert read(exif=exif) == {"captured_at": "2018-06-26T17:46:03.2"}


def test_the_offset_of_the_original_comes_before_the_general_one() -> None:
    assert read(exif=[text(OFFSET, "+01:00")]) == {"captured_at_offset": "+01:00"}
    assert read(exif=[text(OFFSET, "+01:00"), text(OFFSET_ORIGINAL, "+02:00")]) == {"captured_at_offset": "+02:00"}
    assert read(exif=[text(OFFSET, "+01:00"), text(OFFSET_ORIGINAL, "   ")]) == {"captured_at_offset": "+01:00"}


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (numbers(ISO, SHORT, 200), 200),
        (numbers(ISO, SHORT, 200, 0), 200),
        (numbers(ISO, LONG, 102400), 102400),
        (text(ISO, " 400 "), 400),
        (text(ISO, "ISO 400"), None),
        (numbers(ISO, SLONG, -1), None),
        (numbers(ISO, DOUBLE, float("nan")), None),
        (numbers(ISO, DOUBLE, 1e300), None),
    ],
)
def test_iso_is_the_first_number(entry: Entry, found: int | None) -> None:
    assert read(exif=[entry]).get("iso") == found


@pytest.mark.parametrize(
    ("tag", "name"), [(F_NUMBER, "f_number"), (EXPOSURE_TIME, "exposure_time_s"), (FOCAL_LENGTH, "focal_length_mm")]
)
@pytest.mark.parametrize(
    ("kind", "values", "found"),
    [
        (RATIONAL, (28, 10), 2.8),
        (RATIONAL, (28, 0), None),
        (RATIONAL, (0, 0), None),
        (RATIONAL, (0, 10), None),
        (RATIONAL, (28, 10, 1, 0), 2.8),
        (SRATIONAL, (28, 10), 2.8),
        (SRATIONAL, (-28, 10), None),
        (SHORT, (4,), 4.0),
        (FLOAT, (2.5,), 2.5),
        (FLOAT, (float("inf"),), None),
        (DOUBLE, (float("nan"),), None),
    ],
)
def test_an_exposure_value_is_finite_and_above_zero(
    tag: int, name: str, kind: int, values: tuple[float, ...], found: float | None
) -> None:
    assert read(exif=[numbers(tag, kind, *values)]).get(name) == found


def test_an_exposure_value_may_be_written_as_text() -> None:
    assert read(exif=[text(F_NUMBER, "2.8"), text(EXPOSURE_TIME, "1/200")]) == {"f_number": 2.8}


def test_flash_is_the_integer_even_when_it_did_not_fire() -> None:
    assert read(exif=[numbers(FLASH, SHORT, 0)]) == {"flash": 0}


@pytest.mark.parametrize(
    ("reference", "sign"), [(b"N", 1), (b"S", -1), (b"s", -1), (b" S", -1), (b"North", 1), (b"E", 0), (b"", 0)]
)
def test_a_latitude_takes_its_sign_from_its_reference(reference: bytes, sign: int) -> None:
    found = gps(text(LAT_REF, reference), numbers(LAT, RATIONAL, 10, 1, 30, 1, 0, 1))
    assert found == ({"latitude": 10.5 * sign} if sign else {})


@pytest.mark.parametrize(("reference", "sign"), [("E", 1), ("W", -1), ("N", 0)])
def test_a_longitude_takes_its_sign_from_its_reference(reference: str, sign: int) -> None:
    found = gps(text(LON_REF, reference), numbers(LON, RATIONAL, 100, 1, 30, 1, 0, 1))
    assert found == ({"longitude": 100.5 * sign} if sign else {})


def test_a_coordinate_without_a_reference_is_no_coordinate() -> None:
    assert gps(numbers(LAT, RATIONAL, 10, 1, 30, 1, 0, 1), numbers(LON, RATIONAL, 10, 1, 30, 1, 0, 1)) == {}


@pytest.mark.parametrize(
    ("kind", "parts", "found"),
    [
        (RATIONAL, (52, 1, 30, 1, 36, 1), 52.51),
        (RATIONAL, (52, 1, 306, 10, 0, 1), 52.51),
        (RATIONAL, (5251, 100, 0, 1, 0, 1), 52.51),
        (RATIONAL, (52, 1, 306, 10), 52.51),
        (RATIONAL, (5251, 100), 52.51),
        (SRATIONAL, (-52, 1, -30, 1, -36, 1), 52.51),
        (LONG, (52, 30, 36), 52.51),
        (DOUBLE, (52.51,), 52.51),
        (RATIONAL, (90, 1, 0, 1, 0, 1), 90.0),
        (RATIONAL, (0, 1, 0, 1, 0, 1), 0.0),
        (RATIONAL, (90, 1, 0, 1, 1, 1), None),
        (RATIONAL, (52, 1, 30, 1, 36, 0), None),
        (RATIONAL, (0, 0, 0, 0, 0, 0), None),
        (FLOAT, (float("nan"),), None),
        (RATIONAL, (), None),
    ],
)
def test_a_latitude_is_degrees_minutes_and_seconds_within_90(
    kind: int, parts: tuple[float, ...], found: float | None
) -> None:
    assert gps(text(LAT_REF, "N"), numbers(LAT, kind, *parts)).get("latitude") == found


def test_a_longitude_goes_to_180() -> None:
    assert gps(text(LON_REF, "W"), numbers(LON, RATIONAL, 180, 1))["longitude"] == -180.0
    assert gps(text(LON_REF, "W"), numbers(LON, RATIONAL, 181, 1)) == {}


def test_a_coordinate_written_as_text_is_not_guessed_at() -> None:
    assert gps(text(LAT_REF, "N"), text(LAT, "52,00000,50,00000,34,01180")) == {}


def test_zero_is_never_minus_zero() -> None:
    found = gps(
        text(LAT_REF, "S"), numbers(LAT, RATIONAL, 0, 1), numbers(ALT_REF, BYTE, 1), numbers(ALT, RATIONAL, 0, 1)
    )
    assert str(found) == "{'latitude': 0.0, 'altitude_m': 0.0}"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ((numbers(ALT, RATIONAL, 25, 2),), 12.5),
        ((numbers(ALT_REF, BYTE, 0), numbers(ALT, RATIONAL, 25, 2)), 12.5),
        ((numbers(ALT_REF, BYTE, 1), numbers(ALT, RATIONAL, 25, 2)), -12.5),
        ((Entry(ALT_REF, UNDEFINED, b"\x01"), numbers(ALT, RATIONAL, 25, 2)), -12.5),
        ((numbers(ALT, SRATIONAL, -25, 2),), -12.5),
        ((numbers(ALT, RATIONAL, 25, 0),), None),
        ((numbers(ALT_REF, BYTE, 1),), None),
    ],
)
def test_altitude_is_below_the_sea_when_its_reference_is_1(entries: tuple[Entry, ...], found: float | None) -> None:
    assert gps(*entries).get("altitude_m") == found


def test_direction_needs_a_denominator() -> None:
    assert gps(numbers(DIRECTION, RATIONAL, 2970, 10)) == {"direction_deg": 297.0}
    assert gps(numbers(DIRECTION, RATIONAL, 2970, 0)) == {}


@pytest.mark.parametrize("entry", [numbers(DIRECTION, FLOAT, -0.0), numbers(DIRECTION, SRATIONAL, 0, -7)])
def test_zero_has_no_sign(entry: Entry) -> None:
    assert str(gps(entry)) == "{'direction_deg': 0.0}"


NOON = numbers(TIME, RATIONAL, 12, 1, 34, 1, 5699, 100)


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ((NOON, text(DATE, "2018:07:25")), "2018-07-25T12:34:56Z"),
        ((NOON, text(DATE, "2018-07-25")), "2018-07-25T12:34:56Z"),
        ((NOON, text(DATE, "20180725")), "2018-07-25T12:34:56Z"),
        ((NOON, text(DATE, b"2018\x0007\x0025")), "2018-07-25T12:34:56Z"),
        ((numbers(TIME, SHORT, 12, 34, 56), text(DATE, "2018:07:25")), "2018-07-25T12:34:56Z"),
        ((numbers(TIME, RATIONAL, 12, 1), text(DATE, "2018:07:25")), "2018-07-25T12:00:00Z"),
        ((numbers(TIME, RATIONAL, 12, 1, 59, 1, 60, 1), text(DATE, "2018:07:25")), "2018-07-25T13:00:00Z"),
        ((NOON,), None),
        ((text(DATE, "2018:07:25"),), None),
        ((NOON, text(DATE, "")), None),
        ((NOON, text(DATE, "2018:02:30")), None),
        ((NOON, text(DATE, "0000:00:00")), None),
        ((numbers(TIME, RATIONAL, 24, 1, 0, 1, 0, 1), text(DATE, "2018:07:25")), None),
        ((numbers(TIME, SRATIONAL, -1, 1, 0, 1, 0, 1), text(DATE, "2018:07:25")), None),
        ((numbers(TIME, RATIONAL, 12, 1, 34, 0, 0, 1), text(DATE, "2018:07:25")), None),
        ((numbers(TIME, DOUBLE, 1e306, 0, 0), text(DATE, "2018:07:25")), None),
    ],
)
def test_a_gps_time_needs_date_and_time(entries: tuple[Entry, ...], found: str | None) -> None:
    assert gps(*entries).get("timestamp") == found


def test_a_gps_directory_may_hang_on_the_exif_directory() -> None:
    assert "latitude" in read(gps=list(PLACE), gps_within_exif=True)["gps_coordinates"]


@pytest.mark.parametrize("kind", [LONG, SHORT, IFD])
def test_a_pointer_may_have_any_integer_type(kind: int) -> None:
    found = read(exif=[numbers(ISO, SHORT, 100)], gps=list(PLACE), pointer_kind=kind)
    assert found["iso"] == 100
    assert "longitude" in found["gps_coordinates"]


def test_a_tag_in_a_directory_that_is_not_its_own_is_not_read() -> None:
    assert read(image=[numbers(ISO, SHORT, 100)], exif=[text(MAKE, "x"), numbers(ORIENTATION, SHORT, 6)]) == {}


def test_the_last_of_two_blocks_holds_but_the_first_orientation() -> None:
    first = Exif(image=[text(MAKE, "first"), text(MODEL, "kept"), numbers(ORIENTATION, SHORT, 6)]).tiff()
    second = Exif(image=[text(MAKE, "second"), numbers(ORIENTATION, SHORT, 1)]).tiff()
    found = inspect_bytes(jpeg(app1(first), app1(second))).exif_data
    assert found == {"camera_make": "second", "camera_model": "kept", "orientation": 6}
