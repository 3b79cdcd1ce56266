"""The files of a ZIP archive, one after another."""

import asyncio
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from axial.common.errors import Rejected, TooLarge
from axial.ingest.spool import Spool, Spooled

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the first member; the end of an archive that has none
_DICOM_PREFIX = slice(128, 132)
_ENCRYPTED_FLAG = 0x1
_DICOMDIR = "DICOMDIR"

# The central directory is held in memory, at about eight times its size: this is some 200,000 members.
_DIRECTORY_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
# A full-size archive of images that shrink tenfold passes; a bomb, which shrinks a thousandfold, does not.
_MOST_EXPANSION = 10

# What the standard library raises for archives that are damaged, depending on where.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError,
    struct.error, OverflowError,
)  # fmt: skip


class BadArchive(Rejected):
    """The ZIP archive is damaged."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__("bad_archive", message)


def is_archive(file: Spooled) -> bool:
    """Tell a ZIP archive by its first bytes, which a DICOM file's free preamble may hold as well."""
    start = file.peek(_DICOM_PREFIX.stop)
    return start.startswith(_MAGIC) and start[_DICOM_PREFIX] != b"DICM"


async def files_in_archive(
    archive: Spooled, limit_bytes: int, new_spool: Callable[[], Spool]
) -> AsyncGenerator[tuple[Spool, Spooled], None]:
    """Yield the files of an archive, each with its open spool, which becomes the caller's to close.

    Raises BadArchive for one that is damaged, encrypted or compressed in an unknown way, TooLarge for one
    that would inflate too far; nothing is yielded then, unless the damage is in a later member.
    """
    directory, members = await asyncio.to_thread(_open, archive, limit_bytes)
    with directory:
        for member in members:
            spool = new_spool()
            try:
                await asyncio.to_thread(_inflate, directory, member, spool)
                file = await spool.finish()
            except BaseException:
                await spool.close()
                raise
            yield spool, file


def _open(archive: Spooled, limit_bytes: int) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Read the central directory; keep the members that may be DICOM, when all of them can be read.

    The declared sizes can be trusted as limits: the standard library stops reading there.
    """
    with _telling_damage():
        directory = zipfile.ZipFile(_Bounded(archive.body))
    members = [member for member in directory.infolist() if _may_be_dicom(member)]
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise BadArchive("The ZIP archive is encrypted")
    if any(member.file_size > limit_bytes for member in members):
        raise TooLarge
    if sum(member.file_size for member in members) > limit_bytes * _MOST_EXPANSION:
        raise TooLarge
    return directory, members


def _may_be_dicom(member: zipfile.ZipInfo) -> bool:
    name = member.filename.rpartition("/")[2].upper()
    return not member.is_dir() and member.file_size > 0 and name != _DICOMDIR


def _inflate(directory: zipfile.ZipFile, member: zipfile.ZipInfo, spool: Spool) -> None:
    with _telling_damage(), directory.open(member) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            spool.write_in_thread(chunk)


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except NotImplementedError:
        raise BadArchive("The ZIP archive is compressed in an unknown way") from None
    except _DAMAGED:
        raise BadArchive from None


class _Bounded:
    """A file that is never read in pieces large enough to fill the memory."""

    def __init__(self, body: bytes | bytearray | BinaryIO) -> None:
        self._file = io.BytesIO(body) if isinstance(body, bytes | bytearray) else body

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise BadArchive("The ZIP archive has too many members")
        return self._file.read(size if size >= 0 else _DIRECTORY_BYTES)
