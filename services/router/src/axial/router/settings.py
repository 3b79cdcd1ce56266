"""What may be set for the router, from the environment."""

from pathlib import Path

from pydantic import Field

from axial.common.settings import SchemaSettings


class RouterSettings(SchemaSettings):
    """The router's own settings."""

    listen_port: int = Field(8105, description="Port this service listens on.")
    ingest_urls: str = Field(
        "http://127.0.0.1:8101",
        pattern="^http://[^ ]+( http://[^ ]+)*$",
        description="The replicas of ingest, separated by spaces, which take turns.",
    )
    index_url: str = Field(
        "http://127.0.0.1:8102",
        pattern="^https?://[^ ]+( https?://[^ ]+)*$",
        description="The replicas of index, separated by spaces.",
    )
    changefeed_url: str = Field(
        "http://127.0.0.1:8103",
        pattern="^https?://[^ ]+( https?://[^ ]+)*$",
        description="The replicas of changefeed, separated by spaces.",
    )
    spool_dir: Path = Field(
        Path("/var/lib/axial/spool"),
        description="Where archives wait on disk until they are stored; not a memory file system.",
    )
    database_connections: int = Field(16, ge=4, description="Connections to Postgres, per process.")
    lease_seconds: float = Field(
        15.0,
        gt=0,
        description="A replica that has not been heard of for so long has died, and others take over its jobs and"
        " deliveries, in seconds.",
    )
    delivery_retry_seconds: float = Field(
        1.0,
        gt=0,
        description="Longest pause after the first failure of a delivery, or of its destination, in seconds; each"
        " further one doubles it.",
    )
    delivery_longest_retry_seconds: float = Field(
        300.0, gt=0, description="Longest pause between two attempts at a delivery, in seconds."
    )
    delivery_history_days: int = Field(
        30, ge=0, description="For how long deliveries that have ended are listed, in days."
    )
    delivery_refresh_seconds: float = Field(
        5.0,
        gt=0,
        description="How often the figures of deliveries are read, and what is late is given up or diverted, in"
        " seconds.",
    )
