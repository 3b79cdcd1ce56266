"""From the values of a picture to a file."""

from io import BytesIO

import numpy as np
from PIL import Image

from axial.index.images.tasks import Format
from axial.pixels.decoding import Array

_COLOUR_DIMENSIONS = 3
# Of zlib. Its default takes three times as long for a file a tenth smaller.
_PNG_LEVEL = 3


def encode_picture(shown: Array, format_: Format, quality: int) -> bytes:
    """Write bytes or 16-bit numbers as a file; negative numbers as two's complement."""
    if shown.dtype == np.int16:
        shown = shown.view(np.uint16)
    if format_ is Format.PAM:
        return _pam(shown)
    file = BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(shown))
    if format_ is Format.PNG:
        picture.save(file, "PNG", compress_level=_PNG_LEVEL)
    else:
        picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _pam(shown: Array) -> bytes:
    """Write a Portable Arbitrary Map: https://netpbm.sourceforge.net/doc/pam.html."""
    is_colour = shown.ndim == _COLOUR_DIMENSIONS
    head = (
        f"P7\nWIDTH {shown.shape[1]}\nHEIGHT {shown.shape[0]}\nDEPTH {3 if is_colour else 1}\n"
        f"MAXVAL {np.iinfo(shown.dtype).max}\nTUPLTYPE {'RGB' if is_colour else 'GRAYSCALE'}\nENDHDR\n"
    )
    return head.encode() + shown.astype(shown.dtype.newbyteorder(">")).tobytes()


def encode_numbers(values: Array) -> bytes:
    """Write little endian numbers, rows first."""
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def encode_matlab(values: Array) -> bytes:
    """Write an expression that Octave and Matlab evaluate to the matrix of the values.

    They fill a matrix columns first; so colour, written rows first, is told its sizes in reverse.
    """
    if values.ndim == _COLOUR_DIMENSIONS:
        rows, columns, channels = values.shape
        body = " ".join(map(str, values.ravel().tolist()))
        sizes = f"{channels} {columns} {rows}"
        return f"double(permute(reshape([ {body} ], [ {sizes} ]), [ 3 2 1 ]))".encode()
    lines = (" ".join(map(str, row)) for row in values.tolist())
    return f"double([ {' ; '.join(lines)} ])".encode()
