"""What may be set for the gateway, from the environment."""

from pydantic import Field

from axial.common.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """The settings of the gateway."""

    listen_port: int = Field(
        8104, description="Port this service listens on, for health and metrics."
    )
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
    router_url: str = Field(
        "http://127.0.0.1:8105",
        pattern="^https?://[^ ]+( https?://[^ ]+)*$",
        description="The replicas of the router, separated by spaces.",
    )
    dicom_host: str = Field("127.0.0.1", description="Address on which DICOM is spoken.")
    maximum_associations: int = Field(
        256, ge=1, description="Associations at once, per process; one more is refused for now."
    )
