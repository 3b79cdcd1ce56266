"""Which presentation contexts a question takes. Pure."""

from collections.abc import Iterable

from pydicom.uid import UID
from pynetdicom.presentation import StoragePresentationContexts

from axial.common.sop_classes import (
    FIND_CLASSES,
    GET_CLASSES,
    MOVE_CLASSES,
    STORAGE_COMMITMENT,
    VERIFICATION,
)
from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.upper_layer.proposal import MOST_CONTEXTS, Proposed

# Of messages, which hold no images: as Orthanc proposes them.
_PLAIN = (EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
# Of instances, what everybody can write first.
_TAKEN_PLAIN = (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
)
# DCMTK does not answer to more in one context.
_MOST_SYNTAXES = 50

WORKLIST = "1.2.840.10008.5.1.4.31"

ECHO = (Proposed(VERIFICATION, _PLAIN),)
FIND = tuple(Proposed(uid, _PLAIN) for uid in FIND_CLASSES)
FIND_WORKLIST = (Proposed(WORKLIST, _PLAIN),)
MOVE = tuple(Proposed(uid, _PLAIN) for uid in MOVE_CLASSES)
REQUEST_COMMITMENT = (Proposed(STORAGE_COMMITMENT, _PLAIN),)
REPORT_COMMITMENT = (Proposed(STORAGE_COMMITMENT, _PLAIN, is_for_us=True),)

#: There are more storage classes than an association has contexts; these are the usual ones.
USUAL_CLASSES = tuple(str(context.abstract_syntax) for context in StoragePresentationContexts)

#: As many as can be taken in on one association.
MOST_CLASSES = MOST_CONTEXTS - len(GET_CLASSES)


def get(sop_classes: Iterable[str], transfer_syntaxes: Iterable[str]) -> tuple[Proposed, ...]:
    """Propose C-GET, and to take instances of some classes in, the first of them if there are too many.

    The peer chooses one syntax a context, and may have to convert what it keeps in another. So each syntax has a
    context of its own while there is room, else those that are compressed have one together.
    """
    asking = tuple(Proposed(uid, _PLAIN) for uid in GET_CLASSES)
    classes = list(dict.fromkeys(sop_classes))[:MOST_CLASSES]
    for groups in _groups(transfer_syntaxes):
        if len(classes) * len(groups) <= MOST_CLASSES:
            break
    taking = (Proposed(uid, group, is_for_us=True) for uid in classes for group in groups)
    return (*asking, *taking)


def _groups(transfer_syntaxes: Iterable[str]) -> list[list[tuple[str, ...]]]:
    """Share syntaxes out among contexts, from the most of them to one; those that are retired are not asked for."""
    syntaxes = list(transfer_syntaxes)
    plain = [uid for uid in _TAKEN_PLAIN if uid in syntaxes]
    compressed = [uid for uid in syntaxes if uid not in _TAKEN_PLAIN and not UID(uid).is_retired]
    return [
        [(uid,) for uid in (*plain, *compressed)],
        [tuple(group[:_MOST_SYNTAXES]) for group in (plain, compressed) if group],
        [(*plain, *compressed)[:_MOST_SYNTAXES]],
    ]
