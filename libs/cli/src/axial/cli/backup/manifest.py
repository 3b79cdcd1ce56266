"""What a backup is: the file that is written last, without which a folder is no backup."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from axial.cli.backup.files import replace_durably

_NAME = "manifest.json"


class BackupUnusable(Exception):
    """The folder holds no backup, or a damaged one; the message is one line that says why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptFile(_Part):
    """One file of the backup."""

    #: Below the backup's folder.
    path: str
    size_bytes: int
    sha256: str


class KeptStream(_Part):
    """A stream as JetStream's snapshot has it."""

    file: KeptFile
    #: JetStream's own words, given back to it as they are.
    config: dict[str, Any]
    state: dict[str, Any]

    @property
    def first_sequence(self) -> int:
        """The number of its first message."""
        return int(self.state["first_seq"])

    @property
    def last_sequence(self) -> int:
        """The number of its last message, 0 before the first."""
        return int(self.state["last_seq"])


class KeptBlobs(_Part):
    """How many blobs there are."""

    count: int
    size_bytes: int


class Manifest(_Part):
    """One backup."""

    format: Literal[1] = 1
    id: str
    release: str
    began_at: datetime
    ended_at: datetime
    log: KeptStream
    #: None when no stream of the feed is published.
    feed: KeptStream | None
    #: None when neither schema was there.
    database: KeptFile | None
    blobs: KeptBlobs

    @property
    def files(self) -> list[KeptFile]:
        """Every file but the blobs."""
        parts = (self.log.file, self.feed and self.feed.file, self.database)
        return [part for part in parts if part]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make the folder a backup."""
    replace_durably(folder / _NAME, manifest.model_dump_json(indent=2).encode())


def read_manifest(folder: Path) -> Manifest:
    """Read what the folder holds; raise BackupUnusable when it is no backup."""
    try:
        return Manifest.model_validate_json((folder / _NAME).read_bytes())
    except FileNotFoundError as error:
        raise BackupUnusable(f"{folder} is no backup: it has no {_NAME}") from error
    except ValidationError as error:
        raise BackupUnusable(f"{folder / _NAME} is damaged, or of a newer release") from error


def has_manifest(folder: Path) -> bool:
    """Tell whether a backup was finished here before."""
    return (folder / _NAME).exists()
