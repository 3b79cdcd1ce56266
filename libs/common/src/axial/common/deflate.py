"""The deflated part of a file (PS3.5 section A.5), inflated no further than allowed."""

import zlib

from axial.common.elements import Buffer
from axial.common.refusals import refusal

# A deflate block stores what it cannot compress, at a cost of five bytes per 16 KiB or more.
_STORED_OVERHEAD_BYTES = 64 * 1024


def inflate(buffer: Buffer, offset: int, limit_bytes: int) -> tuple[bytes, bool]:
    """Inflate at most `limit_bytes`; tell whether that was all. NotDicom when it is not deflated."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    with (
        memoryview(buffer) as whole,
        whole[offset : offset + limit_bytes + _STORED_OVERHEAD_BYTES] as deflated,
    ):
        try:
            data = inflater.decompress(deflated, limit_bytes)
        except zlib.error as error:
            raise refusal("bad_deflate") from error
    return data, len(data) < limit_bytes


def deflate(data: bytes) -> bytes:
    """Deflate a data set, quickly rather than well: it is compressed once more on its way to the log."""
    deflater = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()
