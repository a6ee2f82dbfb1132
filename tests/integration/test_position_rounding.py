"""What `round` makes of a position: computed by the database, held against the globe."""

import random
from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest

from photodock.db.pool import Database

EARTH_KM = 6371.0
NEAR_KM = 1.2
"""No position moves further than this: half a cell's diagonal, and more where the last cells meet at the poles."""
Position = tuple[float, float]

EDGES: list[Position] = [
    *((latitude, longitude) for latitude in (90, -90) for longitude in (0, 13.37, 180, -180, -77.5)),
    *(
        (latitude, longitude)
        for latitude in (0, 52.5, -45, 89.9, -89.99)
        for longitude in (180, -180, 179.9999, -179.9999)
    ),
    *((latitude, 0.0) for latitude in (89.994, 89.995, 89.996, 89.98, -89.997, 0.004, -0.004, 0.005)),
    *((0.0, longitude) for longitude in (0.0049, 0.0051, -0.0049, -0.0051)),
]


def anywhere(count: int) -> list[Position]:
    """The same positions in every run: a third all over the globe, a third near a pole, a third at the date line."""
    chance = random.Random(4)  # noqa: S311 - the same in every run
    all_over = [(chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(count // 3)]
    polar = [
        (chance.choice((1, -1)) * (90 - chance.random() ** 3), chance.uniform(-180, 180)) for _ in range(count // 3)
    ]
    dated = [
        (chance.uniform(-89, 89), chance.choice((1, -1)) * (180 - chance.random() / 50)) for _ in range(count // 3)
    ]
    return [(round(latitude, 7), round(longitude, 7)) for latitude, longitude in (*all_over, *polar, *dated)]


async def rounded(db: Database, positions: list[Position]) -> list[Position]:
    written = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in positions]
    rows = await db.fetch(
        "SELECT position_rounded(value) AS found FROM jsonb_array_elements($1) WITH ORDINALITY ORDER BY ordinality",
        written,
    )
    assert all(set(row["found"]) == {"latitude", "longitude"} for row in rows)
    return [(row["found"]["latitude"], row["found"]["longitude"]) for row in rows]


def kilometres(one: Position, other: Position) -> float:
    """Along the surface of the globe (the haversine formula)."""
    (phi, lam), (psi, mu) = ((radians(latitude), radians(longitude)) for latitude, longitude in (one, other))
    half = sin((phi - psi) / 2) ** 2 + cos(phi) * cos(psi) * sin((lam - mu) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


async def test_no_position_moves_further_than_about_a_kilometre_wherever_it_is(db: Database) -> None:
    positions = EDGES + anywhere(9_000)
    for position, found in zip(positions, await rounded(db, positions), strict=True):
        assert kilometres(position, found) < NEAR_KM, (position, found)
        assert -90 <= found[0] <= 90, position
        assert -180 < found[1] <= 180, position


async def test_rounding_twice_changes_nothing(db: Database) -> None:
    """So that a policy may be applied again, and to what clients have rounded themselves."""
    once = await rounded(db, EDGES + anywhere(9_000))
    assert await rounded(db, once) == once


async def test_two_rounded_positions_are_one_or_a_kilometre_apart(db: Database) -> None:
    """There is nothing between them that could tell more: all positions of a cell become one."""
    chance = random.Random(5)  # noqa: S311
    positions = EDGES + anywhere(6_000)
    beside = [
        (max(-90.0, min(90.0, latitude + chance.uniform(-0.03, 0.03))), (longitude + chance.uniform(-1, 1) * 0.02))
        for latitude, longitude in positions
    ]
    beside = [(latitude, (longitude + 180) % 360 - 180) for latitude, longitude in beside]
    pairs = zip(await rounded(db, positions), await rounded(db, beside), strict=True)
    distances = [kilometres(one, other) for one, other in pairs if one != other]
    assert len(distances) > 1_000
    assert min(distances) > 0.9


@pytest.mark.parametrize("latitude", [0, 37.77, 52.5163, -33.8569, 69.65, 89.99, -89.995])
async def test_both_sides_of_the_date_line_are_rounded_to_one_place_or_to_its_neighbour(
    db: Database, latitude: float
) -> None:
    """180 and -180 degrees are the same meridian: one metre over the line must not lead round the globe."""
    east, west, line, same_line = await rounded(
        db, [(latitude, 179.99999), (latitude, -179.99999), (latitude, 180), (latitude, -180)]
    )
    assert kilometres(east, west) < 2 * NEAR_KM
    assert kilometres(line, same_line) < 2 * NEAR_KM


async def test_at_a_pole_every_longitude_is_the_same_place(db: Database) -> None:
    at_the_pole = await rounded(db, [(90, longitude) for longitude in (-180, -90, 0, 13.37, 179)])
    assert set(at_the_pole) == {(90, 0)}


@pytest.mark.parametrize(
    "position",
    [
        {},
        {"latitude": 52.5163},
        {"longitude": 13.3777},
        {"latitude": "52.5163", "longitude": 13.3777},
        {"latitude": None, "longitude": 13.3777},
        {"latitude": [52], "longitude": {"a": 1}},
    ],
    ids=str,
)
async def test_of_half_a_position_nothing_stays(db: Database, position: dict[str, Any]) -> None:
    row = await db.fetchrow("SELECT position_rounded($1) AS found", position)
    assert row is not None
    assert row["found"] == {}


WHOLE = {"latitude": 52.5163, "longitude": 13.3651, "altitude_m": 47.59, "direction_deg": 297.9}
CASES = [
    (
        "client_metadata_under",
        "keep",
        {"captured_at": "x", "accuracy_m": 8, **WHOLE},
        {"captured_at": "x", "accuracy_m": 8, **WHOLE},
    ),
    (
        "client_metadata_under",
        "round",
        {"captured_at": "x", "accuracy_m": 8, **WHOLE},
        {"captured_at": "x", "latitude": 52.52, "longitude": 13.3613},
    ),
    ("client_metadata_under", "drop", {"captured_at": "x", "accuracy_m": 8, **WHOLE}, {"captured_at": "x"}),
    ("client_metadata_under", "round", {"direction_deg": 297.9}, None),
    ("client_metadata_under", "drop", WHOLE, None),
    ("client_metadata_under", "drop", {"field_of_the_future": 1}, None),
    ("client_metadata_under", "round", {}, None),
    ("exif_data_under", "keep", {"iso": 100, "gps_coordinates": WHOLE}, {"iso": 100, "gps_coordinates": WHOLE}),
    (
        "exif_data_under",
        "round",
        {"iso": 100, "gps_coordinates": {"timestamp": "t", **WHOLE}},
        {"iso": 100, "gps_coordinates": {"timestamp": "t", "latitude": 52.52, "longitude": 13.3613}},
    ),
    ("exif_data_under", "drop", {"iso": 100, "gps_coordinates": {"timestamp": "t", **WHOLE}}, {"iso": 100}),
    ("exif_data_under", "round", {"iso": 100, "gps_coordinates": {"altitude_m": 47.59}}, {"iso": 100}),
    ("exif_data_under", "round", {"gps_coordinates": {"altitude_m": 47.59}}, None),
    ("exif_data_under", "drop", {"gps_coordinates": WHOLE}, None),
    ("exif_data_under", "drop", {"iso": 100}, {"iso": 100}),
]


@pytest.mark.parametrize(("function", "policy", "data", "expected"), CASES)
async def test_what_stays_of_metadata_under_each_policy(
    db: Database, function: str, policy: str, data: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    row = await db.fetchrow(f"SELECT {function}($1, $2) AS found, {function}($1, NULL) AS nothing", policy, data)
    assert row is not None
    assert (row["found"], row["nothing"]) == (expected, None)
