"""What a query asks of one attribute, and whether a value meets it: the rules of Orthanc's `/tools/find`.

The rules are those of DICOM's C-FIND (PS3.4, C.2.2.2) as Orthanc reads them (`DatabaseLookup`): single values,
lists, wildcards, ranges of dates and times. A query without a value asks nothing.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from axial.common.attributes import format_tag, vr_of
from axial.common.errors import BadParameter

#: Asked of the series of a study (PS3.4, C.3.4).
MODALITIES_IN_STUDY = 0x00080061
_MODALITY = 0x00080060

# Where `*` and `?` stand for other characters (PS3.4, C.2.2.2.4, as of 2019); elsewhere Orthanc refuses them.
_WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_RANGE_VRS = frozenset({"DA", "DT", "TM"})


class Relation(Enum):
    """How a value must relate to what is asked for."""

    ONE_OF = "one of"
    LIKE = "like"
    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True)
class Constraint:
    """One attribute must be there and have a value that meets this."""

    tag: int
    relation: Relation
    values: tuple[str, ...]
    case_sensitive: bool
    #: It is the value of any series of the study that counts.
    of_any_series: bool = False

    def admits(self, value: str) -> bool:
        """Tell whether a value is met; lower and upper case are the same unless they are not to be."""
        if not self.case_sensitive:
            value = normalised(value)
        match self.relation:
            case Relation.ONE_OF:
                return value in self._wanted
            case Relation.LIKE:
                return _is_like(value, self._wanted[0])
            case Relation.AT_LEAST:
                return value >= self._wanted[0]
            case Relation.AT_MOST:
                return value <= self._wanted[0]

    @cached_property
    def _wanted(self) -> tuple[str, ...]:
        return self.values if self.case_sensitive else tuple(map(normalised, self.values))


@dataclass(frozen=True, slots=True)
class SequenceConstraint:
    """Some item of a sequence must meet all of these (PS3.4, C.2.2.2.6)."""

    tag: int
    constraints: tuple[Constraint, ...]
    sequences: "tuple[SequenceConstraint, ...]" = ()


def normalised(value: str) -> str:
    """Write a value in the form in which values are compared when case does not matter."""
    return value.upper()


def read_constraints(tag: int, text: str, *, case_sensitive: bool) -> list[Constraint]:
    """Read what a query asks of an attribute; raise BadParameter for wildcards where there are none."""
    if not text:
        return []
    of_any_series = tag == MODALITIES_IN_STUDY
    if of_any_series:
        tag = _MODALITY
    vr = vr_of(tag)

    def constraint(relation: Relation, *values: str) -> Constraint:
        return Constraint(tag, relation, values, case_sensitive, of_any_series)

    if vr in _RANGE_VRS and "-" in text:
        first, _, last = text.partition("-")
        ends = ((Relation.AT_LEAST, first), (Relation.AT_MOST, last))
        return [constraint(relation, end) for relation, end in ends if end]
    if "\\" in text:
        return [constraint(Relation.ONE_OF, *text.split("\\"))]
    if "*" in text or "?" in text:
        if vr not in _WILDCARD_VRS:
            raise BadParameter(f"Wildcards are not allowed on tag {format_tag(tag)}")
        return [constraint(Relation.LIKE, text)]
    return [constraint(Relation.ONE_OF, text)]


def _is_like(value: str, pattern: str) -> bool:
    """Match wildcards in time proportional to both lengths at worst, which a regular expression does not."""
    position = at = 0
    star, resumed = -1, 0
    while position < len(value):
        wanted = pattern[at : at + 1]
        if wanted == "*":
            star, resumed, at = at, position, at + 1
        elif wanted and wanted in {"?", value[position]}:
            at, position = at + 1, position + 1
        elif star >= 0:
            resumed += 1
            at, position = star + 1, resumed
        else:
            return False
    return not pattern[at:].strip("*")


def like_pattern(text: str) -> str:
    """Write wildcards as SQL's LIKE has them, with its own characters escaped by backslashes."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return escaped.replace("*", "%").replace("?", "_")
