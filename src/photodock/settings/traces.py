"""Traces."""

from pydantic import Field

from photodock.settings.fields import Address, Group


class TraceSettings(Group):
    """Where traces go, for whoever has something to tell: the service, and the sample detector."""

    otlp_endpoint: Address = Field(
        None, description="Where traces are sent by OTLP over HTTP, such as `http://localhost:4318`; empty: no traces."
    )
    trace_ratio: float = Field(
        1.0, ge=0, le=1, allow_inf_nan=False, description="The share of photos, and of other requests, that is traced."
    )
