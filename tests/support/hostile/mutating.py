"""Real files, damaged in the places that decide how they are read."""

from functools import cache

import pydicom
from hypothesis import strategies as st

from axial.common.testing.dicom_files import shipped_file
from support.hostile import building as b

# One of each encoding and of each kind of pixel data, nested and flat; small, for many are sent.
_SEEDS = (
    "MR_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_rle_2frame.dcm",
    "image_dfl.dcm",
    "rtplan.dcm",
    "reportsi.dcm",
    "chrH32.dcm",
    "liver_1frame.dcm",
)
_TELLING = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"\xfe\xff\x00\xe0",
    b"\xfe\xff\x0d\xe0",
    b"\xfe\xff\xdd\xe0",
    b"SQ\0\0",
    b"UN\0\0",
    b"\xe0\x7f\x10\0",
    b"\xff\xd9",
    b"\xff\xd8",
    b"\x1b$B",
    b"\\",
    b"\xff",
    b"\0",
)


@cache
def _seed(name: str) -> tuple[bytes, bytes]:
    """A file, and its SOPInstanceUID."""
    path = shipped_file(name)
    uid = pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
    return path.read_bytes(), str(uid).encode()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One file under a name of its own, with bits flipped, bytes overwritten or put in, or its end missing."""
    original, uid = _seed(draw(st.sampled_from(_SEEDS)))
    content = bytearray(original.replace(uid, b.uid().ljust(len(uid), "0").encode()[: len(uid)]))
    last = len(content) - 1
    # Anywhere, but rather behind what names the instance: most of it is to be stored.
    places = st.one_of(st.integers(600, min(last, 3_000)), st.integers(300, last))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(places)
        match draw(st.sampled_from(("flip", "flip", "overwrite", "overwrite", "insert", "cut"))):
            case "flip":
                content[at % len(content)] ^= 1 << draw(st.integers(0, 7))
            case "overwrite":
                telling = draw(st.sampled_from(_TELLING))
                content[at : at + len(telling)] = telling
            case "insert":
                content[at:at] = draw(st.sampled_from(_TELLING))
            case "cut":
                del content[at:]
    return bytes(content)
