"""Command sets (PS3.7 section 6.3, annex E): a dozen elements in Implicit VR Little Endian.

pydicom would take a third of a millisecond to read one, which is more than all else that a small C-STORE costs
here; the elements are few and their encoding is fixed.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from axial.dimse.messages.status import Status


class Field(IntEnum):
    """Command Field (0000,0100)."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_GET_RQ = 0x0010
    C_GET_RSP = 0x8010
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_MOVE_RQ = 0x0021
    C_MOVE_RSP = 0x8021
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    N_EVENT_REPORT_RQ = 0x0100
    N_EVENT_REPORT_RSP = 0x8100
    N_ACTION_RQ = 0x0130
    N_ACTION_RSP = 0x8130
    C_CANCEL_RQ = 0x0FFF


class Element(IntEnum):
    """The elements that are used, as their element numbers in group 0000."""

    GROUP_LENGTH = 0x0000
    AFFECTED_SOP_CLASS_UID = 0x0002
    REQUESTED_SOP_CLASS_UID = 0x0003
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_BEING_RESPONDED_TO = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    COMMAND_DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    OFFENDING_ELEMENT = 0x0901
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE_UID = 0x1000
    REQUESTED_SOP_INSTANCE_UID = 0x1001
    EVENT_TYPE_ID = 0x1002
    ACTION_TYPE_ID = 0x1008
    REMAINING_SUBOPERATIONS = 0x1020
    COMPLETED_SUBOPERATIONS = 0x1021
    FAILED_SUBOPERATIONS = 0x1022
    WARNING_SUBOPERATIONS = 0x1023
    MOVE_ORIGINATOR_AET = 0x1030
    MOVE_ORIGINATOR_MESSAGE_ID = 0x1031


Value = str | int
Elements = Mapping[Element, Value]

NO_DATA_SET = 0x0101
_DATA_SET = 0x0001
# LO holds 64 characters.
_COMMENT_CHARACTERS = 64

_HEAD = struct.Struct("<HHI")
_TEXTS = frozenset(
    {
        Element.AFFECTED_SOP_CLASS_UID,
        Element.REQUESTED_SOP_CLASS_UID,
        Element.AFFECTED_SOP_INSTANCE_UID,
        Element.REQUESTED_SOP_INSTANCE_UID,
        Element.MOVE_DESTINATION,
        Element.MOVE_ORIGINATOR_AET,
        Element.ERROR_COMMENT,
    }
)
_KNOWN = {int(element): element for element in Element}
_UIDS = frozenset(
    {
        Element.AFFECTED_SOP_CLASS_UID,
        Element.REQUESTED_SOP_CLASS_UID,
        Element.AFFECTED_SOP_INSTANCE_UID,
        Element.REQUESTED_SOP_INSTANCE_UID,
    }
)


class BadCommand(Exception):
    """The bytes are not a command set that can be answered."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command set that was received."""

    field: Field
    elements: Elements

    @property
    def has_data_set(self) -> bool:
        """Whether a data set follows."""
        return self.elements.get(Element.COMMAND_DATA_SET_TYPE, NO_DATA_SET) != NO_DATA_SET

    @property
    def message_id(self) -> int:
        """What the response names."""
        return int(self.elements.get(Element.MESSAGE_ID, 0))

    @property
    def responded_to(self) -> int:
        """Which request a response or a cancellation is about."""
        return int(self.elements.get(Element.MESSAGE_ID_BEING_RESPONDED_TO, 0))

    @property
    def sop_class_uid(self) -> str:
        """The SOP class it is about."""
        affected = self.elements.get(Element.AFFECTED_SOP_CLASS_UID)
        return str(affected or self.elements.get(Element.REQUESTED_SOP_CLASS_UID, ""))

    @property
    def sop_instance_uid(self) -> str:
        """The SOP instance it is about."""
        affected = self.elements.get(Element.AFFECTED_SOP_INSTANCE_UID)
        return str(affected or self.elements.get(Element.REQUESTED_SOP_INSTANCE_UID, ""))


def decode(raw: bytes) -> Command:
    """Read a command set; raise BadCommand."""
    elements: dict[Element, Value] = {}
    position = 0
    while position < len(raw):
        try:
            group, number, length = _HEAD.unpack_from(raw, position)
        except struct.error:
            raise BadCommand from None
        start = position + _HEAD.size
        position = start + length
        if group != 0 or position > len(raw):
            raise BadCommand
        element = _KNOWN.get(number)
        if element is not None:
            elements[element] = _value(element, raw[start:position])
    try:
        field = Field(int(elements[Element.COMMAND_FIELD]))
    except (KeyError, ValueError):
        raise BadCommand from None
    return Command(field, elements)


def _value(element: Element, raw: bytes) -> Value:
    if element in _TEXTS:
        # ASCII by the standard; what else may come must not fail.
        return raw.decode("ascii", "replace").strip(" \0")
    if len(raw) not in (2, 4):
        raise BadCommand
    return int.from_bytes(raw, "little")


def encode(field: Field, elements: Elements, *, data_set: bool = False) -> bytes:
    """Write a command set, its elements in order of their tags."""
    complete: dict[Element, Value] = {
        **elements,
        Element.COMMAND_FIELD: int(field),
        Element.COMMAND_DATA_SET_TYPE: _DATA_SET if data_set else NO_DATA_SET,
    }
    body = b"".join(_element(element, complete[element]) for element in sorted(complete))
    return _HEAD.pack(0, Element.GROUP_LENGTH, 4) + struct.pack("<I", len(body)) + body


def _element(element: Element, value: Value) -> bytes:
    if isinstance(value, int):
        raw = struct.pack("<H", value)
    else:
        raw = value.encode("ascii", "replace")
        if len(raw) % 2:
            raw += b"\0" if element in _UIDS else b" "
    return _HEAD.pack(0, element, len(raw)) + raw


def response(
    request: Command,
    status: Status,
    extra: Elements | None = None,
    *,
    comment: str = "",
    data_set: bool = False,
) -> bytes:
    """Write the response to a request; a comment never carries what a data set said."""
    elements: dict[Element, Value] = {
        Element.MESSAGE_ID_BEING_RESPONDED_TO: request.message_id,
        Element.STATUS: int(status),
        **(extra or {}),
    }
    if request.sop_class_uid:
        elements[Element.AFFECTED_SOP_CLASS_UID] = request.sop_class_uid
    if comment:
        elements[Element.ERROR_COMMENT] = comment[:_COMMENT_CHARACTERS]
    return encode(Field(request.field | 0x8000), elements, data_set=data_set)
