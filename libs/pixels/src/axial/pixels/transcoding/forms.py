"""How the pixels of a file are written in another transfer syntax (PS3.5 section 8.2). Pure."""

from dataclasses import dataclass

from pydicom.uid import JPEG2000TransferSyntaxes

from axial.pixels.description import Pixels
from axial.pixels.frames import Frame
from axial.pixels.refusals import Undecodable
from axial.pixels.transcoding.targets import Codec, Target

_ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
_RGB = "RGB"
_YBR = "YBR_FULL"
_SUBSAMPLED = "YBR_FULL_422"
# Spaces of a codestream, which whoever decodes it converts to RGB.
_TRANSFORMED = frozenset({"YBR_RCT", "YBR_ICT"})
# What lossy JPEG is said to hold, rightly or not; its decoders look at the codestream.
_LOSSY_JPEG = frozenset({_RGB, _YBR, _SUBSAMPLED, *_TRANSFORMED})
_CELL_BITS = frozenset({8, 16, 32})


@dataclass(frozen=True, slots=True)
class Form:
    """How frames are to be written."""

    target: Target
    #: The colour space of the values that a frame is decoded to.
    decoded: str
    #: That of the frame that is written.
    photometric_interpretation: str
    #: Whether cells are written as they are, with bits in them that are no pixel's.
    whole_cells: bool
    #: Of a lossy one, between 1 and 100.
    quality: int

    @property
    def planar(self) -> bool:
        """Whether samples come plane by plane."""
        return self.target.codec is Codec.RLE


@dataclass(frozen=True, slots=True)
class Recast:
    """Write a frame in another form: the message to a worker."""

    pixels: Pixels
    frame: Frame
    form: Form


def form_of(pixels: Pixels, target: Target, quality: int) -> Form:
    """Decide how pixels are written; raises `Undecodable` when they cannot be."""
    if pixels.is_float or pixels.bits_allocated not in _CELL_BITS:
        raise Undecodable("Pixels of this kind cannot be written otherwise")
    decoded = _decoded(pixels)
    return Form(
        target,
        decoded,
        _written(decoded, target),
        whole_cells=pixels.has_cells and target.codec in {Codec.NATIVE, Codec.RLE},
        quality=quality,
    )


def _decoded(pixels: Pixels) -> str:
    """Tell the space of the values that `decode_stored` gives."""
    told = pixels.photometric_interpretation
    if pixels.samples == 1:
        if told in _ONE_SAMPLE:
            return told
    elif pixels.is_lossy_jpeg:
        if told in _LOSSY_JPEG:
            return _RGB
    elif told in _TRANSFORMED and pixels.transfer_syntax_uid in JPEG2000TransferSyntaxes:
        return _RGB
    elif told in {_YBR, _SUBSAMPLED}:
        return _YBR
    elif told == _RGB:
        return told
    raise Undecodable("Colours of this space cannot be written otherwise")


def _written(decoded: str, target: Target) -> str:
    """Tell the space that is written."""
    if target.codec is Codec.JPEG and decoded in {_RGB, _YBR}:
        return _SUBSAMPLED
    if target.codec is Codec.JPEG_2000 and decoded == _RGB:
        return "YBR_ICT" if target.is_lossy else "YBR_RCT"
    return decoded
