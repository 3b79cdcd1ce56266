"""Orthanc's compressed form of a file: its size in eight bytes, little endian, then a zlib stream."""

import zlib
from struct import Struct
from typing import Self

from isal import isal_zlib

from axial.common.errors import Corrupted

STEP_BYTES = 256 * 1024
"""What one step makes at most: about a millisecond of work, and the memory that a bomb gets."""

# Orthanc's, so that the bytes are the same as well (`DeflateBaseCompressor`).
_LEVEL = 6
_PREFIX = Struct("<Q")


class Deflater:
    """Compresses a file of a size that is known, piece by piece; of nothing it makes nothing."""

    def __init__(self, size_bytes: int) -> None:
        self._head = _PREFIX.pack(size_bytes) if size_bytes else b""
        self._zlib = zlib.compressobj(_LEVEL) if size_bytes else None

    def add(self, chunk: bytes) -> bytes:
        """Take a piece; give what is ready."""
        assert self._zlib is not None, "an empty file has no pieces"
        head, self._head = self._head, b""
        return head + self._zlib.compress(chunk)

    def finish(self) -> bytes:
        """Give the rest."""
        return self._zlib.flush() if self._zlib is not None else b""


class QuickDeflater:
    """Does as `Deflater` in a fifteenth of the time: a form as good, though its bytes are not those that Orthanc makes.

    Measured on 45 MB of uncompressed images of all kinds: 1.0 ms of processor time and 48 % of the size for 520 KB,
    against 14.9 ms and 47 % at zlib's level 6, and 6.4 ms and 47 % at its level 1.
    """

    _LEVEL = 2

    def __init__(self, size_bytes: int) -> None:
        self._head = _PREFIX.pack(size_bytes) if size_bytes else b""
        self._zlib = isal_zlib.compressobj(self._LEVEL) if size_bytes else None

    def add(self, chunk: bytes | bytearray) -> bytes:
        """Take a piece; give what is ready."""
        assert self._zlib is not None, "an empty file has no pieces"
        head, self._head = self._head, b""
        return head + self._zlib.compress(chunk)

    def finish(self) -> bytes:
        """Give the rest."""
        return self._zlib.flush() if self._zlib is not None else b""


class Inflater:
    """Inflates a file of a size that is known, step by step. What the bytes say of the size is compared, not believed.

    Every method raises `Corrupted` as soon as the bytes cannot be that file's.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._zlib = zlib.decompressobj()
        self._pending = b""
        self._in_prefix = True
        #: How many bytes of the compressed form are used up, and how many of the file are made of them.
        self.used_bytes = 0
        self.made_bytes = 0

    def add(self, chunk: bytes) -> None:
        """Take a piece, to be inflated by the steps that follow."""
        self._pending = self._pending + chunk if self._pending else chunk

    def step(self) -> bytes:
        """Inflate at most `STEP_BYTES`; nothing when another piece is needed, or none any more."""
        if self._in_prefix and not self._read_prefix():
            return b""
        if not self._pending:
            return b""
        if self._zlib.eof:
            raise Corrupted
        before = len(self._pending)
        try:
            made = self._zlib.decompress(self._pending, STEP_BYTES)
        except zlib.error as error:
            raise Corrupted from error
        self._pending = self._zlib.unconsumed_tail or self._zlib.unused_data
        self.used_bytes += before - len(self._pending)
        self.made_bytes += len(made)
        if self.made_bytes > self._size_bytes:
            raise Corrupted
        return made

    def finish(self) -> None:
        """Make sure that nothing is missing, once there is no other piece."""
        is_nothing = self._size_bytes == self.used_bytes == len(self._pending) == 0
        if self._pending or not (self._zlib.eof or is_nothing):
            raise Corrupted
        if self.made_bytes != self._size_bytes:
            raise Corrupted

    def copy(self) -> Self:
        """Remember this place: the copy goes on with the piece that begins at `used_bytes`."""
        twin = type(self)(self._size_bytes)
        twin._zlib = self._zlib.copy()  # noqa: SLF001 - of the same class
        twin._in_prefix = self._in_prefix  # noqa: SLF001
        twin.used_bytes = self.used_bytes
        twin.made_bytes = self.made_bytes
        return twin

    def _read_prefix(self) -> bool:
        """Compare the size that the bytes begin with; tell whether it was there."""
        if len(self._pending) < _PREFIX.size:
            return False
        (size_bytes,) = _PREFIX.unpack_from(self._pending)
        if size_bytes != self._size_bytes:
            raise Corrupted
        self._pending = self._pending[_PREFIX.size :]
        self.used_bytes = _PREFIX.size
        self._in_prefix = False
        return True
