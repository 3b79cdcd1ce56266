"""Files with pixel data that cannot be shown."""

import struct
from collections.abc import Iterator

from axial.common.testing.dicom_files import encoded_element
from support.hostile import building as b


def pixels() -> Iterator[tuple[str, bytes]]:
    """Shapes, palettes, fragments and bit streams that lie."""
    few = encoded_element(b.PIXEL_DATA, "OW", bytes(32))
    shapes: tuple[dict[str, int], ...] = (
        {"rows": 0}, {"columns": 0}, {"rows": 65535, "columns": 65535}, {"rows": 65535, "columns": 65535, "samples": 3},
        {"samples": 0}, {"samples": 65535}, {"allocated": 0}, {"allocated": 1}, {"allocated": 12}, {"allocated": 64},
        {"allocated": 65535}, {"stored": 0}, {"stored": 65535}, {"high": 65535}, {"high": 0}, {"signed": 65535},
        {"allocated": 32, "stored": 32, "high": 31}, {"allocated": 8, "stored": 16, "high": 15},
    )  # fmt: skip
    for shape in shapes:
        yield f"a picture with {shape}", b.instance(b.image(**shape), pixels=few)
    many = b.image(1, 1) | {0x00280008: b.text(0x00280008, "IS", "2147483647")}
    yield "frames without end", b.instance(many, pixels=few)
    huge = b.image(65535, 65535) | {0x00280008: b.text(0x00280008, "IS", "2147483647")}
    yield "a huge picture in all", b.instance(huge, pixels=few)
    yield "no picture", b.instance(pixels=few)
    yield (
        "a picture of nothing",
        b.instance(b.image(), pixels=encoded_element(b.PIXEL_DATA, "OW", b"")),
    )
    palette = b.image(allocated=8, stored=8, high=7) | {
        0x00280004: b.text(0x00280004, "CS", "PALETTE COLOR"),
        0x00281101: encoded_element(0x00281101, "US", struct.pack("<HHH", 65535, 65535, 65535)),
        0x00281201: encoded_element(0x00281201, "OW", b"\1\2"),
    }
    yield "a palette that is not there", b.instance(palette, pixels=few)
    table = b.head(0x00283000, "SQ", b.UNDEFINED) + b.item(b.UNDEFINED)
    table += encoded_element(0x00283002, "US", struct.pack("<HHH", 0, 65535, 16))
    table += encoded_element(0x00283006, "OW", b"\1") + b.ITEM_END + b.SEQUENCE_END
    yield "a table that is not there", b.instance(b.image() | {0x00283000: table}, pixels=few)
    streams = {
        "jpeg": (b.JPEG, b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1"),
        "lossless": (b.JPEG_LOSSLESS, b"\xff\xd8\xff\xc3\0\x0b\x10\xff\xff\xff\xff\1\1\x11\0\xff\xd9"),
        "jpeg-ls": (b.JPEG_LS, b"\xff\xd8\xff\xf7\0\x0b\x10\xff\xff\xff\xff\1\1\x11\0\xff\xda\0\x08\1\1\0\0\0\0"),
        "jpeg 2000": (b.JPEG_2000, b"\xff\x4f\xff\x51\0\x29\0\0" + b"\xff" * 36 + b"\0\1\x0f\1\1\xff\xd9"),
        "rle": (b.RLE, struct.pack("<16I", 0xFFFFFFFF, *([0x7FFFFFFF] * 15))),
        "short rle": (b.RLE, b"\2"),
    }  # fmt: skip
    for name, (syntax, stream) in streams.items():
        for what, content in (("", stream), ("empty ", b""), ("random ", bytes(range(256)))):
            yield (
                f"{what}{name}",
                b.instance(
                    b.image(),
                    syntax=syntax,
                    pixels=b.fragments(content + b"\0" * (len(content) % 2)),
                ),
            )
    yield "no fragments", b.instance(b.image(), syntax=b.RLE, pixels=b.fragments())
    yield "many fragments", b.instance(b.image(), syntax=b.RLE, pixels=b.fragments(*[b""] * 20_000))
    yield (
        "fragments without an end",
        b.instance(b.image(), syntax=b.JPEG, pixels=b.fragments(b"\xff\xd8", end=b"")),
    )
    offsets = (
        b.head(b.PIXEL_DATA, "OB", b.UNDEFINED) + b.item(8) + b"\xff" * 8 + b.item(2) + b"\0\0"
    )
    two = b.image() | {0x00280008: b.text(0x00280008, "IS", "2")}
    yield "offsets beyond", b.instance(two, syntax=b.RLE, pixels=offsets + b.SEQUENCE_END)
    yield "compressed, but native", b.instance(b.image(), syntax=b.JPEG_2000, pixels=few)
    yield "native, but in fragments", b.instance(b.image(), pixels=b.fragments(bytes(32)))
    yield "an unknown syntax", b.instance(b.image(), syntax="1.2.3.4.5", pixels=few)
    yield "no syntax", b.instance(b.image(), syntax="", pixels=few)
    pdf = {
        b.SOP_CLASS_UID: b.text(b.SOP_CLASS_UID, "UI", "1.2.840.10008.5.1.4.1.1.104.1"),
        0x00420011: encoded_element(0x00420011, "OB", b"no PDF"),
        0x00420015: encoded_element(0x00420015, "UL", b"\xff\xff\xff\xff"),
    }
    yield "a document longer than itself", b.instance(pdf)
