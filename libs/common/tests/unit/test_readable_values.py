"""Values as Orthanc shows them: texts without padding, numbers as digits."""

import pytest

from axial.common.charsets import LATIN1
from axial.common.elements import ByteOrder
from axial.common.values import readable


@pytest.mark.parametrize(
    ("vr", "value", "byte_order", "shown"),
    [
        ("PN", b"M\xfcller ", "little", "Müller"),
        ("LO", b" a\0b", "little", " a"),
        ("UI", b" 1.2\0", "little", "1.2"),
        ("US", b"\x00\x02\x01\x00", "little", "512\\1"),
        ("US", b"\x02\x00", "big", "512"),
        ("SS", b"\xff\xff", "little", "-1"),
        ("FL", b"\xcd\xcc\xcc\x3d", "little", "0.10000000149011612"),
        ("AT", b"\x18\x00\x63\x10", "little", "0018,1063"),
        ("US", b"\x01", "little", None),
        ("AT", b"\x18\x00", "little", None),
        ("OB", b"abc", "little", None),
        ("UN", b"abc", "little", None),
    ],
)
def test_values(vr: str, value: bytes, byte_order: ByteOrder, shown: str | None) -> None:
    """What is a text or a number is shown; what is neither, or cut short, is not."""
    assert readable(value, vr, byte_order, LATIN1) == shown
