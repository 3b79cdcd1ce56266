"""The transfer syntaxes that files can be written in."""

from dataclasses import dataclass
from enum import Enum, auto

from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)


class Codec(Enum):
    """How pixels are encoded."""

    NATIVE = auto()
    RLE = auto()
    JPEG = auto()
    LOSSLESS_JPEG = auto()
    JPEG_LS = auto()
    JPEG_2000 = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """A transfer syntax that files can be written in."""

    uid: str
    codec: Codec
    #: How a lossy one is called (PS3.3 section C.7.6.1.1.5.1); empty when no value changes.
    lossy_method: str = ""

    @property
    def is_native(self) -> bool:
        """Whether pixels are written as they are."""
        return self.codec is Codec.NATIVE

    @property
    def is_lossy(self) -> bool:
        """Whether values change, so that the result is another instance."""
        return bool(self.lossy_method)


_ALL = (
    Target(ImplicitVRLittleEndian, Codec.NATIVE),
    Target(ExplicitVRLittleEndian, Codec.NATIVE),
    Target(ExplicitVRBigEndian, Codec.NATIVE),
    Target(DeflatedExplicitVRLittleEndian, Codec.NATIVE),
    Target(RLELossless, Codec.RLE),
    Target(JPEGBaseline8Bit, Codec.JPEG, "ISO_10918_1"),
    Target(JPEGExtended12Bit, Codec.JPEG, "ISO_10918_1"),
    Target(JPEGLossless, Codec.LOSSLESS_JPEG),
    Target(JPEGLosslessSV1, Codec.LOSSLESS_JPEG),
    Target(JPEGLSLossless, Codec.JPEG_LS),
    Target(JPEGLSNearLossless, Codec.JPEG_LS, "ISO_14495_1"),
    Target(JPEG2000Lossless, Codec.JPEG_2000),
    Target(JPEG2000, Codec.JPEG_2000, "ISO_15444_1"),
)
TARGETS = {str(target.uid): target for target in _ALL}
"""All of them, by their UIDs."""
