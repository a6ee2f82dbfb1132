"""photodock: photo intake by presigned upload, with checks, metadata and a detection queue."""

from photodock._version import __version__

__all__ = ["__version__"]
