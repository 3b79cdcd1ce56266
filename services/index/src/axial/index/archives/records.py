"""The directory records of one instance, of which a DICOMDIR is made (PS3.3 section F.3). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from axial.common.attributes import vr_of
from axial.common.datasets import Dataset, Tree
from axial.common.values import NUMBER_FORMATS
from axial.index.archives.encoding import encode, encode_item, encode_sequence, value_of
from axial.index.archives.record_types import (
    CONTENT_SEQUENCE,
    VERIFICATION_DATE_TIME,
    Presence,
    RecordType,
)

UINT32 = Struct("<I")
"""A position in the directory."""

_IN_USE = b"\xff\xff"

_NEXT_RECORD, _RECORD_IN_USE, _LOWER_RECORDS = 0x00041400, 0x00041410, 0x00041420
_RECORD_TYPE = 0x00041430
_REFERENCED_FILE_ID = 0x00041500
_REFERENCED_SOP_CLASS_UID = 0x00041510
_REFERENCED_SOP_INSTANCE_UID = 0x00041511
_REFERENCED_TRANSFER_SYNTAX_UID = 0x00041512
_SPECIFIC_CHARACTER_SET = 0x00080005

NEXT_RECORD_AT = 16
"""Where in a record the position of the one after it stands: behind the heads of the item and the element."""

LOWER_RECORDS_AT = NEXT_RECORD_AT + 4 + 10 + 8
"""Where in a record the position of the first one below it stands."""

# What may stand for a date or a time of a study that the file does not tell, as in DCMTK and Orthanc.
_INSTEAD = {
    0x00080020: (0x00080021, 0x00080022, 0x00080023),
    0x00080030: (0x00080031, 0x00080032, 0x00080033),
}
# Of a document's content only what says more about its title belongs into the record (PS3.3 section F.5.22).
_RELATIONSHIP_TYPE = 0x0040A010
_MODIFIES_THE_TITLE = b"HAS CONCEPT MOD"
# Each observer has a time of its own; the latest counts (PS3.3 section F.5.22).
_VERIFYING_OBSERVERS = 0x0040A073


@dataclass(frozen=True, slots=True)
class File:
    """What a record tells of the file that it stands for."""

    name: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def encode_record(kind: RecordType, tree: Tree, file: File | None = None) -> bytes:
    """Write a record as an item; nothing follows it yet, and nothing is below it."""
    parts = [
        encode(_NEXT_RECORD, "UL", UINT32.pack(0)),
        encode(_RECORD_IN_USE, "US", _IN_USE),
        encode(_LOWER_RECORDS, "UL", UINT32.pack(0)),
        encode(_RECORD_TYPE, "CS", kind.name.encode()),
    ]
    if file is not None:
        parts += [
            encode(_REFERENCED_FILE_ID, "CS", file.name.replace("/", "\\").encode()),
            encode(_REFERENCED_SOP_CLASS_UID, "UI", file.sop_class_uid.encode()),
            encode(_REFERENCED_SOP_INSTANCE_UID, "UI", file.sop_instance_uid.encode()),
            encode(_REFERENCED_TRANSFER_SYNTAX_UID, "UI", file.transfer_syntax_uid.encode()),
        ]
    # Texts keep their bytes, and so the name of what they are encoded in.
    keys = {_SPECIFIC_CHARACTER_SET: Presence.WITH_VALUE, **kind.keys}
    parts += [_encode_key(tag, presence, tree) for tag, presence in keys.items()]
    return encode_item(b"".join(parts))


def _encode_key(tag: int, presence: Presence, tree: Tree) -> bytes:
    """Write one key, from the data set of the file."""
    vr = vr_of(tag)
    if vr == "SQ":
        items = _items(tag, tree.root)
        if tag == CONTENT_SEQUENCE:
            items = [each for each in items if _relationship(each, tree) == _MODIFIES_THE_TITLE]
        encoded = encode_sequence(tag, items, tree.data)
        return encoded if items or presence is Presence.ALWAYS else b""
    if tag == VERIFICATION_DATE_TIME:
        observers = _items(_VERIFYING_OBSERVERS, tree.root)
        value = max((_value(tag, each, tree.data) for each in observers), default=b"")
    else:
        value = _first(_value(each, tree.root, tree.data) for each in (tag, *_INSTEAD.get(tag, ())))
    return encode(tag, vr, value) if value or presence is Presence.ALWAYS else b""


def _items(tag: int, dataset: Dataset) -> list[Dataset]:
    element = dataset.elements.get(tag)
    return [] if element is None else element.items or []


def _value(tag: int, dataset: Dataset, data: bytes) -> bytes:
    """Take a value, a text without its padding."""
    element = dataset.elements.get(tag)
    if element is None or element.items is not None:
        return b""
    value = value_of(element, dataset, data)
    return value if vr_of(tag) in NUMBER_FORMATS else value.rstrip(b" \0")


def _first(values: Iterable[bytes]) -> bytes:
    return next(filter(None, values), b"")


def _relationship(item: Dataset, tree: Tree) -> bytes:
    return _value(_RELATIONSHIP_TYPE, item, tree.data)
