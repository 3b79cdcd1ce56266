"""The data folder of one machine: what lies where."""

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

# One of PostgreSQL's files of WAL, which is the most that an engine asks for at once.
_LEAST_ROOM_BYTES = 16 * 1024 * 1024


class FolderUnusable(Exception):
    """The data folder cannot be used; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything of one system is kept."""

    root: Path

    @property
    def run(self) -> Path:
        """What is true only while the system runs, and hints for its next start."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One file for each process, and the one before it."""
        return self.root / "logs"

    def of(self, name: str) -> Path:
        """Return the folder that belongs to one engine or service."""
        return self.root / name

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.logs / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """Return the file that holds a running process's id."""
        return self.run / f"{name}.pid"

    def make(self) -> None:
        """Create the folder, for its owner only: it holds patients' images.

        Raises:
            FolderUnusable: it cannot be created or written to.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.run, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
            probe = self.run / f".{secrets.token_hex(4)}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise FolderUnusable(f"data folder {self.root}: {error.strerror}") from error

    def full(self) -> list[str]:
        """Name the folders whose disks have no room left: of each disk one."""
        folders = [self.root, *sorted(part for part in self.root.iterdir() if part.is_dir())]
        disks = {folder.stat().st_dev: folder for folder in reversed(folders)}
        return [
            folder.name
            for folder in disks.values()
            if shutil.disk_usage(folder).free < _LEAST_ROOM_BYTES
        ]

    def secret(self, name: str) -> str:
        """Return a random secret that stays the same from one start to the next."""
        file = self.run / name
        if not file.exists():
            unfinished = file.with_suffix(".new")
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_urlsafe(32))
            unfinished.rename(file)
        return file.read_text()
