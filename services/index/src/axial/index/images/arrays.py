"""Files of numpy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html."""

import asyncio
import zipfile
from collections.abc import AsyncIterator

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64
_LENGTH_BYTES = 2

NPZ_MEMBER = "arr_0"
"""The name of the only array in an archive, as `numpy.savez` and Orthanc choose it."""


def npy_head(value_type: str, shape: tuple[int, ...]) -> bytes:
    """Write what precedes the numbers of an array."""
    told = f"{{'descr': '{value_type}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    length = len(_MAGIC) + _LENGTH_BYTES + len(told) + 1
    told += b" " * (-length % _ALIGNMENT) + b"\n"
    return _MAGIC + len(told).to_bytes(_LENGTH_BYTES, "little") + told


async def zipped(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Compress an array as it comes into an archive that `numpy.load` reads; never all of it in memory."""
    sink = _Sink()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(NPZ_MEMBER, "w", force_zip64=True) as member,
    ):
        async for piece in pieces:
            await asyncio.to_thread(member.write, piece)
            yield sink.take()
    yield sink.take()


class _Sink:
    """A file that cannot be sought in, whose content is taken away as it comes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        """Keep a piece."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: everything is there."""

    def close(self) -> None:
        """Do nothing."""

    def take(self) -> bytes:
        """Give what has come since."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
