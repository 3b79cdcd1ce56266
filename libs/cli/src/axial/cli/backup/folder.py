"""A backup's folder: what lies where."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from axial.cli.backup.manifest import BackupUnusable

_TAKING = re.compile(r"taken-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class BackupFolder:
    """Where one backup is kept; the next one into the same folder adds blobs, and replaces all else."""

    root: Path

    @property
    def blobs(self) -> Path:
        """The blobs, in the form of a directory store."""
        return self.root / "blobs"

    @property
    def ledger(self) -> Path:
        """What each of them was."""
        return self.root / "blobs.sqlite"

    @property
    def spool(self) -> Path:
        """Where large blobs pass through."""
        return self.root / "spool"

    def taking(self, id_: str) -> Path:
        """Return the folder of one backup's files, below the root."""
        return Path(f"taken-{id_}")

    def make(self) -> None:
        """Create the folder, for its owner only: it holds patients' images, and passwords of peers."""
        for folder in (self.root, self.blobs, self.spool):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def forget_others(self, id_: str) -> None:
        """Remove what an earlier backup, or one that broke off, has left besides blobs."""
        for folder in self.root.iterdir():
            if _TAKING.fullmatch(folder.name) and folder.name != self.taking(id_).name:
                shutil.rmtree(folder)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the folder to ourselves; raise BackupUnusable when another process has it."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupUnusable(f"{self.root} is in use by another process") from None
            yield
        finally:
            os.close(descriptor)
