"""What may be set in the environment of the changefeed service."""

from pydantic import Field

from axial.common.settings import ServiceSettings


class ChangefeedSettings(ServiceSettings):
    """The shared infrastructure, and the limits of this service's own work."""

    listen_port: int = Field(8103, description="Port this service listens on.")
    projection_wait_seconds: float = Field(
        10.0,
        gt=0,
        description="How long a read waits for the projection to reach the log's end, in seconds; then 503.",
    )
    database_connections: int = Field(
        8, ge=1, description="Connections to Postgres for reading feeds, per process."
    )
    metadata_cache_bytes: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="Memory for encoded DICOM JSON, in bytes; about 10,000 instances by default.",
    )
