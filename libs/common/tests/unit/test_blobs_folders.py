"""Writers of one folder share its fsyncs, and none is told too early."""

import errno
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from axial.common.blobs.directory.folders import Folder
from axial.common.testing.eventually import eventually_sync

pytestmark = pytest.mark.unit


class Disk:
    """A disk whose fsyncs last until they are let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.failing = False
        self._go = threading.Semaphore(0)

    def fsync(self, descriptor: int) -> None:
        """Wait, then succeed or fail."""
        assert os.fstat(descriptor)
        self.begun += 1
        assert self._go.acquire(timeout=10)
        if self.failing:
            raise OSError(errno.EIO, "Input/output error")

    def let_go(self, count: int = 1) -> None:
        """End so many fsyncs."""
        self._go.release(count)


@pytest.fixture
def disk() -> Disk:
    """Give a disk that is slow."""
    return Disk()


@pytest.fixture
def folder(disk: Disk, tmp_path: Path) -> Iterator[Folder]:
    """Open a folder of that disk."""
    folder = Folder(os.open(tmp_path, os.O_RDONLY), disk.fsync)
    yield folder
    folder.close()


@pytest.fixture
def writers() -> Iterator[ThreadPoolExecutor]:
    """Give threads for as many writers as a store has, and more."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


def under_way(futures: list[Future[None]]) -> bool:
    """Whether all of them run, and none has ended."""
    return all(future.running() for future in futures)


def test_writers_wait_for_an_fsync_that_began_after_them(
    disk: Disk, folder: Folder, writers: ThreadPoolExecutor
) -> None:
    """One that is under way may have missed a name; the next serves all who came meanwhile."""
    first = writers.submit(folder.sync)
    eventually_sync(lambda: disk.begun == 1)
    later = [writers.submit(folder.sync) for _ in range(10)]
    eventually_sync(lambda: under_way(later))
    disk.let_go()
    first.result(10)
    eventually_sync(lambda: disk.begun == 2)
    assert not any(future.done() for future in later)
    disk.let_go(10)
    for future in later:
        future.result(10)
    # A thread that was slow to begin may have needed one of its own.
    assert disk.begun < 6


def test_a_writer_alone_has_an_fsync_of_its_own(disk: Disk, folder: Folder) -> None:
    """What was synced before says nothing of the name that came after."""
    disk.let_go(3)
    for number in range(1, 4):
        folder.sync()
        assert disk.begun == number


def test_a_failed_fsync_is_never_taken_back(disk: Disk, folder: Folder) -> None:
    """The kernel tells of a lost write once: whoever asks later must not hear that all is well."""
    disk.failing = True
    disk.let_go(5)
    with pytest.raises(OSError, match="Input/output error"):
        folder.sync()
    disk.failing = False
    for _ in range(2):
        with pytest.raises(OSError, match="an earlier fsync"):
            folder.sync()
