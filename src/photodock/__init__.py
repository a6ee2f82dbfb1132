"""photodock: photo intake by presigned upload, with checks, metadata and a detection queue."""

__version__ = "0.1.0"
