"""What may be set for the index service."""

from pydantic import Field

from axial.common.settings import ServiceSettings


class IndexSettings(ServiceSettings):
    """The index's own settings, from the environment."""

    listen_port: int = Field(8102, description="Port this service listens on.")
