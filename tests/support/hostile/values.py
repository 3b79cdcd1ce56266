"""Files whose values are not what their attributes promise."""

from collections.abc import Iterator

from axial.common.testing.dicom_files import encoded_element
from support.hostile import building as b

# What should not be in a name: other encodings, other alphabets, what ends or leaves a text.
_RUBBISH = (
    b"", b" ", b"\0", b"\0\0\0\0", b"\xff\xfe\xfd", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil".encode(), "\N{ZERO WIDTH NO-BREAK SPACE}1.2".encode(),
    "\N{ARABIC-INDIC DIGIT ONE}.2".encode(),
    b"1.2\0.3", b"1.2\n3", b"1.2\\3.4", b"../../etc/passwd", b"%00%2e%2e/", b"'; DROP TABLE x; --", b'"}{"',
    b"*", b"?", b"1." * 32, b"1" * 64, b"1" * 65, b"1" * 1_000, b"1" * 30_000, b"\x1b$B\x1b(B", b"\x7f\x1b",
    b"<script>", b"1..2", b".", b"-1", b"1e5", b"|", b"a|b", b"\\",
)  # fmt: skip


def names() -> Iterator[tuple[str, bytes]]:
    """Identifiers that name nothing, or too much."""
    for rubbish in _RUBBISH:
        for tag, vr in (
            (b.SOP_INSTANCE_UID, "UI"),
            (b.STUDY_INSTANCE_UID, "UI"),
            (b.PATIENT_ID, "LO"),
            (b.SOP_CLASS_UID, "UI"),
        ):
            named = {tag: encoded_element(tag, vr, rubbish)}
            yield f"{rubbish[:20]!r}, {len(rubbish)} bytes, in {tag:08x}", b.instance(named)


def texts() -> Iterator[tuple[str, bytes]]:
    """Texts in other character sets than they say."""
    sets = (
        b"ISO_IR 999", b"\\\\\\", b"ISO 2022 IR 87", b"\\ISO 2022 IR 149\\ISO 2022 IR 58", b"GB18030", b"ISO_IR 192",
        b"ISO_IR 13", b"\\" * 500, b"utf-7", b"\xff\xff", b"rot13", b"idna",
    )  # fmt: skip
    values = (
        b"\x1b$B",
        b"\x1b$)C\xb1",
        b"\x81",
        b"\xff" * 30,
        b"\0a\0",
        b"\x1b(I\xff=^\x1b",
        b"a\\b^c=d^e=\x1b$B",
    )
    for number, (charset, value) in enumerate((c, v) for c in sets for v in values):
        yield (
            f"{value!r} in {charset[:20]!r}, {number}",
            b.instance(
                {
                    b.SPECIFIC_CHARACTER_SET: encoded_element(
                        b.SPECIFIC_CHARACTER_SET, "CS", charset
                    ),
                    b.PATIENT_NAME: encoded_element(b.PATIENT_NAME, "PN", value),
                    b.PATIENT_ID: encoded_element(b.PATIENT_ID, "LO", b"HOSTILE" + value),
                    0x00081030: encoded_element(0x00081030, "LO", value),
                }
            ),
        )


# What stands where a number is told in words.
_WORDS = (
    "", "-1", "0", "9" * 11, "9" * 19, "9" * 300, "1e400", "-1e400", "nan", "inf", "0x10", "1_0", "x", "1\\2",
    "\N{ARABIC-INDIC DIGIT ONE}",
)  # fmt: skip
_WORDED = {
    0x00200013: "IS",  # InstanceNumber
    0x00201002: "IS",  # ImagesInAcquisition
    0x00200105: "IS",  # NumberOfTemporalPositions
    0x00181090: "IS",  # CardiacNumberOfImages
    0x00540081: "US",  # NumberOfSlices, wrongly told
    0x00280008: "IS",  # NumberOfFrames
    0x00281050: "DS",  # WindowCenter
    0x00281051: "DS",  # WindowWidth
    0x00281052: "DS",  # RescaleIntercept
    0x00281053: "DS",  # RescaleSlope
    0x00200032: "DS",  # ImagePositionPatient
    0x00200037: "DS",  # ImageOrientationPatient
    0x00080020: "DA",
    0x00080030: "TM",
    0x00280030: "DS",  # PixelSpacing
}


def numbers() -> Iterator[tuple[str, bytes]]:
    """Words where numbers should be."""
    pixels = encoded_element(b.PIXEL_DATA, "OW", bytes(32))
    for word in _WORDS:
        told = {tag: b.text(tag, vr, word) for tag, vr in _WORDED.items()}
        yield (
            f"{word[:20]!r}, {len(word)} characters, for all numbers",
            b.instance(b.image() | told, pixels=pixels),
        )
        frames = {0x00280008: b.text(0x00280008, "IS", word)}
        yield (
            f"{word[:20]!r}, {len(word)} characters, frames",
            b.instance(b.image() | frames, pixels=pixels),
        )
