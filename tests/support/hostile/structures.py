"""Files whose parts do not fit together."""

import struct
from collections.abc import Iterator

from axial.common.testing.dicom_files import encoded_element, shipped_file
from support.hostile import building as b

# Lengths that are more than is there, look negative, or mean that there is none.
_LENGTHS = (b.UNDEFINED, 0xFFFFFFFE, 0x80000000, 0x7FFFFFFF, 0x00FFFFFF, 0xFFFF, 3)


def lengths() -> Iterator[tuple[str, bytes]]:
    """Lengths that are wrong, undefined, or both."""
    for length in _LENGTHS:
        for vr, tag in (
            ("UN", 0x00091010),
            ("SQ", 0x00081140),
            ("OB", 0x00420011),
            ("LO", 0x00081030),
        ):
            broken = b.head(tag, vr, length) + b"rest"
            yield f"{vr} of {length:#x}", b.instance({tag: broken})
        pixels = b.head(b.PIXEL_DATA, "OW", length) + bytes(32)
        yield f"pixel data of {length:#x}", b.instance(b.image(), pixels=pixels)
        inside = b.head(0x00081140, "SQ", 16) + b.item(length) + bytes(8)
        yield f"an item of {length:#x}", b.instance({0x00081140: inside})
        # In implicit VR every length has 32 bits.
        implicit = struct.pack("<HHI", 0x0008, 0x1030, length) + b"rest"
        yield f"implicit, {length:#x}", b.meta(b.IMPLICIT) + implicit
        yield f"group 2 of {length:#x}", bytes(128) + b"DICM" + b.head(0x00020001, "OB", length)
    everywhere = {
        tag: b.head(tag, vr, b.UNDEFINED) + b.item(b.UNDEFINED) + b.ITEM_END + b.SEQUENCE_END
        for tag, vr in (
            (0x00081140, "SQ"),
            (0x00091010, "UN"),
            (0x00420011, "OB"),
            (0x00081115, "SQ"),
        )
    }
    yield "undefined lengths everywhere", b.instance(everywhere)
    endless = b.head(0x00081140, "SQ", b.UNDEFINED) + b.item(b.UNDEFINED)
    yield "a sequence without an end", b.instance({0x00081140: endless})
    yield (
        "an item that ends twice",
        b.instance({0x00081140: endless + b.ITEM_END + b.ITEM_END + b.SEQUENCE_END}),
    )
    yield "a delimiter alone", b.instance({0x00081140: b.SEQUENCE_END})


def nested() -> Iterator[tuple[str, bytes]]:
    """Sequences in sequences, with and without lengths and ends."""
    opening = b.head(0x00081140, "SQ", b.UNDEFINED) + b.item(b.UNDEFINED)
    closing = b.ITEM_END + b.SEQUENCE_END
    unknown = b.head(0x00091010, "UN", b.UNDEFINED) + b.item(b.UNDEFINED)
    for depth in (20, 60, 1_000, 100_000):
        yield f"{depth} deep", b.instance({0x00081140: opening * depth + closing * depth})
        yield f"{depth} deep, unknown", b.instance({0x00091010: unknown * depth + closing * depth})
        yield f"{depth} deep, without an end", b.instance({0x00081140: opening * depth})
    for depth in (20, 60, 3_000):
        value = b""
        for _ in range(depth):
            value = b.head(0x00081140, "SQ", len(value) + 8) + b.item(len(value)) + value
        yield f"{depth} deep, with lengths", b.instance({0x00081140: value})
        behind = b.head(b.PIXEL_DATA, "OW", 32) + bytes(32)
        yield (
            f"{depth} deep, behind the pixels",
            b.instance(
                b.image(), pixels=behind, tail=value.replace(b"\x08\0\x40\x11", b"\xfa\xff\xfa\xff")
            ),
        )


def cuts() -> Iterator[tuple[str, bytes]]:
    """A file that ends too early: before, in and behind each of its parts."""
    items = b.item(8) + b.head(0x00081150, "UI", 0) + b.SEQUENCE_END
    sequence = b.head(0x00081140, "SQ", b.UNDEFINED) + items
    pixels = encoded_element(b.PIXEL_DATA, "OW", bytes(32))
    whole = b.instance(b.image() | {0x00081140: sequence}, pixels=pixels)
    # No part has a length that this step could keep in time with.
    for at in range(128, len(whole), 7):
        yield f"cut at {at}", whole[:at]


def twice() -> Iterator[tuple[str, bytes]]:
    """What should be there once, or elsewhere."""
    for tag, vr in ((b.PATIENT_ID, "LO"), (b.SOP_INSTANCE_UID, "UI"), (0x00081030, "LO")):
        both = b.text(tag, vr, b.uid()) + b.text(tag, vr, b.uid())
        yield f"{tag:08x} twice", b.instance({tag: both})
    pixels = encoded_element(b.PIXEL_DATA, "OW", bytes(32))
    yield "pixels twice", b.instance(b.image(), pixels=pixels * 2)
    yield (
        "back to front",
        b.meta(b.EXPLICIT) + b.text(0x00400254, "LO", "late") + b.dataset(b.image()),
    )
    yield "two files in one", b.instance(b.image(), pixels=pixels, tail=b.instance(b.image()))
    small = shipped_file("CT_small.dcm").read_bytes()
    yield "with zeros behind", b.instance(b.image(), pixels=pixels, tail=bytes(100_000))
    yield (
        "big endian, but little",
        small.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0", 1),
    )
