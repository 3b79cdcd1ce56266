"""Whether values that were read meet what is asked of them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from axial.common.attributes import parse_tag
from axial.index.matching import Constraint, SequenceConstraint


def meets(
    values: Mapping[int, Any],
    constraints: Sequence[Constraint],
    sequences: Sequence[SequenceConstraint],
) -> bool:
    """Tell whether values are there for all that is asked, and meet it.

    A value is a text, or what a header's full format has of it.
    """
    return all(
        (text := text_of(values.get(constraint.tag))) is not None and constraint.admits(text)
        for constraint in constraints
    ) and all(
        any(
            meets(item, sequence.constraints, sequence.sequences)
            for item in _items_of(values.get(sequence.tag))
        )
        for sequence in sequences
    )


def text_of(value: Any) -> str | None:
    """Take the text of a value; None when it has none."""
    if isinstance(value, dict):
        value = value["Value"]
    return value if isinstance(value, str) else None


def _items_of(value: Any) -> list[dict[int, Any]]:
    """Take the items of a value; none when it is no sequence."""
    items = value["Value"] if isinstance(value, dict) else None
    if not isinstance(items, list):
        return []
    return [
        {tag: item[name] for name in item if (tag := parse_tag(name)) is not None} for item in items
    ]
