"""Decoding pixels."""

from datetime import timedelta

from pydantic import Field, field_validator

from photodock.settings.fields import Duration, Group


class DecodeSettings(Group):
    """What decoding one photo's pixels may take, for whoever decodes some: the sample detector, and for renditions."""

    decode_max_pixels: int = Field(200_000_000, ge=1, description="Pixels above which a photo is not decoded.")
    decode_max_side: int = Field(65_500, ge=1, le=65_500, description="Likewise for its longer side.")
    decode_memory_bytes: int = Field(
        2_147_483_648, ge=268_435_456, description="Memory that decoding one photo may take, in bytes."
    )
    decode_cpu_time: Duration = Field(timedelta(seconds=30), description="CPU time that it may take.")
    decode_timeout: Duration = Field(timedelta(seconds=60), description="The longest it may take.")

    @field_validator("decode_cpu_time")
    @classmethod
    def _is_whole(cls, value: timedelta) -> timedelta:
        if value.microseconds:
            raise ValueError("must be whole seconds, such as 30s")
        return value
