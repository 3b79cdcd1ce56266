"""What stands before a data set in a file (PS3.10 section 7.1)."""

import struct

from axial.common.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

_PREAMBLE = bytes(128) + b"DICM"
_SHORT = struct.Struct("<HH2sH")
_LONG = struct.Struct("<HH2sxxI")
_GROUP_LENGTH = struct.Struct("<HH2sHI")


def file_head(
    sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, sending_aet: str
) -> bytes:
    """Write preamble and file meta information, as the receiver of a C-STORE has to (PS3.10 7.1)."""
    group = b"".join(
        (
            _LONG.pack(2, 0x0001, b"OB", 2) + b"\0\1",
            _text(0x0002, b"UI", sop_class_uid),
            _text(0x0003, b"UI", sop_instance_uid),
            _text(0x0010, b"UI", transfer_syntax_uid),
            _text(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _text(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
            _text(0x0016, b"AE", sending_aet),
        )
    )
    return _PREAMBLE + _GROUP_LENGTH.pack(2, 0, b"UL", 4, len(group)) + group


def _text(element: int, vr: bytes, text: str) -> bytes:
    raw = text.encode("ascii", "replace")
    if len(raw) % 2:
        raw += b"\0" if vr == b"UI" else b" "
    return _SHORT.pack(2, element, vr, len(raw)) + raw
