"""Folders of a directory store, opened once, and known to survive a power failure."""

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# A new folder comes each minute and writers use the newest: an open file descriptor for each of the
# last few costs nothing, and the limit of a process (often 1,024) is far.
_KEPT_OPEN = 64


class Folder:
    """An open directory whose writers share their fsyncs."""

    def __init__(self, descriptor: int, fsync: Callable[[int], None] = os.fsync) -> None:
        self.descriptor = descriptor
        #: A writer may still hold a folder that was dropped from the cache: whoever lets go last
        #: closes it.
        self.close = weakref.finalize(self, os.close, descriptor)
        self._fsync = fsync
        self._turn = threading.Lock()
        self._started = 0
        self._failed = False

    def sync(self) -> None:
        """Return once an fsync that began after this call has ended."""
        mine = self._started + 1
        with self._turn:
            if self._failed:
                # The kernel reports a lost write once; a later fsync would say all is well.
                raise OSError("an earlier fsync of this folder failed")
            if self._started >= mine:
                return
            self._started += 1
            try:
                self._fsync(self.descriptor)
            except OSError:
                self._failed = True
                raise


class Folders:
    """The folders below a root, made durable before they are handed out."""

    def __init__(self, root: Path) -> None:
        self._root = Folder(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        self._open: OrderedDict[str, Folder] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def root(self) -> Folder:
        """The folder all names are relative to."""
        return self._root

    def get(self, name: str) -> Folder:
        """Open the folder `a/b/c`, making what is missing; the empty name is the root.

        Raises `FileNotFoundError` when somebody removes a part of it meanwhile: `forget` what is
        known, and ask again.
        """
        if not name:
            return self._root
        with self._lock:
            if known := self._open.get(name):
                self._open.move_to_end(name)
                return known
        above, _, last = name.rpartition("/")
        parent = self.get(above)
        with suppress(FileExistsError):
            os.mkdir(last, 0o750, dir_fd=parent.descriptor)
        folder = Folder(
            os.open(last, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent.descriptor)
        )
        # Also when it was there already: whoever made it may not have come this far yet.
        parent.sync()
        with self._lock:
            self._open[name] = folder
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        return folder

    def forget(self) -> None:
        """Look at the disk again: another process has removed a folder that was empty."""
        with self._lock:
            self._open.clear()

    def close(self) -> None:
        """Close all of them, when nobody writes any more."""
        for folder in (self._root, *self._open.values()):
            folder.close()


def make_root(root: Path) -> None:
    """Make the directory with all its parents, so that they survive a power failure."""
    if root.is_dir():
        return
    make_root(root.parent)
    root.mkdir(mode=0o750, exist_ok=True)
    above = os.open(root.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(above)
    finally:
        os.close(above)
