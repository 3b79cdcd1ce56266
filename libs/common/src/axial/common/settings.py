"""Infrastructure, from the environment: where the engines are and where to listen.

Behaviour is not set here but in the Orthanc-style file, see `configuration`.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service reads; a service adds its own fields in its `settings` module."""

    model_config = SettingsConfigDict(env_prefix="AXIAL_", frozen=True, extra="ignore")

    nats_url: str = Field("nats://127.0.0.1:4222", description="The NATS server or cluster.")
    log_stream: str = Field("DICOM", description="Name of the JetStream stream that is the log.")
    log_prefix: str = Field("dicom", description="First token of the log's subjects.")
    log_replicas: int = Field(1, description="Replicas of the log's stream: 3 in a cluster.")
    database_url: str = Field(
        "postgresql://axial@127.0.0.1:5432/axial", description="The Postgres database."
    )
    blob_url: str = Field(
        "file:///var/lib/axial/blobs",
        description="Where blobs are: `file:///folder` or `s3://bucket?endpoint=…&region=…`.",
    )
    blob_access_key: SecretStr = Field(SecretStr(""), description="Access key of the S3 storage.")
    blob_secret_key: SecretStr = Field(SecretStr(""), description="Secret key of the S3 storage.")
    config_file: Path | None = Field(
        None, description="The Orthanc-style configuration file, JSON with comments."
    )
    listen_host: str = Field("127.0.0.1", description="Address this service listens on.")
    listen_port: int = Field(8000, description="Port this service listens on.")
    internal_token: SecretStr = Field(
        SecretStr(""), description="Bearer token by which services recognise one another."
    )
    shutdown_seconds: float = Field(
        10.0, description="How long a stopping service finishes what it has in hand, in seconds."
    )
    log_format: Literal["json", "console"] = Field("json", description="How logs are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe level that is logged."
    )
