"""A DICOMDIR, written record by record (PS3.3 section F.3).

Its records point at one another by their positions in the file. A file is written, not a data set in memory,
and who comes later is written into who came before: so that as many instances as there are need no memory.
"""

import uuid
from typing import BinaryIO

from axial.common.datasets import Tree, read_tree
from axial.common.elements import SEQUENCE_END
from axial.common.identifiers import ResourceId
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.index.archives.encoding import encode
from axial.index.archives.record_types import (
    EXTENDED_SERIES,
    PATIENT,
    SERIES,
    STUDY,
    RecordType,
    record_type,
)
from axial.index.archives.records import (
    LOWER_RECORDS_AT,
    NEXT_RECORD_AT,
    UINT32,
    File,
    encode_record,
)

DIRECTORY_NAME = "DICOMDIR"
"""The name of the file (PS3.10 section 8.6)."""

_MEDIA_STORAGE_DIRECTORY_STORAGE = "1.2.840.10008.1.3.10"
# Derived from a UUID (PS3.5 section B.2) that was made for this program.
_IMPLEMENTATION_CLASS_UID = "2.25.270071374242677997181489890479486497293"
_IMPLEMENTATION_VERSION_NAME = "AXIAL"
_FILE_SET_ID = "AXIAL_MEDIA"

_PREAMBLE = bytes(128) + b"DICM"
_CONSISTENT = b"\0\0"
# An element with a position: its tag, its VR, its length, its value.
_POSITION_VALUE_AT = 8
_UNDEFINED_LENGTH = b"\xff\xff\xff\xff"


class Directory:
    """Writes a directory; instances come sorted by patient, by study and by series."""

    def __init__(self, file: BinaryIO, *, extended: bool) -> None:
        self._file = file
        self._kinds: tuple[RecordType, ...] = (
            PATIENT,
            STUDY,
            EXTENDED_SERIES if extended else SERIES,
        )
        file.write(_PREAMBLE + _file_meta() + encode(0x00041130, "CS", _FILE_SET_ID.encode()))
        self._first_root_at = file.tell() + _POSITION_VALUE_AT
        file.write(encode(0x00041200, "UL", UINT32.pack(0)))
        self._last_root_at = file.tell() + _POSITION_VALUE_AT
        file.write(encode(0x00041202, "UL", UINT32.pack(0)))
        file.write(encode(0x00041212, "US", _CONSISTENT))
        file.write(encode(0x00041220, "SQ", b"")[:-4] + _UNDEFINED_LENGTH)
        self._place: tuple[ResourceId, ...] = ()
        # The last record of each level, as far down as the last instance.
        self._last: list[int] = []

    def add(self, place: tuple[ResourceId, ...], header: bytes, file: File) -> None:
        """List an instance of a patient, a study and a series, with these where they are new."""
        tree = read_tree(header)
        known = _agreeing(self._place, place)
        for level, kind in list(enumerate(self._kinds))[known:]:
            self._append(level, kind, tree)
        self._append(len(self._kinds), record_type(file.sop_class_uid), tree, file)
        self._place = place

    def finish(self) -> None:
        """Write the end of the directory."""
        self._file.write(UINT32.pack(_as_written(SEQUENCE_END)) + bytes(4))

    def _append(self, level: int, kind: RecordType, tree: Tree, file: File | None = None) -> None:
        """Write a record behind the others, and its position where it is looked for."""
        position = self._file.tell()
        self._file.write(encode_record(kind, tree, file))
        end = self._file.tell()
        if len(self._last) > level:
            self._write_position(self._last[level] + NEXT_RECORD_AT, position)
        elif level > 0:
            self._write_position(self._last[level - 1] + LOWER_RECORDS_AT, position)
        else:
            self._write_position(self._first_root_at, position)
        if level == 0:
            self._write_position(self._last_root_at, position)
        self._last[level:] = [position]
        self._file.seek(end)

    def _write_position(self, at: int, position: int) -> None:
        self._file.seek(at)
        self._file.write(UINT32.pack(position))


def _agreeing(one: tuple[ResourceId, ...], other: tuple[ResourceId, ...]) -> int:
    """Count the levels that two places have in common, from the patient down."""
    common = 0
    while common < len(one) and one[common] == other[common]:
        common += 1
    return common


def _file_meta() -> bytes:
    """Write the File Meta Information (PS3.10 section 7.1) of a directory of its own."""
    group = b"".join(
        (
            encode(0x00020001, "OB", b"\0\1"),
            encode(0x00020002, "UI", _MEDIA_STORAGE_DIRECTORY_STORAGE.encode()),
            encode(0x00020003, "UI", f"2.25.{uuid.uuid4().int}".encode()),
            encode(0x00020010, "UI", EXPLICIT_VR_LITTLE_ENDIAN.encode()),
            encode(0x00020012, "UI", _IMPLEMENTATION_CLASS_UID.encode()),
            encode(0x00020013, "SH", _IMPLEMENTATION_VERSION_NAME.encode()),
        )
    )
    return encode(0x00020000, "UL", UINT32.pack(len(group))) + group


def _as_written(tag: int) -> int:
    """Turn a tag into the number that its bytes are in little endian."""
    return (tag & 0xFFFF) << 16 | tag >> 16
