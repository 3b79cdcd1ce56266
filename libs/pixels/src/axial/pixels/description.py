"""How the pixels of an instance are encoded (PS3.3 section C.7.6.3), as far as it takes to decode them."""

from dataclasses import dataclass

from axial.common.transfer_syntaxes import (
    DEFLATED,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.pixels.refusals import Undecodable

# GE's private variant of implicit little endian, whose pixels alone are big endian.
_GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2"
_NATIVE = DEFLATED | {
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    _GE_BIG_ENDIAN_PIXELS,
}
_RLE = "1.2.840.10008.1.2.5"
_LOSSY_JPEG = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"})

MAX_FRAME_BYTES = 256 * 1024 * 1024
"""The largest frame that is decoded, and the longest encoded one that is read: a mammogram has 30 MiB."""

_BITS_ALLOCATED = frozenset({1, 8, 16, 32})
_FLOAT_BITS = frozenset({32, 64})
_CHROMA_SUBSAMPLED = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})
_GRAY, _COLOUR = 1, 3
_BYTE_BITS = 8


@dataclass(frozen=True, slots=True)
class Palette:
    """The three look-up tables of PALETTE COLOR (PS3.3 section C.7.9), red, green and blue."""

    descriptors: tuple[tuple[int, ...], ...]
    #: Little endian.
    tables: tuple[bytes, ...]
    #: The tables are written in segments, to be expanded (PS3.3 section C.7.9.2).
    segmented: bool


@dataclass(frozen=True, slots=True)
class Pixels:
    """The encoding of an instance's frames, all of them alike."""

    transfer_syntax_uid: str
    #: Of the pixel data element.
    vr: str
    rows: int
    columns: int
    #: Samples per pixel.
    samples: int
    photometric_interpretation: str
    #: Samples come plane by plane, not pixel by pixel.
    planar: bool
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    frames: int
    #: None unless values are looked up in one.
    palette: Palette | None

    @property
    def is_native(self) -> bool:
        """Whether the pixels stand in the file as they are, not compressed."""
        return self.transfer_syntax_uid in _NATIVE

    @property
    def is_lossy_jpeg(self) -> bool:
        """Whether colour is encoded as luminance with chrominance, of which there may be less."""
        return self.transfer_syntax_uid in _LOSSY_JPEG

    @property
    def has_cells(self) -> bool:
        """Whether whole cells are kept, in which pixels need not stand on the right (PS3.5 section 8.1.1)."""
        return self.is_native or self.transfer_syntax_uid == _RLE

    @property
    def is_big_endian(self) -> bool:
        """Whether native samples have their most significant byte first."""
        return self.transfer_syntax_uid in {EXPLICIT_VR_BIG_ENDIAN, _GE_BIG_ENDIAN_PIXELS}

    @property
    def is_subsampled(self) -> bool:
        """Whether two neighbouring pixels share their chrominance, when native."""
        return self.photometric_interpretation in _CHROMA_SUBSAMPLED

    @property
    def is_inverted(self) -> bool:
        """Whether the smallest value is to be shown as white."""
        return self.photometric_interpretation == "MONOCHROME1"

    @property
    def is_float(self) -> bool:
        """Whether samples are floating-point numbers (PS3.3 section C.7.6.24)."""
        return self.vr in {"OF", "OD"}

    @property
    def frame_bits(self) -> int:
        """The size of one native frame."""
        samples = 2 if self.is_subsampled else self.samples
        return self.rows * self.columns * samples * self.bits_allocated

    @property
    def channels(self) -> int:
        """How many numbers a decoded pixel has."""
        return _COLOUR if self.palette else self.samples

    @property
    def value_type(self) -> str:
        """The type of decoded numbers in numpy's words: the smallest one that Orthanc knows for the bits stored.

        Orthanc has none for more than 16 bits; there it is the type of the file.
        """
        if self.is_float:
            return f"<f{self.bits_allocated // _BYTE_BITS}"
        if self.palette or (self.bits_stored <= _BYTE_BITS and not self.signed):
            return "|u1"
        size = self.bits_allocated // _BYTE_BITS if self.bits_stored > 2 * _BYTE_BITS else 2
        return f"<{'i' if self.signed else 'u'}{size}"

    def check(self) -> None:
        """Raise `Undecodable` unless these are pixels that can be, and that fit into memory."""
        if self.rows < 1 or self.columns < 1:
            raise Undecodable("The instance has no image")
        if self.samples not in {_GRAY, _COLOUR}:
            raise Undecodable("Only one or three samples per pixel can be decoded")
        if self.bits_allocated not in (_FLOAT_BITS if self.is_float else _BITS_ALLOCATED):
            raise Undecodable("This number of bits per sample cannot be decoded")
        if not 1 <= self.bits_stored <= self.high_bit + 1 <= self.bits_allocated:
            raise Undecodable("The image tells impossible numbers of bits")
        if (
            self.rows * self.columns * self.samples * max(self.bits_allocated, 8)
            > 8 * MAX_FRAME_BYTES
        ):
            raise Undecodable("The image is too large to be decoded")
