"""What may be set in the environment of the changefeed service."""

from pydantic import Field

from axial.common.settings import SchemaSettings


class ChangefeedSettings(SchemaSettings):
    """The shared infrastructure, and the limits of this service's own work."""

    listen_port: int = Field(8103, description="Port this service listens on.")
    maximum_requests: int = Field(
        2000,
        gt=0,
        description="Requests of users in hand at once, per process, event streams among them; one more is answered"
        " 503.",
    )
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
    page_cache_bytes: int = Field(
        128 * 1024 * 1024,
        ge=0,
        description="Memory for rendered pages of `/changes` and `/changefeed`, in bytes; 0 keeps none.",
    )
    live_heartbeat_seconds: float = Field(
        15.0,
        gt=0,
        description="How often an event stream on which nothing happens gives a sign of life, in seconds.",
    )
    live_slow_reader_seconds: float = Field(
        30.0,
        gt=0,
        description="An event stream is ended when its reader has taken nothing for so long, in seconds.",
    )
    live_maximum_streams: int = Field(
        1000, ge=0, description="Event streams open at once, per process; one more is answered 503."
    )
    feed_stream: str = Field(
        "FEED",
        description="Name of the JetStream stream that the whole history is published to; empty: to none.",
    )
    feed_prefix: str = Field("feed", description="First token of that stream's subjects.")
    feed_max_age_seconds: int = Field(
        0,
        ge=0,
        description="How long that stream keeps an entry, in seconds; 0 for ever. Numbers go on counting.",
    )
    maximum_consumers: int = Field(
        1000,
        ge=1,
        description="How many named consumers there may be: each is a label of several metrics.",
    )
    consumer_refresh_seconds: float = Field(
        5.0,
        gt=0,
        description="How often the figures of the named consumers are brought up to date, in seconds.",
    )
    service_host_name: str = Field(
        "localhost:8042",
        min_length=1,
        description="Where clients reach the archive, as webhooks tell it in Azure's events: host, and port if any.",
    )
    push_timeout_seconds: float = Field(
        10.0, gt=0, description="How long a webhook's endpoint is given to answer, in seconds."
    )
    push_retry_seconds: float = Field(
        1.0,
        gt=0,
        description="Longest pause after a webhook's first failure, in seconds; each further one doubles it.",
    )
    push_longest_retry_seconds: float = Field(
        300.0, gt=0, description="Longest pause between attempts at a webhook, in seconds."
    )
    push_dead_after_seconds: float = Field(
        86_400.0,
        gt=0,
        description="A webhook whose every attempt has failed for so long is paused, in seconds.",
    )
