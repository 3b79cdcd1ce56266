"""What may be set for ingest, from the environment."""

from pathlib import Path

from pydantic import Field

from axial.common.settings import ServiceSettings

# A blob may be called an orphan only when no event can name it any more: the fold refuses events that are
# recorded half an hour after their blob. Twice that, because clocks of machines differ.
_LEAST_GRACE_SECONDS = 3600.0


class IngestSettings(ServiceSettings):
    """The settings of ingest."""

    listen_port: int = Field(8101, description="Port this service listens on.")
    index_url: str = Field(
        "http://127.0.0.1:8102",
        pattern="^https?://[^ ]+( https?://[^ ]+)*$",
        description="The replicas of index, separated by spaces, asked which blobs nobody knows.",
    )
    spool_dir: Path = Field(
        Path("/var/lib/axial/spool"),
        description="Where large bodies wait on disk until they are stored; not a memory file system.",
    )
    engine_folders: str = Field(
        "",
        description="Folders of this machine in which engines keep their data, separated by colons: on the disks of"
        " these, room is left (`AXIAL_RESERVED_BYTES`).",
    )
    reserved_bytes: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="What uploads leave free on each disk of `AXIAL_ENGINE_FOLDERS`, for deletions, which make room;"
        " other commands than uploads leave an eighth of it, for the engines.",
    )
    outcome_wait_seconds: float = Field(
        10.0,
        gt=0,
        le=20.0,
        description="How long a request waits for the index before it is answered 202, in seconds.",
    )
    sweep_interval_seconds: float = Field(
        900.0, gt=0, description="Pause between two searches for orphan blobs, in seconds."
    )
    sweep_grace_seconds: float = Field(
        3600.0,
        ge=_LEAST_GRACE_SECONDS,
        description="Age at which a blob that no event names is removed, in seconds.",
    )
