"""Photos' metadata: bytes in, values out. No network and no database; each format is a module."""

from photodock.imaging.inspection import Inspection, inspect_bytes, inspect_file, inspect_head, inspection_steps
from photodock.imaging.reading import HEAD_BYTES, ByteRange

__all__ = ["HEAD_BYTES", "ByteRange", "Inspection", "inspect_bytes", "inspect_file", "inspect_head", "inspection_steps"]
