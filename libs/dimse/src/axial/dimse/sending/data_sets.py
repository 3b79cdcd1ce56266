"""The data set of a file, piece by piece, in the transfer syntax of its presentation context."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import Overrun
from axial.common.file_meta import FileMeta, read_file_meta
from axial.common.recoding import Recoding, inflated, recoded
from axial.common.transfer_syntaxes import layout_of

# No honest file meta information is longer; a file that is shorter is read whole.
_META_BYTES = 64 * 1024


class NotAFile(Exception):
    """The bytes are no DICOM file."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A file whose meta information was read, and what follows it, once."""

    meta: FileMeta
    _rest: AsyncIterator[bytes]

    async def data_set(
        self, transfer_syntax_uid: str, dictionary: Dictionary = STANDARD
    ) -> AsyncGenerator[bytes, None]:
        """Write the data set in a transfer syntax; raise NotConvertible, mostly before the first piece."""
        meta, rest = self.meta, self._rest
        if meta.transfer_syntax_uid != transfer_syntax_uid:
            rest = recoded(
                inflated(rest) if meta.is_deflated else rest,
                Recoding(meta.layout, layout_of(transfer_syntax_uid), dictionary),
            )
        async for piece in rest:
            yield piece


async def begin(file: AsyncIterator[bytes]) -> Begun:
    """Read the beginning of a file; raise NotAFile."""
    begun = b""
    while len(begun) < _META_BYTES:
        piece = await anext(file, None)
        if piece is None:
            break
        begun += piece
    try:
        meta = read_file_meta(begun)
    except Overrun as error:
        raise NotAFile from error
    return Begun(meta, _rest(begun[meta.dataset_offset :], file))


async def _rest(begun: bytes, file: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if begun:
        yield begun
    async for piece in file:
        yield piece
