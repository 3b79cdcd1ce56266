"""Binary numbers in little endian, as Orthanc gives them whatever the file's byte order."""

from array import array
from collections.abc import AsyncIterator

# The size of one number, by VR (PS3.5 section 7.3); AT is a pair of 16-bit numbers.
_NUMBER_BYTES = {
    "AT": 2,
    "OW": 2,
    "SS": 2,
    "US": 2,
    "FL": 4,
    "OF": 4,
    "OL": 4,
    "SL": 4,
    "UL": 4,
    "FD": 8,
    "OD": 8,
    "OV": 8,
    "SV": 8,
    "UV": 8,
}
_TYPE_CODES = {2: "H", 4: "I", 8: "Q"}


def number_bytes(vr: str) -> int:
    """Tell the size of the numbers of a VR; one for what has no byte order."""
    return _NUMBER_BYTES.get(vr, 1)


async def exchanged(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """Exchange the bytes of each number, however they are cut; an incomplete last one stays as it is."""
    rest = b""
    async for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % size
        numbers = array(_TYPE_CODES[size], data[:whole])
        numbers.byteswap()
        rest = data[whole:]
        if whole:
            yield numbers.tobytes()
    if rest:
        yield rest
