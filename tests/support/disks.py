"""Small disks under an engine's folder, which others fill and relieve."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# Nothing of it is memory before it is written.
_ROOMY_BYTES = 8 * 1024**3
# A disk is not made smaller than what it holds, and more may be written between the look and the change.
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system in memory on a folder. Its size is what others leave of it."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        """What is left."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    def leave(self, free_bytes: int) -> None:
        """Have others take all but so much."""
        for attempt in range(_ATTEMPTS):
            state = os.statvfs(self.folder)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            try:
                # Of size 0 would be without a limit.
                self._resize(max(used + free_bytes, state.f_frsize))
            except subprocess.CalledProcessError:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return

    def relieve(self) -> None:
        """Have others go."""
        self._resize(_ROOMY_BYTES)

    def _resize(self, size_bytes: int) -> None:
        _run("mount", "-o", f"remount,size={size_bytes}", str(self.folder))


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    """Put a disk under a folder, which keeps what is in it; needs root."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = folder.with_name(f"{folder.name}.before")
    folder.rename(content)
    folder.mkdir(mode=0o700)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={_ROOMY_BYTES},mode=0700", "tmpfs", str(folder))
    except subprocess.CalledProcessError as error:
        reason = f"no disk can be mounted here: {error.stderr.decode(errors='replace').strip()}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        _run("cp", "-a", f"{content}/.", str(folder))
        yield Disk(folder)
    finally:
        # Also while somebody still looks at it.
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
