"""From encoded frames to arrays of numbers: (rows, columns), or (rows, columns, 3) in colour."""

import zlib  # noqa: F401 - loads the system's libz before GDCM does, whose own copy would answer for parts of it
from typing import Any, TypeAlias

import gdcm
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, convert_color_space
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGExtended12Bit

from axial.pixels.description import MAX_FRAME_BYTES, Palette, Pixels
from axial.pixels.frames import Frame
from axial.pixels.native import exchanged
from axial.pixels.refusals import Undecodable

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_BYTE_BITS = 8
_FLOATS = {"OF": "f4", "OD": "f8"}
_CONVERTIBLE = frozenset({"YBR_FULL", "YBR_FULL_422"})
_COLOURS = ("Red", "Green", "Blue")


def decode(pixels: Pixels, frame: Frame) -> Array:
    """Decode a frame; colour comes as RGB. Raises `Undecodable`, and whatever a codec may raise."""
    pixels.check()
    if pixels.photometric_interpretation == "PALETTE COLOR" and pixels.palette is None:
        raise Undecodable("The image has no palette")
    values = (
        _in_colour(_native(pixels, frame), pixels)
        if pixels.is_native
        else _compressed(pixels, frame, raw=False)
    )
    if pixels.palette is not None:
        return _coloured(values, pixels.palette)
    return _as_stored(values, pixels)


def decode_stored(pixels: Pixels, frame: Frame) -> Array:
    """Decode a frame to what its cells hold; only lossy JPEG's colour comes as RGB, for it has no other cells.

    Raises `Undecodable`, and whatever a codec may raise.
    """
    pixels.check()
    if pixels.is_native:
        return _native(pixels, frame)
    return _compressed(pixels, frame, raw=not pixels.is_lossy_jpeg)


def _native(pixels: Pixels, frame: Frame) -> Array:
    """Read samples as they stand."""
    data = frame.encoded
    if pixels.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        count = pixels.rows * pixels.columns * pixels.samples
        samples = bits[frame.skipped_bits :][:count]
    else:
        if pixels.is_big_endian and pixels.vr == "OW" and pixels.bits_allocated == _BYTE_BITS:
            data = exchanged(data)
        skipped = frame.skipped_bits // _BYTE_BITS
        data = data[skipped : skipped + pixels.frame_bits // _BYTE_BITS]
        samples = np.frombuffer(data, _sample_type(pixels))
    return _interleaved(samples, pixels)


def _interleaved(samples: Array, pixels: Pixels) -> Array:
    """Bring the samples of a pixel together."""
    if pixels.is_subsampled:
        return _upsampled(samples.reshape(pixels.rows, -1, 4), pixels)
    if pixels.samples == 1:
        return samples.reshape(pixels.rows, pixels.columns)
    if pixels.planar:
        return samples.reshape(pixels.samples, pixels.rows, pixels.columns).transpose(1, 2, 0)
    return samples.reshape(pixels.rows, pixels.columns, pixels.samples)


def _sample_type(pixels: Pixels) -> str:
    order = ">" if pixels.is_big_endian else "<"
    if pixels.is_float:
        return order + _FLOATS[pixels.vr]
    return f"{order}{'i' if pixels.signed else 'u'}{pixels.bits_allocated // _BYTE_BITS}"


def _upsampled(pairs: Array, pixels: Pixels) -> Array:
    """Give each of two pixels, which come as Y Y Cb Cr, its own chrominance."""
    values = np.empty((pixels.rows, pixels.columns, 3), pairs.dtype)
    values[:, 0::2, 0], values[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    values[:, :, 1] = np.repeat(pairs[:, :, 2], 2, axis=1)
    values[:, :, 2] = np.repeat(pairs[:, :, 3], 2, axis=1)
    return values


def _in_colour(values: Array, pixels: Pixels) -> Array:
    """Bring colours to RGB; other spaces of uncompressed ones are retired (PS3.3 section C.7.6.3.1.2)."""
    space = pixels.photometric_interpretation
    if pixels.samples == 1 or space == "RGB":
        return values
    if space not in _CONVERTIBLE:
        raise Undecodable("Colours of this space cannot be decoded")
    return convert_color_space(values, space, "RGB")


def _compressed(pixels: Pixels, frame: Frame, *, raw: bool) -> Array:
    """Let the first codec decode it that can; colour is converted as the codestream tells.

    Unless it is to stay raw, it is converted as the header tells, too.
    """
    uid = UID(pixels.transfer_syntax_uid)
    try:
        decoder = get_decoder(uid)
    except NotImplementedError:
        raise Undecodable("This transfer syntax cannot be decoded") from None
    if uid == JPEGExtended12Bit and pixels.bits_stored > _BYTE_BITS:
        return _extended_jpeg(pixels, frame.encoded)
    options: dict[str, Any] = {
        "transfer_syntax_uid": uid,
        "rows": pixels.rows,
        "columns": pixels.columns,
        "samples_per_pixel": pixels.samples,
        "photometric_interpretation": pixels.photometric_interpretation,
        "planar_configuration": int(pixels.planar),
        "bits_allocated": pixels.bits_allocated,
        "bits_stored": pixels.bits_stored,
        "pixel_representation": int(pixels.signed),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    fragments = encapsulate([frame.encoded], has_bot=False)
    values, _ = decoder.as_array(fragments, index=0, raw=raw, **options)
    return values


def _extended_jpeg(pixels: Pixels, encoded: bytes) -> Array:
    """Decode JPEG of twelve bits: GDCM can, though pydicom does not let it."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(encoded)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((pixels.columns, pixels.rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(pixels.photometric_interpretation)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    syntax = gdcm.TransferSyntax.GetTSType(pixels.transfer_syntax_uid)
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    stored = pixels.bits_stored
    image.SetPixelFormat(gdcm.PixelFormat(1, pixels.bits_allocated, stored, stored - 1, 0))
    # GDCM gives bytes as text.
    decoded = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(decoded, "<u2").reshape(pixels.rows, pixels.columns)


def _as_stored(values: Array, pixels: Pixels) -> Array:
    """Bring values to the right of their cells, and into the smallest type for the bits that are stored.

    Other bits than the stored ones may hold overlays in old files (PS3.5 section 8.1.1): Orthanc shows them.
    """
    if values.dtype.kind == "f":
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    if pixels.bits_stored == 1:
        return values.astype(np.uint8) * np.uint8(255)
    shift = pixels.high_bit + 1 - pixels.bits_stored if pixels.is_native else 0
    if shift:
        values = values >> shift
    return values.astype(pixels.value_type, copy=False)


def _coloured(values: Array, palette: Palette) -> Array:
    """Look the colours up, a byte each."""
    tables = Dataset()
    tables.file_meta = FileMetaDataset()
    tables.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    prefix = "Segmented" if palette.segmented else ""
    for name, descriptor, table in zip(_COLOURS, palette.descriptors, palette.tables, strict=True):
        setattr(tables, f"{name}PaletteColorLookupTableDescriptor", list(descriptor))
        setattr(tables, f"{prefix}{name}PaletteColorLookupTableData", table)
    colours: Array = apply_color_lut(values, tables)
    if colours.nbytes > MAX_FRAME_BYTES:
        raise Undecodable("The image is too large to be decoded")
    bits = palette.descriptors[0][2]
    if colours.dtype.itemsize > 1:
        colours = colours >> max(bits - _BYTE_BITS, 0)
    return colours.astype(np.uint8)
