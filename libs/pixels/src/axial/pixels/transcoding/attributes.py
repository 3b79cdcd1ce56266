"""What a data set says of its pixels when they are written in another form. Pure."""

import uuid
from dataclasses import dataclass

from axial.pixels.description import Pixels
from axial.pixels.transcoding.editing import Changes, Value, element, item
from axial.pixels.transcoding.forms import Form
from axial.pixels.transcoding.targets import Codec

IMAGE_TYPE = 0x00080008
SOP_CLASS_UID = 0x00080016
SOP_INSTANCE_UID = 0x00080018
DERIVATION_DESCRIPTION = 0x00082111
SOURCE_IMAGE_SEQUENCE = 0x00082112
DERIVATION_CODE_SEQUENCE = 0x00089215
COMPRESSION_RATIO = 0x00282112
COMPRESSION_METHOD = 0x00282114

LOOKED_AT = frozenset(
    {IMAGE_TYPE, SOP_CLASS_UID, SOP_INSTANCE_UID, DERIVATION_DESCRIPTION, SOURCE_IMAGE_SEQUENCE}
    | {DERIVATION_CODE_SEQUENCE, COMPRESSION_RATIO, COMPRESSION_METHOD}
)
"""The attributes on which those of the result depend."""

_PHOTOMETRIC_INTERPRETATION = 0x00280004
_PLANAR_CONFIGURATION = 0x00280006
_HIGH_BIT = 0x00280102
_IS_LOSSY = 0x00282110
# Where each frame begins in a form that is no more.
_EXTENDED_OFFSETS = (0x7FE00001, 0x7FE00002)
_REFERENCED_CLASS, _REFERENCED_INSTANCE = 0x00081150, 0x00081155
_PURPOSE_SEQUENCE = 0x0040A170
_CODE, _SCHEME, _MEANING = 0x00080100, 0x00080102, 0x00080104
# PS3.16, context groups 7202 and 7203.
_PREDECESSOR = ("121320", "Uncompressed predecessor")
_LOSSY = ("113040", "Lossy Compression")
# The longest short text (PS3.5 section 6.2).
_LONGEST_ST_BYTES = 1024
# A decimal string of six digits is exact enough, and short enough.
_RATIO = ".6g"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the pixels."""

    form: Form
    #: The size of the frames when native, and as they are written.
    native_bytes: int
    written_bytes: int


def new_sop_instance_uid() -> str:
    """Make a UID that is no other's (PS3.5 section B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def changes(pixels: Pixels, outcome: Outcome) -> Changes:
    """Tell how the form of the pixels is described."""
    form = outcome.form
    told: dict[int, Value | None] = {
        **dict.fromkeys(_EXTENDED_OFFSETS),
        _PHOTOMETRIC_INTERPRETATION: Value("CS", form.photometric_interpretation.encode()),
    }
    if pixels.samples > 1:
        told[_PLANAR_CONFIGURATION] = _short(int(form.planar))
    if not form.whole_cells and pixels.high_bit + 1 != pixels.bits_stored:
        told[_HIGH_BIT] = _short(pixels.bits_stored - 1)
    return told


def lossy_changes(present: dict[int, bytes], sop_instance_uid: str, outcome: Outcome) -> Changes:
    """Tell that values have changed, which makes another instance (PS3.3 sections C.7.6.1.1.5 and C.12.4)."""
    target, quality = outcome.form.target, outcome.form.quality
    ratio = format(outcome.native_bytes / max(outcome.written_bytes, 1), _RATIO).encode()
    ratios = [*_parts(present.get(COMPRESSION_RATIO, b"")), ratio]
    methods = _parts(present.get(COMPRESSION_METHOD, b""))
    # As many as there are ratios: what is not known is empty.
    methods = [*methods, *[b""] * (len(ratios) - 1 - len(methods)), target.lossy_method.encode()]
    name = target.codec.name.replace("_", "-")
    told = f"Lossy compression with {name}"
    if target.codec is not Codec.JPEG_LS:
        told += f", quality {quality}"
    description = f"{told}, compression ratio {ratio.decode()}".encode()
    before = present.get(DERIVATION_DESCRIPTION, b"").rstrip(b" \0")
    longer = b"%s [%s]" % (description, before)
    if before and len(longer) <= _LONGEST_ST_BYTES:
        description = longer
    kinds = _parts(present.get(IMAGE_TYPE, b"")) or [b"", b"SECONDARY"]
    source = item(
        element(_REFERENCED_CLASS, Value("UI", present.get(SOP_CLASS_UID, b""))),
        element(_REFERENCED_INSTANCE, Value("UI", present.get(SOP_INSTANCE_UID, b""))),
        element(_PURPOSE_SEQUENCE, Value("SQ", _code(*_PREDECESSOR))),
    )
    return {
        IMAGE_TYPE: Value("CS", b"\\".join([b"DERIVED", *kinds[1:]])),
        SOP_INSTANCE_UID: Value("UI", sop_instance_uid.encode()),
        DERIVATION_DESCRIPTION: Value("ST", description),
        SOURCE_IMAGE_SEQUENCE: Value("SQ", present.get(SOURCE_IMAGE_SEQUENCE, b"") + source),
        DERIVATION_CODE_SEQUENCE: Value(
            "SQ", present.get(DERIVATION_CODE_SEQUENCE, b"") + _code(*_LOSSY)
        ),
        _IS_LOSSY: Value("CS", b"01"),
        COMPRESSION_RATIO: Value("DS", b"\\".join(ratios)),
        COMPRESSION_METHOD: Value("CS", b"\\".join(methods)),
    }


def _short(number: int) -> Value:
    return Value("US", number.to_bytes(2, "little"))


def _parts(raw: bytes) -> list[bytes]:
    raw = raw.strip(b" \0")
    return [part.strip() for part in raw.split(b"\\")] if raw else []


def _code(value: str, meaning: str) -> bytes:
    """Write an item with a code of DICOM's own."""
    return item(
        element(_CODE, Value("SH", value.encode())),
        element(_SCHEME, Value("SH", b"DCM")),
        element(_MEANING, Value("LO", meaning.encode())),
    )
