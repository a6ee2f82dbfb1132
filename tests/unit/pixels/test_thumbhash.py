"""ThumbHash against what its author's own encoder (JavaScript, version 0.1.1) makes of the same pixels."""

import pytest

from photodock.pixels.thumbhash import thumbhash


def texture(width: int, height: int, seed: int, *, alpha: bool = False) -> bytes:
    """Without any symmetry: a term of exactly nothing lies between two of the hash's steps."""

    def channel(x: int, y: int, number: int) -> int:
        if number == 3:
            return (x * x * seed + y * y * 5 + x * y) % 256 if alpha else 255
        return (x * x * seed + y * y * (seed + 3) + x * y * 7 + number * (50 + x)) % 256

    return bytes(channel(x, y, number) for y in range(height) for x in range(width) for number in range(4))


@pytest.mark.parametrize(
    ("width", "height", "pixels", "expected"),
    [
        (32, 24, texture(32, 24, 11), "dfe7010d84e7407345493a4179a166876748606808"),
        (24, 32, texture(24, 32, 13), "20f8011502e0424599563567ae3ee359507429706a"),
        (32, 32, texture(32, 32, 3), "dff7010f0099692b79505655348595c22545344016b68a00"),
        (32, 5, texture(32, 5, 29), "1fe801198803757644763584707608b8a7"),
        (32, 24, texture(32, 24, 31, alpha=True), "dff7810c8207a58557f689d339c5f62a590f8654517036230f"),
        (13, 29, texture(13, 29, 9, alpha=True), "20f881020207397879f955eb3b20f7d930257490365466"),
        (20, 31, texture(20, 31, 17), "1ff8010d02a7504255b927896b846a440a99336041"),
        (1, 1, texture(1, 1, 1), "8c95199f1808f708888788708f7088f80888707ff8f7870f"),
        (8, 8, bytes(256), "00088205000000000000000000000000000000000000000000"),
    ],
)
def test_it_is_the_hash_of_the_authors_encoder(width: int, height: int, pixels: bytes, expected: str) -> None:
    assert thumbhash(width, height, pixels).hex() == expected


@pytest.mark.parametrize("size", [(1, 1), (1, 32), (32, 1), (3, 2), (31, 17)])
@pytest.mark.parametrize("alpha", [False, True])
def test_pictures_of_every_form_have_one(size: tuple[int, int], alpha: bool) -> None:
    assert 5 <= len(thumbhash(*size, texture(*size, 5, alpha=alpha))) <= 40


def test_what_is_transparent_altogether_has_one() -> None:
    assert len(thumbhash(4, 4, bytes(64))) > 5
