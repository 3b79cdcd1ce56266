"""Which presentation contexts it takes to send instances, and which one each instance goes through. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from axial.common.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from axial.dimse.sending.instances import Instance
from axial.dimse.upper_layer.negotiation import Context
from axial.dimse.upper_layer.proposal import MOST_CONTEXTS, Proposed

#: What can be written instead of each other, the better first: the big endian one is retired.
WRITTEN = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
#: What can be read for that.
_CONVERTIBLE = frozenset({*WRITTEN, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN})
# Writing an instance in one of them may make another instance of it (PS3.3 section C.7.6.1.1.5).
_LOSSY = frozenset(
    {
        "1.2.840.10008.1.2.4.50",  # JPEG Baseline
        "1.2.840.10008.1.2.4.51",  # JPEG Extended
        "1.2.840.10008.1.2.4.81",  # JPEG-LS Near-Lossless
        "1.2.840.10008.1.2.4.91",  # JPEG 2000
    }
)
_UID = re.compile("[0-9.]{1,64}")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a presentation context is about."""

    sop_class_uid: str
    transfer_syntax_uid: str


def kind_of(instance: Instance) -> Kind:
    """Tell what kind of context an instance would like."""
    return Kind(instance.sop_class_uid, instance.transfer_syntax_uid)


def targets(preferred: str) -> tuple[str, ...]:
    """Tell what instances may be transcoded to, if one syntax is preferred: the better first."""
    return tuple(dict.fromkeys((preferred, *WRITTEN)))


def proposals(kinds: Iterable[Kind], transcoding: Sequence[str] = ()) -> list[tuple[Proposed, ...]]:
    """Propose contexts for all kinds, for as many associations as that takes.

    Each syntax has a context of its own, so that the peer cannot choose between them; so has the best one that
    instances can be written in instead, and another context offers the others: for what is uncompressed, and for all
    if they may be transcoded. What is no UID is not proposed: a peer that refused to read it would refuse all the
    others.
    """
    by_class: dict[str, list[str]] = {}
    for kind in kinds:
        if not (_UID.fullmatch(kind.sop_class_uid) and _UID.fullmatch(kind.transfer_syntax_uid)):
            continue
        syntaxes = by_class.setdefault(kind.sop_class_uid, [])
        if kind.transfer_syntax_uid not in syntaxes:
            syntaxes.append(kind.transfer_syntax_uid)
    associations: list[list[Proposed]] = [[]]
    for sop_class, syntaxes in by_class.items():
        groups = [*((syntax,) for syntax in syntaxes), *_instead(syntaxes, transcoding)]
        wanted = [Proposed(sop_class, group) for group in groups]
        if len(associations[-1]) + len(wanted) > MOST_CONTEXTS:
            associations.append([])
        associations[-1] += wanted[:MOST_CONTEXTS]
    return [tuple(contexts) for contexts in associations if contexts]


def _instead(syntaxes: Sequence[str], transcoding: Sequence[str]) -> list[tuple[str, ...]]:
    """Share out among contexts what instances can be written in instead."""
    written: Sequence[str] = transcoding
    if not transcoding and not _CONVERTIBLE.isdisjoint(syntaxes):
        written = WRITTEN
    best = tuple(uid for uid in written[:1] if uid not in syntaxes)
    others = tuple(uid for uid in written[1:] if uid not in syntaxes)
    return [group for group in (best, others) if group]


def is_enough(proposed: Iterable[Proposed], kind: Kind, transcoding: Sequence[str] = ()) -> bool:
    """Tell whether all was proposed on an association that would be for this kind alone."""
    groups = [
        one.transfer_syntaxes for one in proposed if one.abstract_syntax == kind.sop_class_uid
    ]
    offered = {uid for group in groups for uid in group}
    return (kind.transfer_syntax_uid,) in groups and offered.issuperset(transcoding)


def choices(
    instance: Instance, contexts: Mapping[int, Context], transcoding: Sequence[str] = ()
) -> list[Context]:
    """List the contexts that an instance can go through: of its own syntax, else of those that it can be written in."""
    accepted = {
        context.transfer_syntax: context
        for context in contexts.values()
        if context.abstract_syntax == instance.sop_class_uid
    }
    own = accepted.get(instance.transfer_syntax_uid)
    if own is not None:
        return [own]
    written: Sequence[str] = transcoding
    if not transcoding and instance.transfer_syntax_uid in _CONVERTIBLE:
        written = WRITTEN
    return [accepted[uid] for uid in written if uid in accepted]


def touches_pixels(instance: Instance, context: Context) -> bool:
    """Tell whether an instance has to be transcoded to go through a context."""
    own, other = instance.transfer_syntax_uid, context.transfer_syntax
    return own != other and not (own in _CONVERTIBLE and other in WRITTEN)


def may_change(instance: Instance, transcoding: Sequence[str]) -> bool:
    """Tell whether an instance may arrive as another one, because its values have changed."""
    return any(uid != instance.transfer_syntax_uid and uid in _LOSSY for uid in transcoding)
