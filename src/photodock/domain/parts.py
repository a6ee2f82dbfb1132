"""How a file is cut into the parts of a resumable upload."""

from dataclasses import dataclass

MIB = 1024 * 1024
LEAST_PART_SIZE = 5 * MIB
"""S3 takes no smaller ones, save the last; and the smaller they are, the less a broken connection costs."""
MAX_PARTS = 1_000
"""S3 takes ten times as many, and lists so many at once."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Numbered from 1. All have `part_size` bytes, the last one what is left."""

    file_size: int
    part_size: int

    @property
    def count(self) -> int:
        return -(-self.file_size // self.part_size)

    def size_of(self, number: int) -> int:
        return min(self.part_size, self.file_size - (number - 1) * self.part_size)


def part_size_for(file_size: int) -> int:
    """Whole MiB."""
    return max(LEAST_PART_SIZE, -(-file_size // (MAX_PARTS * MIB)) * MIB)
