"""What there is to send: files, folders with everything below them, members of ZIP archives."""

import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_ZIP_MAGIC = b"PK\x03\x04"
# PS3.10 7.1: a preamble of 128 bytes, which may hold anything, even a ZIP's first bytes; then DICM.
_DICOM_MAGIC_OFFSET = 128
_DICOM_MAGIC = b"DICM"

#: What reading a file or an archive's member may raise.
READ_ERRORS = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to send; it can be opened again for a second try."""

    label: str
    size_bytes: int
    #: The same as long as the file was not touched.
    identity: str
    open: Callable[[], AbstractContextManager[IO[bytes]]] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path that cannot be looked at."""

    label: str
    reason: str


def find(paths: Iterable[Path]) -> Iterator[Source | Unreadable]:
    """Find everything under the paths, in an order that is the same each time."""
    for path in paths:
        if path.is_dir():
            for file in _files_below(path):
                yield from file if isinstance(file, list) else _from_file(file)
        else:
            yield from _from_file(path)


def _files_below(folder: Path) -> Iterator[Path | list[Unreadable]]:
    unreadable: list[Unreadable] = []

    def note(error: OSError) -> None:
        unreadable.append(Unreadable(str(error.filename), _told(error)))

    for place, folders, names in os.walk(folder, onerror=note):
        folders.sort()
        for name in sorted(names):
            file = Path(place, name)
            # Pipes, sockets and devices could block for ever.
            if file.is_file():
                yield file
            elif file.is_symlink() and not file.exists():
                yield [Unreadable(str(file), "a link to nothing")]
    yield unreadable


def _from_file(path: Path) -> Iterator[Source | Unreadable]:
    try:
        status = path.stat()
        with path.open("rb") as file:
            head = file.read(_DICOM_MAGIC_OFFSET + len(_DICOM_MAGIC))
    except OSError as error:
        yield Unreadable(str(path), _told(error))
        return
    identity = f"{path.absolute()}\0{status.st_size}\0{status.st_mtime_ns}"
    if head.startswith(_ZIP_MAGIC) and head[_DICOM_MAGIC_OFFSET:] != _DICOM_MAGIC:
        yield from _members(path, identity)
        return
    yield Source(str(path), status.st_size, identity, lambda: path.open("rb"))


def _members(path: Path, identity: str) -> Iterator[Source | Unreadable]:
    try:
        # Shared by its members, which may be read from several threads at once; it closes itself
        # when the last of them is gone. Reopening it for each would read its directory each time.
        archive = zipfile.ZipFile(path)
    except READ_ERRORS as error:
        yield Unreadable(str(path), f"not a readable ZIP archive: {_told(error)}")
        return
    for member in archive.infolist():
        if not member.is_dir():
            yield Source(
                f"{path}!{member.filename}",
                member.file_size,
                f"{identity}\0{member.filename}\0{member.header_offset}\0{member.CRC}",
                _opener(archive, member),
            )


def _opener(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: archive.open(member)


def _told(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
