"""The body of `/tools/find` and `/tools/count-resources`, read as Orthanc reads it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from axial.common.annotation_names import Names, metadata_names
from axial.common.configuration import Configuration
from axial.common.dictionary import Dictionary
from axial.common.errors import BadParameter, NotFound, UnknownTag
from axial.common.identifiers import Level, ResourceId
from axial.common.orthanc_tags import TagFormat
from axial.index.api.bodies import bad_request, member, texts
from axial.index.api.expansion import Expansion, read_content
from axial.index.find.places import is_computed, level_of
from axial.index.find.query import Cast, FindQuery, LabelsConstraint, Order
from axial.index.matching import Constraint, Relation, read_constraints

_FORMATS = {"Simplify": TagFormat.SIMPLIFIED, "Short": TagFormat.SHORT, "Full": TagFormat.FULL}
_PARENTS = {
    "ParentPatient": Level.PATIENT,
    "ParentStudy": Level.STUDY,
    "ParentSeries": Level.SERIES,
}
_ORDER_TYPES = {
    "DicomTag": (True, Cast.TEXT),
    "DicomTagAsInt": (True, Cast.INTEGER),
    "DicomTagAsFloat": (True, Cast.FLOAT),
    "Metadata": (False, Cast.TEXT),
    "MetadataAsInt": (False, Cast.INTEGER),
    "MetadataAsFloat": (False, Cast.FLOAT),
}
_DIRECTIONS = {"ASC": False, "DESC": True}

# Each costs a condition; nobody asks for as many.
_MOST_CONDITIONS = 200
_LARGEST = 2**63 - 1


def read_query(
    body: Mapping[str, Any], configuration: Configuration, dictionary: Dictionary
) -> FindQuery:
    """Read what is to be found."""
    level = read_level(body)
    given = member(body, "CaseSensitive", bool, "a Boolean")
    case_sensitive = configuration.case_sensitive_pn if given is None else given
    names = metadata_names(configuration.user_metadata)
    if "Query" not in body and "MetadataQuery" not in body:
        raise bad_request('Field "Query" is missing, or should be a JSON object')
    constraints = [
        constraint
        for name, text in _conditions(body, "Query")
        for constraint in read_constraints(
            _tag(name, dictionary), text, case_sensitive=case_sensitive
        )
    ]
    metadata = [
        (_number(names, name), _metadata_constraint(text, case_sensitive=case_sensitive))
        for name, text in _conditions(body, "MetadataQuery")
    ]
    parents = {}
    for name, above in _PARENTS.items():
        if (parent := member(body, name, str, "a string")) is not None:
            if above >= level:
                raise BadParameter(f'Field "{name}" is not above the level of the query')
            parents[above] = ResourceId(parent)
    return FindQuery(
        level=level,
        constraints=tuple(constraints),
        metadata=tuple(metadata),
        labels=tuple(dict.fromkeys(texts(body, "Labels") or ())),
        labels_constraint=_labels_constraint(body),
        parents=parents,
        order=tuple(_orders(body, names, dictionary)),
    )


def read_window(
    body: Mapping[str, Any], level: Level, configuration: Configuration
) -> tuple[int, int | None]:
    """Read how many to pass over, and how many to answer at most; None for all."""
    since = _count(body, "Since")
    asked = _count(body, "Limit") or None  # as in Orthanc, zero is no limit
    most = (
        configuration.limit_find_instances
        if level is Level.INSTANCE
        else configuration.limit_find_results
    ) or None
    limits = [limit for limit in (asked, most) if limit is not None]
    return since, min(limits, default=None)


def read_expansion(body: Mapping[str, Any], dictionary: Dictionary) -> Expansion | None:
    """Read what to tell of what is found; None for its identifiers only."""
    format_ = read_format(body)
    content = texts(body, "ResponseContent")
    expand = member(body, "Expand", bool, "a Boolean")
    tags = frozenset(
        _tag(name, dictionary) for name in texts(body, "RequestedTags") or ()
    ) | _looked_up(body, dictionary)
    if content is not None:
        return Expansion(format_, read_content(content), tags)
    return Expansion(format_, None, tags) if expand else None


def _looked_up(body: Mapping[str, Any], dictionary: Dictionary) -> frozenset[int]:
    """Name what a query asks of that no index keeps: having looked it up, Orthanc tells it too."""
    asked = {_tag(name, dictionary) for name, _ in _conditions(body, "Query")}
    return frozenset(
        tag for tag in asked if is_computed(tag) or level_of(tag, Level.INSTANCE) is None
    )


def read_format(body: Mapping[str, Any]) -> TagFormat:
    """Read in which format tags are told."""
    asked = [
        format_
        for name, format_ in _FORMATS.items()
        if member(body, name, bool, "a Boolean") is True
    ]
    return asked[0] if asked else TagFormat.SIMPLIFIED


def read_level(body: Mapping[str, Any]) -> Level:
    """Read the level of a query."""
    name = body.get("Level")
    if not isinstance(name, str):
        raise bad_request('Field "Level" is missing, or should be a string')
    try:
        return Level.from_word(name)
    except KeyError:
        raise BadParameter("Expected Patient, Study, Series or Instance for a level") from None


def _conditions(body: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Take an object of texts; an empty one asks nothing."""
    asked = member(body, name, dict, "a JSON object") or {}
    if len(asked) > _MOST_CONDITIONS:
        raise BadParameter(f'Field "{name}" has too many members')
    for key, text in asked.items():
        if not isinstance(text, str):
            raise bad_request(f'"{key}" should be associated with a string')
    return [(key, text) for key, text in asked.items() if text]


