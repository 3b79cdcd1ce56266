"""Which kinds of instances to take in by C-GET. Pure."""

from collections.abc import Iterator, Sequence

from axial.dimse.asking.proposals import MOST_CLASSES, USUAL_CLASSES


def classes_to_take(told: Sequence[Sequence[str]], accepted: Sequence[str]) -> list[list[str]]:
    """Tell them in groups that fit on an association, the likelier ones first.

    `told` is what each command says of its instances. Only where all do, nothing else is asked for.
    """
    taken = frozenset(accepted)
    known = [uid for classes in told for uid in classes if uid in taken]
    wanted = known if known and all(told) else [*known, *_likely(taken), *accepted]
    return list(_groups(list(dict.fromkeys(wanted))))


def _likely(accepted: frozenset[str]) -> Iterator[str]:
    return (uid for uid in USUAL_CLASSES if uid in accepted)


def _groups(classes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(classes), MOST_CLASSES):
        yield classes[start : start + MOST_CLASSES]
