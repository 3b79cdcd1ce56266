"""What may be set for the index service."""

from pydantic import Field

from axial.common.settings import ServiceSettings


class IndexSettings(ServiceSettings):
    """The index's own settings, from the environment."""

    listen_port: int = Field(8102, description="Port this service listens on.")
    quiet_after_seconds: float = Field(
        60.0,
        gt=0,
        description="How long nothing must have happened until the log is told so, in seconds: how far the"
        " time up to which the feeds are complete may be behind the clock on an idle archive.",
    )
