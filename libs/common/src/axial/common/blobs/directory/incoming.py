"""The folder in which one process writes blobs that have no name yet."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A key's segment cannot start with a dot, so this is never a blob's folder.
INCOMING = ".incoming"


@contextmanager
def incoming(root: Path) -> Iterator[int]:
    """Open an empty folder of this process alone, and remove those of processes that died.

    The folder is locked for as long as its process lives: the kernel ends a lock with its owner,
    whatever ended that, so what is unlocked holds only the beginnings of blobs nobody will finish.
    """
    shared = root / INCOMING
    shared.mkdir(mode=0o750, exist_ok=True)
    gate = _open(shared)
    try:
        # One process at a time: nobody may take a folder that was made, and not yet locked, for a
        # dead one's.
        fcntl.flock(gate, fcntl.LOCK_EX)
        for folder in shared.iterdir():
            _remove_if_left(folder)
        own = shared / secrets.token_hex(8)
        own.mkdir(mode=0o750)
        descriptor = _open(own)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(gate)
    try:
        yield descriptor
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(descriptor)


def _remove_if_left(folder: Path) -> None:
    try:
        descriptor = _open(folder)
    except FileNotFoundError:  # its owner has just closed in good order
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
