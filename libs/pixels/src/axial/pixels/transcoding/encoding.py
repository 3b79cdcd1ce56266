"""From stored values to an encoded frame."""

import math
import zlib  # noqa: F401 - loads the system's libz before GDCM does, whose own copy would answer for parts of it
from io import BytesIO
from typing import Any

import gdcm
import numpy as np
from PIL import Image
from pydicom.pixels.encoders.base import ENCODING_PROFILES, get_encoder
from pydicom.uid import UID

from axial.pixels.decoding import Array
from axial.pixels.description import Pixels
from axial.pixels.refusals import Undecodable
from axial.pixels.transcoding.forms import Form
from axial.pixels.transcoding.targets import Codec

_BYTE_BITS = 8
# What JPEG-LS may be off, in steps of the values: as much as Orthanc lets it.
_NEAR = 2
# Of JPEG 2000: 65 dB between noise and the range of the values at the usual quality of 90. Noise is then below half a
# step of eight bits, and about two steps of twelve.
_LEAST_DECIBELS, _DECIBELS_PER_QUALITY = 20.0, 0.5


def check(pixels: Pixels, form: Form) -> None:
    """Look up in the tables of PS3.5 section 8.2 whether pixels may be so; raises `Undecodable`."""
    if form.target.codec is Codec.JPEG and pixels.bits_stored > _BYTE_BITS:
        # GDCM's encoder for twelve bits writes what others do not read, and what it reads itself is not the same.
        raise Undecodable("Lossy JPEG is written with eight bits a sample alone")
    if not form.target.is_native and not any(
        form.photometric_interpretation == photometric_interpretation
        and pixels.samples == samples
        and int(pixels.signed) in representations
        and pixels.bits_allocated in allocated
        and pixels.bits_stored in stored
        for photometric_interpretation, samples, representations, allocated, stored in (
            ENCODING_PROFILES[UID(form.target.uid)]
        )
    ):
        raise Undecodable("Pixels of this kind cannot be written in this transfer syntax")


def encode(values: Array, pixels: Pixels, form: Form) -> bytes:
    """Write a frame; raises `Undecodable`, and whatever a codec may raise."""
    if not form.whole_cells:
        values = _pixels_alone(values, pixels)
    cells = np.ascontiguousarray(values, _cell_type(pixels))
    match form.target.codec:
        case Codec.NATIVE:
            return cells.tobytes()
        case Codec.JPEG:
            return _lossy_jpeg(cells, form)
        case Codec.LOSSLESS_JPEG:
            return _by_gdcm(cells, pixels, form)
    return _by_pydicom(cells, pixels, form)


def _cell_type(pixels: Pixels) -> str:
    return f"<{'i' if pixels.signed else 'u'}{pixels.bits_allocated // _BYTE_BITS}"


def _pixels_alone(values: Array, pixels: Pixels) -> Array:
    """Bring values to the right of their cells; what else is in a cell must be nothing (PS3.5 section 8.1.1)."""
    values = values.astype(_cell_type(pixels), copy=False)
    if pixels.has_cells:
        values = values >> (pixels.high_bit + 1 - pixels.bits_stored)
    unused = pixels.bits_allocated - pixels.bits_stored
    # The sign may have been written to the pixel's own bits alone.
    extended = (values << unused) >> unused
    others = values >> pixels.bits_stored if unused else np.zeros_like(values)
    if np.any((values != extended) & (others != 0)):
        raise Undecodable("Cells of the image hold more than its pixels")
    return extended


def _by_pydicom(cells: Array, pixels: Pixels, form: Form) -> bytes:
    """Let pydicom call the codec, never GDCM, which ends the process when it does not like an image."""
    is_rle = form.target.codec is Codec.RLE
    options: dict[str, Any] = {
        "rows": pixels.rows,
        "columns": pixels.columns,
        "number_of_frames": 1,
        "samples_per_pixel": pixels.samples,
        "bits_allocated": pixels.bits_allocated,
        # The segments of RLE are the bytes of cells.
        "bits_stored": pixels.bits_allocated if is_rle else pixels.bits_stored,
        "pixel_representation": int(pixels.signed),
        "photometric_interpretation": form.photometric_interpretation,
        "planar_configuration": 0,
    }
    if form.target.is_lossy:
        if form.target.codec is Codec.JPEG_LS:
            options["jls_error"] = _NEAR
        else:
            options["j2k_psnr"] = [_decibels(cells, pixels, form.quality)]
    options["encoding_plugin"] = "pyjpegls" if form.target.codec is Codec.JPEG_LS else "pylibjpeg"
    return bytes(get_encoder(UID(form.target.uid)).encode(cells, **options))


def _decibels(cells: Array, pixels: Pixels, quality: int) -> float:
    """Tell how far noise is to be below what the stored bits can hold, of which a frame may use few."""
    used = int(cells.max()) - int(cells.min()) + 1
    wanted = _LEAST_DECIBELS + _DECIBELS_PER_QUALITY * quality
    return wanted + 20 * math.log10(2**pixels.bits_stored / used)


def _lossy_jpeg(cells: Array, form: Form) -> bytes:
    """Write a codestream of the baseline process, which decoders of the extended one take, too."""
    if cells.ndim > 2:  # noqa: PLR2004 - rows, columns and samples
        mode = "YCbCr" if form.decoded == "YBR_FULL" else "RGB"
        picture = Image.frombytes(mode, cells.shape[1::-1], cells.tobytes())
    else:
        picture = Image.fromarray(cells)
    file = BytesIO()
    picture.save(file, "JPEG", quality=form.quality, subsampling="4:2:2")
    return file.getvalue()


def _by_gdcm(cells: Array, pixels: Pixels, form: Form) -> bytes:
    """Write lossless JPEG: GDCM can, though pydicom does not let it."""
    content = cells.tobytes()
    # It takes no image of an odd size; of two that make it even the first is used.
    count = 1 + len(content) % 2
    # It takes samples of whole bytes, and of twelve bits.
    precision = next(bits for bits in (8, 12, 16) if bits >= pixels.bits_stored)
    # The image is the writer's, and goes with it.
    writer = gdcm.ImageWriter()
    image = writer.GetImage()
    image.SetNumberOfDimensions(3)
    image.SetDimensions((pixels.columns, pixels.rows, count))
    kind = gdcm.PhotometricInterpretation.GetPIType(form.photometric_interpretation)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    native = gdcm.TransferSyntax.ImplicitVRLittleEndian
    image.SetTransferSyntax(gdcm.TransferSyntax(native))
    image.SetPixelFormat(
        gdcm.PixelFormat(
            pixels.samples, pixels.bits_allocated, precision, precision - 1, int(pixels.signed)
        )
    )
    if pixels.samples > 1:
        image.SetPlanarConfiguration(0)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(content * count)
    image.SetDataElement(element)
    change = gdcm.ImageChangeTransferSyntax()
    syntax = gdcm.TransferSyntax.GetTSType(form.target.uid)
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(image)
    if not change.Change():
        raise Undecodable("The frame cannot be encoded")
    fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
    # GDCM gives bytes as text.
    text: str = fragments.GetFragment(0).GetByteValue().GetBuffer()
    return text.encode("utf-8", "surrogateescape")
