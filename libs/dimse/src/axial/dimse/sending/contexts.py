"""Which presentation contexts it takes to send instances, and which one each instance goes through. Pure."""

import re
from collections.abc import Iterable, Mapping
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
_UID = re.compile("[0-9.]{1,64}")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a presentation context is about."""

    sop_class_uid: str
    transfer_syntax_uid: str


def kind_of(instance: Instance) -> Kind:
    """Tell what kind of context an instance would like."""
    return Kind(instance.sop_class_uid, instance.transfer_syntax_uid)


def proposals(kinds: Iterable[Kind], *, transcoding: bool = False) -> list[tuple[Proposed, ...]]:
    """Propose contexts for all kinds, for as many associations as that takes.

    Each syntax has a context of its own, so that the peer cannot choose between them; another one offers what
    uncompressed instances can be converted to, and all others if they may be transcoded. What is no UID is not
    proposed: a peer that refused to read it would refuse all the others.
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
        wanted = [Proposed(sop_class, (syntax,)) for syntax in syntaxes]
        others = tuple(uid for uid in WRITTEN if uid not in syntaxes)
        if others and (transcoding or not _CONVERTIBLE.isdisjoint(syntaxes)):
            wanted.append(Proposed(sop_class, others))
        if len(associations[-1]) + len(wanted) > MOST_CONTEXTS:
            associations.append([])
        associations[-1] += wanted[:MOST_CONTEXTS]
    return [tuple(contexts) for contexts in associations if contexts]


def choose(
    instance: Instance, contexts: Mapping[int, Context], *, transcoding: bool = False
) -> Context | None:
    """Choose the context that an instance goes through: of its own syntax, else of one that it can be written in."""
    accepted = {
        context.transfer_syntax: context
        for context in contexts.values()
        if context.abstract_syntax == instance.sop_class_uid
    }
    own = accepted.get(instance.transfer_syntax_uid)
    if own is not None or not (transcoding or instance.transfer_syntax_uid in _CONVERTIBLE):
        return own
    return next((accepted[uid] for uid in WRITTEN if uid in accepted), None)


def touches_pixels(instance: Instance, context: Context) -> bool:
    """Tell whether an instance has to be transcoded to go through a context."""
    return (
        instance.transfer_syntax_uid != context.transfer_syntax
        and instance.transfer_syntax_uid not in _CONVERTIBLE
    )
