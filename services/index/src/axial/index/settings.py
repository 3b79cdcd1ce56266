"""What may be set for the index service."""

from pydantic import Field, SecretStr

from axial.common.settings import SchemaSettings

_DAY_SECONDS = 86_400


class IndexSettings(SchemaSettings):
    """The index's own settings, from the environment."""

    listen_port: int = Field(8102, description="Port this service listens on.")
    edge_token: SecretStr = Field(
        SecretStr(""),
        description="What the edge says of itself to be told where blobs are, so that it sends them without this"
        " service; when empty, it is never told.",
    )
    router_url: str = Field(
        "http://127.0.0.1:8105",
        pattern="^https?://[^ ]+( https?://[^ ]+)*$",
        description="The replicas of the router, separated by spaces; it makes the archives that nobody waits for.",
    )
    answers_at_once: int = Field(
        8,
        gt=0,
        description="How many answers that list resources are made at once, a thousand resources of each at a time;"
        " others wait for their turn, and after half a minute are answered 503.",
    )
    image_workers: int = Field(
        2, gt=0, description="How many processes decode images: as many frames are decoded at once."
    )
    image_seconds: float = Field(
        30.0, gt=0, description="How long decoding one frame may take, in seconds."
    )
    image_memory_bytes: int = Field(
        2 * 1024**3,
        ge=512 * 1024**2,
        description="The address space of one process that decodes images, in bytes: eight times the largest"
        " frame is enough.",
    )
    transcoding_workers: int = Field(
        2,
        gt=0,
        description="How many processes write instances in other transfer syntaxes, frame by frame; each within"
        " the time and the memory of those that decode images.",
    )
    scrub_days: float = Field(
        30.0,
        ge=0,
        description="In how many days every blob is read once and compared with what was stored; 0 for never.",
    )
    scrub_bytes_per_second: int = Field(
        16 * 1024**2,
        ge=64 * 1024,
        description="How many bytes a second are read for that at most, by all replicas together: more than that and"
        " it takes longer.",
    )
    quiet_after_seconds: float = Field(
        60.0,
        gt=0,
        description="How long nothing must have happened until the log is told so, in seconds: how far the"
        " time up to which the feeds are complete may be behind the clock on an idle archive.",
    )

    @property
    def scrub_seconds(self) -> float:
        """Tell how long one walk over all blobs should take; 0 for none."""
        return self.scrub_days * _DAY_SECONDS
