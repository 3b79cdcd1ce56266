"""A ZIP file under way, with a DICOMDIR when it is for a medium.

What is done here takes its time, and waits for nobody: it is done in threads, one at a time.
"""

from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import zstandard

from axial.index.archives.ahead import Taken
from axial.index.archives.directory import DIRECTORY_NAME, Directory
from axial.index.archives.records import File
from axial.index.archives.walk import Form
from axial.index.archives.zipping import ZipPieces

# What of a DICOMDIR is held in memory, some thousand instances; a longer one is a temporary file.
_DIRECTORY_BYTES = 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class Packing:
    """Packs the files of one archive."""

    def __init__(self, form: Form) -> None:
        self._zip = ZipPieces()
        self._held = ExitStack()
        self._held.callback(self._zip.abandon)
        self._directory: Directory | None = None
        #: The DICOMDIR, once it is complete.
        self._spool: BinaryIO | None = None
        if form.is_media:
            spool = SpooledTemporaryFile(_DIRECTORY_BYTES)  # noqa: SIM115 - held until `close`
            self._spool = cast("BinaryIO", self._held.enter_context(spool))
            self._directory = Directory(self._spool, extended=form.is_extended)

    @property
    def pending_bytes(self) -> int:
        """How much of the ZIP file there is to be taken."""
        return self._zip.pending_bytes

    def take(self) -> bytes:
        """Take what there is of the ZIP file."""
        return self._zip.take()

    def begin(self, taken: Taken) -> None:
        """Begin a file."""
        member = taken.entry.member
        self._zip.begin(taken.entry.name, member.blob.size_bytes, member.transfer_syntax_uid)

    def write(self, chunk: bytes) -> None:
        """Go on with a file."""
        self._zip.write(chunk)

    def end(self, taken: Taken) -> None:
        """End a file, and list it."""
        self._zip.end()
        if self._directory is not None and taken.header is not None:
            entry, member = taken.entry, taken.entry.member
            # A decompressor of its own: it must not be used by two threads.
            header = zstandard.ZstdDecompressor().decompress(taken.header)
            file = File(
                entry.name,
                member.sop_class_uid,
                member.sop_instance_uid,
                member.transfer_syntax_uid,
            )
            self._directory.add(entry.place, header, file)

    def add(self, taken: Taken, file: bytes) -> None:
        """Pack a whole file."""
        self.begin(taken)
        self.write(file)
        self.end(taken)

    def go_on_ending(self) -> bool:
        """Pack a part of what comes after all files; tell whether there is more."""
        if self._directory is not None:
            assert self._spool is not None, "the directory is written to it"
            self._directory.finish()
            self._directory = None
            self._zip.begin(DIRECTORY_NAME, self._spool.tell())
            self._spool.seek(0)
        if self._spool is not None:
            chunk = self._spool.read(_CHUNK_BYTES)
            self._zip.write(chunk)
            if chunk:
                return True
            self._zip.end()
        self._zip.finish()
        return False

    def close(self) -> None:
        """Let go of everything; a thread may still write what nobody wants any more."""
        self._held.close()
