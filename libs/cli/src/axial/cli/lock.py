"""One supervisor at a time for a data folder."""

import fcntl
import os
import time

from axial.cli.folder import DataFolder, FolderUnusable

# The watchdog of a killed supervisor needs up to 5 s for its children, and holds the lock until then.
_INHERITED_LOCK_SECONDS = 10.0
_PAUSE_SECONDS = 0.1


def take(folder: DataFolder) -> int:
    """Take the folder for this process; return the descriptor that holds it until it is closed.

    Raises:
        FolderUnusable: another supervisor has it.
    """
    descriptor = os.open(folder.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _INHERITED_LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = int(os.pread(descriptor, 20, 0) or 0)
            if not _lives(holder) and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)
                continue
            os.close(descriptor)
            raise FolderUnusable(
                f"data folder {folder.root}: in use by another `axial up` (process {holder})"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != 0