def _tag(name: str, dictionary: Dictionary) -> int:
    tag = dictionary.parse(name.strip())
    if tag is None:
        raise UnknownTag
    return tag


def _number(names: Names, name: str) -> int:
    try:
        return names.number_of(name)
    except NotFound:
        raise BadParameter("Unknown metadata") from None


def _metadata_constraint(text: str, *, case_sensitive: bool) -> Constraint:
    if "\\" in text:
        return Constraint(0, Relation.ONE_OF, tuple(text.split("\\")), case_sensitive)
    relation = Relation.LIKE if "*" in text or "?" in text else Relation.ONE_OF
    return Constraint(0, relation, (text,), case_sensitive)


def _labels_constraint(body: Mapping[str, Any]) -> LabelsConstraint:
    given = member(body, "LabelsConstraint", str, "a string")
    return _word(LabelsConstraint, "All" if given is None else given, "LabelsConstraint")


def _orders(body: Mapping[str, Any], names: Names, dictionary: Dictionary) -> list[Order]:
    orders = []
    listed = member(body, "OrderBy", list, "a list of JSON objects") or []
    if len(listed) > _MOST_CONDITIONS:
        raise BadParameter('Field "OrderBy" has too many members')
    for each in listed:
        if not isinstance(each, dict):
            raise bad_request('Field "OrderBy" should be a list of JSON objects')
        type_, key, direction = (each.get(name) for name in ("Type", "Key", "Direction"))
        if not (isinstance(type_, str) and isinstance(key, str) and isinstance(direction, str)):
            raise bad_request('"Type", "Key" and "Direction" are expected in "OrderBy"')
        by_tag, cast = _word(_ORDER_TYPES.__getitem__, type_, "Type")
        orders.append(
            Order(
                tag=_tag(key, dictionary) if by_tag else None,
                metadata=None if by_tag else _number(names, key),
                cast=cast,
                descending=_word(_DIRECTIONS.__getitem__, direction, "Direction"),
            )
        )
    return orders


_Read = TypeVar("_Read")


def _word(read: Callable[[str], _Read], word: str, field: str) -> _Read:
    try:
        return read(word)
    except (KeyError, ValueError):
        raise BadParameter(f'Unknown value of field "{field}"') from None


def _count(body: Mapping[str, Any], name: str) -> int:
    value: int | None = member(body, name, int, "an integer")
    if value is None:
        return 0
    if value < 0:
        raise BadParameter(f'Field "{name}" should be a positive integer')
    return min(value, _LARGEST)
