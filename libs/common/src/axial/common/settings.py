"""Infrastructure, from the environment: where the engines are and where to listen.

Behaviour is not set here but in the Orthanc-style file, see `configuration`.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import DirectoryPath, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

# Read before there are settings: it says where else they come from.
_SECRETS_VARIABLE = "AXIAL_SECRETS_DIR"


class ServiceSettings(BaseSettings):
    """What every service reads; a service adds its own fields in its `settings` module."""

    model_config = SettingsConfigDict(env_prefix="AXIAL_", frozen=True, extra="ignore")

    secrets_dir: DirectoryPath | None = Field(
        None,
        description="A folder of files that are named like variables, in lower case (`axial_database_url`); each holds"
        " the value of its variable, unless that is set.",
    )
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
    maximum_requests: int = Field(
        1000,
        gt=0,
        description="Requests of users in hand at once, per process; one more is answered 503.",
    )
    shutdown_seconds: float = Field(
        10.0, description="How long a stopping service finishes what it has in hand, in seconds."
    )
    log_format: Literal["json", "console"] = Field("json", description="How logs are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe level that is logged."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then the folder of secrets that it names, if any."""
        named = os.environ.get(_SECRETS_VARIABLE)
        # Of a folder that is not there, the field's own validation tells.
        if named is not None and Path(named).is_dir():
            file_secret_settings = SecretsSettingsSource(settings_cls, named)
        return (init_settings, env_settings, dotenv_settings, file_secret_settings)


class SchemaSettings(ServiceSettings):
    """What a service reads besides that has a schema of its own in the database."""

    migrate_at_start: bool = Field(
        True,
        description="Whether this service brings its schemas up to date when it starts; otherwise it waits until"
        " `python -m axial.<service> migrate` has done so.",
    )
