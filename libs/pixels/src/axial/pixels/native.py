"""Where a frame is in native pixel data."""

from typing import NamedTuple

from axial.pixels.description import Pixels

_BITS = 8


class NativePlace(NamedTuple):
    """The bytes `[start, stop)` of the pixel data that hold a frame."""

    start: int
    stop: int
    #: Bits at the start that are not the frame's.
    skipped_bits: int


def place_of(pixels: Pixels, frame: int) -> NativePlace:
    """Tell where a frame is; of 16-bit words with one byte order, whole ones.

    Bytes in big endian words (VR OW) are exchanged in pairs (PS3.5 section 7.3), so that an odd frame shares
    a word with its neighbour.
    """
    first_bit = frame * pixels.frame_bits
    last_bit = first_bit + pixels.frame_bits
    unit = 2 * _BITS if pixels.is_big_endian and pixels.vr == "OW" else _BITS
    start = first_bit // unit * (unit // _BITS)
    stop = -(-last_bit // unit) * (unit // _BITS)
    return NativePlace(start, stop, first_bit - start * _BITS)


def as_stored_bytes(pixels: Pixels, data: bytes, skipped_bits: int) -> bytes:
    """Give the bytes of a frame, in little endian words as Orthanc has them in memory.

    A frame of single bits comes with those of its neighbours that share its first and last byte.
    """
    if pixels.is_big_endian and pixels.vr == "OW":
        data = exchanged(data)
    start = skipped_bits // _BITS
    return data[start : start + -(-(skipped_bits % _BITS + pixels.frame_bits) // _BITS)]


def exchanged(words: bytes) -> bytes:
    """Exchange the bytes of 16-bit words."""
    swapped = bytearray(words[: len(words) & ~1])
    swapped[0::2], swapped[1::2] = swapped[1::2], swapped[0::2]
    return bytes(swapped)
