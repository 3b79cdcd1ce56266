"""A ZIP file that is taken away piece by piece while it is written.

Python's own `zipfile` writes to anything that has a `write`. Where it cannot seek it puts sizes and checksums
behind each file (APPNOTE 4.3.9), and so never needs what it has given away.
"""

import stat
import time
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydicom.uid import AllTransferSyntaxes, RLELossless

# Of what is known to be compressed already, deflate would make no less, and ten times the work. RLE's runs are not.
_COMPRESSED = frozenset(
    uid for uid in AllTransferSyntaxes if uid.is_compressed and uid != RLELossless
)
# Stored as a deflate stream all the same: of a file that is merely stored, a program that reads as we write
# cannot find the end.
_AS_IT_IS = 0

_COMMENT = b"Created by Axial"
_MODE = stat.S_IFREG | 0o644


class ZipPieces:
    """A ZIP file under way; to be used by one thread at a time."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(cast("BinaryIO", self._sink), "w", ZIP_DEFLATED)
        self._zip.comment = _COMMENT
        self._file: BinaryIO | None = None

    @property
    def pending_bytes(self) -> int:
        """How much there is to be taken."""
        return self._sink.size_bytes

    def begin(self, name: str, size_bytes: int, transfer_syntax_uid: str = "") -> None:
        """Begin a file, whose size decides whether it needs ZIP64."""
        info = ZipInfo(name, time.localtime()[:6])
        info.compress_type = ZIP_DEFLATED
        info.file_size = size_bytes
        info.external_attr = _MODE << 16
        if transfer_syntax_uid in _COMPRESSED:
            # Public as `compress_level` from Python 3.13, where this name stays.
            info._compresslevel = _AS_IT_IS  # type: ignore[attr-defined] # noqa: SLF001
        self._file = cast("BinaryIO", self._zip.open(info, "w"))

    def write(self, data: bytes) -> None:
        """Go on with the file."""
        assert self._file is not None, "begin comes first"
        self._file.write(data)

    def end(self) -> None:
        """End the file."""
        assert self._file is not None, "begin comes first"
        self._file.close()
        self._file = None

    def add(self, name: str, data: bytes, transfer_syntax_uid: str = "") -> None:
        """Write a whole file."""
        self.begin(name, len(data), transfer_syntax_uid)
        self.write(data)
        self.end()

    def finish(self) -> None:
        """Write the directory of the ZIP file, which makes it complete."""
        self._zip.close()

    def abandon(self) -> None:
        """Forget a file that nobody wants any more; a thread may still be writing."""
        self._zip.fp = None  # or its destructor would write the directory

    def take(self) -> bytes:
        """Take away what is written."""
        return self._sink.take()


class _Sink:
    """What is written and not taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(data))
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing behind this."""

    def take(self) -> bytes:
        """Give all pieces away."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size_bytes = 0
        return taken
