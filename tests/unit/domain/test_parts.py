from hypothesis import given
from hypothesis import strategies as st

from photodock.domain.parts import LEAST_PART_SIZE, MAX_PARTS, MIB, Parts, part_size_for

LARGEST = 5 * 1024**3


@given(st.integers(1, LARGEST))
def test_parts_are_the_whole_file_and_of_sizes_and_a_number_that_s3_takes(file_size: int) -> None:
    parts = Parts(file_size, part_size_for(file_size))
    sizes = [parts.size_of(number) for number in range(1, parts.count + 1)]
    assert sum(sizes) == file_size
    assert set(sizes[:-1]) <= {parts.part_size}
    assert LEAST_PART_SIZE <= parts.part_size <= 5 * 1024**3
    assert 0 < sizes[-1] <= parts.part_size
    assert parts.count <= MAX_PARTS


def test_a_photo_has_parts_of_5_mib_and_the_largest_of_6() -> None:
    assert (part_size_for(50 * MIB), Parts(50 * MIB, 5 * MIB).count) == (5 * MIB, 10)
    assert part_size_for(LARGEST) == 6 * MIB
