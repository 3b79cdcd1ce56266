"""What a response says became of the request (PS3.7 annex C, PS3.4 annexes B, C and J)."""

from enum import IntEnum


class Status(IntEnum):
    """The statuses that are answered."""

    SUCCESS = 0x0000
    PENDING = 0xFF00
    #: Pending; some optional keys were not supported (PS3.4 C.4.1.1.4).
    PENDING_WITH_WARNING = 0xFF01
    CANCELLED = 0xFE00
    #: N-ACTION, N-EVENT-REPORT: what they are about, or its arguments, cannot be.
    PROCESSING_FAILURE = 0x0110
    NO_SUCH_INSTANCE = 0x0112
    NO_SUCH_EVENT_TYPE = 0x0113
    INVALID_ARGUMENT = 0x0115
    NO_SUCH_SOP_CLASS = 0x0118
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    NO_SUCH_ACTION = 0x0123
    NOT_AUTHORIZED = 0x0124
    UNRECOGNIZED_OPERATION = 0x0211
    OUT_OF_RESOURCES = 0xA700
    #: C-MOVE, C-GET: unable to calculate the number of matches; unable to perform sub-operations.
    CANNOT_COUNT_MATCHES = 0xA701
    CANNOT_SEND = 0xA702
    MOVE_DESTINATION_UNKNOWN = 0xA801
    #: C-STORE: the data set does not match the SOP class; C-FIND, C-MOVE, C-GET: the identifier does not.
    DOES_NOT_MATCH_SOP_CLASS = 0xA900
    #: Sub-operations are complete, some with failures or warnings.
    WARNING = 0xB000
    #: C-STORE: cannot understand. Others: unable to process.
    CANNOT_UNDERSTAND = 0xC000
