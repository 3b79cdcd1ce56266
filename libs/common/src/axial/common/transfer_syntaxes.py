"""How a transfer syntax encodes the data set (PS3.5 section 10)."""

from axial.common.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Layout

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"

DEFLATED = frozenset(
    {
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        "1.2.840.10008.1.2.4.95",  # JPIP Referenced Deflate
        "1.2.840.10008.1.2.4.205",  # JPIP HTJ2K Referenced Deflate
    }
)
"""All that follows the file meta information is one deflate stream (PS3.5 section A.5)."""

_IMPLICIT = frozenset(
    {
        IMPLICIT_VR_LITTLE_ENDIAN,
        "1.2.840.113619.5.2",  # GE's private variant: implicit VR, pixels alone big endian
    }
)


def layout_of(transfer_syntax_uid: str) -> Layout:
    """The layout that a transfer syntax prescribes; encapsulated ones are explicit little endian."""
    if transfer_syntax_uid in _IMPLICIT:
        return IMPLICIT_LITTLE
    if transfer_syntax_uid == EXPLICIT_VR_BIG_ENDIAN:
        return EXPLICIT_BIG
    return EXPLICIT_LITTLE


def transfer_syntax_of(layout: Layout) -> str:
    """The uncompressed transfer syntax of a layout, for files that do not tell theirs."""
    if layout is EXPLICIT_BIG:
        return EXPLICIT_VR_BIG_ENDIAN
    return EXPLICIT_VR_LITTLE_ENDIAN if layout.explicit else IMPLICIT_VR_LITTLE_ENDIAN
