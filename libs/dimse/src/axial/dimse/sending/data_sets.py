"""The data set of a file, piece by piece, in the transfer syntax of its presentation context."""

from collections.abc import AsyncGenerator, AsyncIterator

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import Overrun
from axial.common.file_meta import read_file_meta
from axial.common.recoding import Recoding, inflated, recoded
from axial.common.transfer_syntaxes import layout_of

# No honest file meta information is longer; a file that is shorter is read whole.
_META_BYTES = 64 * 1024


class NotAFile(Exception):
    """The bytes are no DICOM file."""


async def data_set(
    file: AsyncIterator[bytes], transfer_syntax_uid: str, dictionary: Dictionary = STANDARD
) -> AsyncGenerator[bytes, None]:
    """Read a file and write its data set in a transfer syntax.

    Raises NotAFile or NotConvertible, mostly before the first piece.
    """
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
    rest = _rest(begun[meta.dataset_offset :], file)
    if meta.transfer_syntax_uid != transfer_syntax_uid:
        rest = recoded(
            inflated(rest) if meta.is_deflated else rest,
            Recoding(meta.layout, layout_of(transfer_syntax_uid), dictionary),
        )
    async for piece in rest:
        yield piece


async def _rest(begun: bytes, file: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if begun:
        yield begun
    async for piece in file:
        yield piece
