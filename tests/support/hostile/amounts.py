"""Files with too much of something."""

import zlib
from collections.abc import Iterator

from axial.common.testing.dicom_files import encoded_element
from support.hostile import building as b

_MEBIBYTE = 1024 * 1024


def many() -> Iterator[tuple[str, bytes]]:
    """Elements, items and characters beyond count."""
    empty = b.head(0x00091010, "LO", 0)
    yield "50,000 elements", b.instance({0x00091010: empty * 50_000})
    items = b.head(0x00081140, "SQ", b.UNDEFINED) + b.item(0) * 50_000 + b.SEQUENCE_END
    yield "50,000 items", b.instance({0x00081140: items})
    yield "200,000 elements", b.instance({0x00091010: empty * 200_000})
    yield (
        "a long text",
        b.instance({0x00104000: encoded_element(0x00104000, "UT", b"x" * _MEBIBYTE)}),
    )
    yield "a long name", b.instance({b.PATIENT_NAME: b.text(b.PATIENT_NAME, "PN", "^" * 60_000)})
    yield "many values", b.instance({0x00080008: b.text(0x00080008, "CS", "\\" * 60_000)})


def deflated() -> Iterator[tuple[str, bytes]]:
    """Deflated data sets: bombs, and broken ones."""

    def packed(content: bytes) -> bytes:
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return deflater.compress(content) + deflater.flush()

    zeros = encoded_element(0x00420011, "OB", bytes(80 * _MEBIBYTE))
    yield "a deflated bomb", b.meta(b.DEFLATED) + packed(b.dataset({0x00420011: zeros}))
    nothing = b.head(0x00091010, "LO", 0) * 3_000_000
    yield (
        "a deflated bomb of elements",
        b.meta(b.DEFLATED) + packed(b.dataset({0x00091010: nothing})),
    )
    pixels = encoded_element(b.PIXEL_DATA, "OW", bytes(2 * _MEBIBYTE))
    yield (
        "deflated pixels",
        b.meta(b.DEFLATED) + packed(b.dataset(b.image(1024, 1024), pixels=pixels)),
    )
    whole = packed(b.dataset(b.image()))
    yield "deflated, cut short", b.meta(b.DEFLATED) + whole[: len(whole) // 2]
    yield "deflated, but is not", b.instance(b.image(), syntax=b.DEFLATED)
    yield "deflated, and more", b.meta(b.DEFLATED) + whole + whole
    yield "deflated, damaged", b.meta(b.DEFLATED) + whole[:20] + b"\xff" + whole[21:]
