"""What may be set for the router, from the environment."""

from pydantic import Field

from axial.common.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    """The router's own settings."""

    listen_port: int = Field(8105, description="Port this service listens on.")
    ingest_urls: str = Field(
        "http://127.0.0.1:8101",
        pattern="^http://[^ ]+( http://[^ ]+)*$",
        description="The replicas of ingest, separated by spaces, which take turns.",
    )
    index_url: str = Field(
        "http://127.0.0.1:8102", pattern="^https?://", description="The index service."
    )
    changefeed_url: str = Field(
        "http://127.0.0.1:8103", pattern="^https?://", description="The changefeed service."
    )
    database_connections: int = Field(16, ge=4, description="Connections to Postgres, per process.")
    lease_seconds: float = Field(
        15.0,
        gt=0,
        description="A replica that has not been heard of for so long has died, and others take over its jobs and"
        " deliveries, in seconds.",
    )
