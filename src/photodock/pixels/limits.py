"""How much one photo may ask of its decoder."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    max_pixels: int = 200_000_000
    """Phones make photos of as many; decoded, they take 0.8 GB."""
    max_side: int = 65_500
    """Pixels of a side: libjpeg's own bound."""
    memory_bytes: int = 2_147_483_648
    """Address space of the decoder's process: 200 megapixels twice over, as a change of mode needs, and its program."""
    cpu_seconds: int = 30
    seconds: float = 60.0
    """From the process's start to its end."""
