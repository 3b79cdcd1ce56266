"""What may be set for the index service."""

from pydantic import Field, SecretStr

from axial.common.settings import ServiceSettings


class IndexSettings(ServiceSettings):
    """The index's own settings, from the environment."""

    listen_port: int = Field(8102, description="Port this service listens on.")
    edge_token: SecretStr = Field(
        SecretStr(""),
        description="What the edge says of itself to be told where blobs are, so that it sends them without this"
        " service; when empty, it is never told.",
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
    quiet_after_seconds: float = Field(
        60.0,
        gt=0,
        description="How long nothing must have happened until the log is told so, in seconds: how far the"
        " time up to which the feeds are complete may be behind the clock on an idle archive.",
    )
