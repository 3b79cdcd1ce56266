"""What is to be found, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from axial.common.identifiers import Level, ResourceId
from axial.index.matching import Constraint, SequenceConstraint


class LabelsConstraint(StrEnum):
    """How many of the labels a resource must have."""

    ALL = "All"
    ANY = "Any"
    NONE = "None"


class Cast(Enum):
    """What texts are ordered as."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing by which what is found is ordered: a tag, or else a metadata's number."""

    tag: int | None
    metadata: int | None
    cast: Cast
    descending: bool


@dataclass(frozen=True, slots=True)
class FindQuery:
    """What is to be found."""

    level: Level
    constraints: tuple[Constraint, ...] = ()
    sequences: tuple[SequenceConstraint, ...] = ()
    #: By number; their tags mean nothing.
    metadata: tuple[tuple[int, Constraint], ...] = ()
    labels: tuple[str, ...] = ()
    labels_constraint: LabelsConstraint = LabelsConstraint.ALL
    #: Only what is below these.
    parents: Mapping[Level, ResourceId] = field(default_factory=dict)
    order: tuple[Order, ...] = ()
