"""One statement that names what a query finds, as far as the tables can tell."""

from dataclasses import dataclass

from axial.common.annotation_names import CoreMetadata
from axial.common.identifiers import Level
from axial.index.find import conditions
from axial.index.find.conditions import Arguments
from axial.index.find.places import is_computed, level_of
from axial.index.find.query import Cast, FindQuery, LabelsConstraint, Order
from axial.index.matching import Constraint, Relation

_ALIASES = {
    Level.PATIENT: "patient",
    Level.STUDY: "study",
    Level.SERIES: "series",
    Level.INSTANCE: "instance",
}
_FROM = {
    Level.PATIENT: "findable AS patient",
    Level.STUDY: "findable AS study",
    Level.SERIES: "findable AS series",
    Level.INSTANCE: "resources AS instance",
}
_JOINED_SERIES = (
    " INNER JOIN findable AS series ON series.level = 3 AND series.id = instance.parent_id"
)
_JOINED_STUDY = " INNER JOIN findable AS study ON study.level = 2 AND study.id = series.parent_id"
# Some series of the patient, or of the study that a row is or belongs to.
_SERIES_OF_STUDY = "findable AS one WHERE one.level = 3 AND one.parent_id = study.id"
_SERIES_OF_PATIENT = (
    "findable AS middle INNER JOIN findable AS one ON one.level = 3 AND one.parent_id = middle.id"
    " WHERE middle.level = 2 AND middle.parent_id = patient.id"
)
_STUDY_OF_PATIENT = "findable AS one WHERE one.level = 2 AND one.parent_id = patient.id"

_SOP_INSTANCE_UID = 0x00080018


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL without its window, and what it leaves to be looked at."""

    rows: str
    condition: str
    order: str
    created_sequence: str
    arguments: tuple[object, ...]
    #: What the tables cannot tell of the rows.
    left: tuple[Constraint, ...]
    #: Whether the order is that of creation, in which one can go on behind a row.
    in_order_of_creation: bool


def statement_of(query: FindQuery) -> Statement:
    """Write a query as SQL."""
    return _Builder(query).build()


class _Builder:
    """Collects conditions and the values that they are given."""

    def __init__(self, query: FindQuery) -> None:
        self._query = query
        self._alias = _ALIASES[query.level]
        self._arguments = Arguments()
        self._left: list[Constraint] = []
        self._by_update = False

    def build(self) -> Statement:
        """Write all of it."""
        query, alias = self._query, self._alias
        written = [f"{alias}.level = {int(query.level)}"]
        for constraint in query.constraints:
            written.extend(self._tag(constraint))
        written.extend(self._metadata())
        written.extend(self._labels())
        written.extend(self._parents())
        order = [self._order(order) for order in query.order]
        created_sequence = f"{alias}.created_sequence"
        rows = _FROM[query.level] + self._joined("".join([*written, *order]))
        return Statement(
            rows=f"SELECT {alias}.id, {created_sequence} FROM {rows}",  # noqa: S608
            condition=" AND ".join(f"({condition})" for condition in written),
            order=", ".join([*order, created_sequence]),
            created_sequence=created_sequence,
            arguments=tuple(self._arguments.values),
            left=tuple(self._left),
            in_order_of_creation=not order,
        )

    def _joined(self, asked: str) -> str:
        """Join those of the levels above that are asked about."""
        needs_study = self._query.level > Level.STUDY and "study." in asked
        needs_series = self._query.level > Level.SERIES and (needs_study or "series." in asked)
        joined = (_JOINED_SERIES if needs_series else "") + (_JOINED_STUDY if needs_study else "")
        return joined + (self._joined_resource() if self._by_update else "")

    def _joined_resource(self) -> str:
        return (
            f" INNER JOIN resources AS raw ON raw.level = {int(self._query.level)}"
            f" AND raw.id = {self._alias}.id"
        )

    def _tag(self, constraint: Constraint) -> list[str]:
        level = self._query.level
        place = Level.SERIES if constraint.of_any_series else level_of(constraint.tag, level)
        if place is None or is_computed(constraint.tag):
            self._left.append(constraint)
            return []
        if constraint.of_any_series:
            return [self._any(constraint, place, as_seen_from=min(level, Level.STUDY))]
        if place > level:
            if place is Level.INSTANCE:
                return ["false"]  # as in Orthanc: which of the instances would be meant?
            return [self._any(constraint, place, as_seen_from=level)]
        if place is Level.INSTANCE:
            return self._instance_tag(constraint)
        if place is Level.PATIENT and level > place:
            place = Level.STUDY  # it has a copy of its patient's tags
        return [conditions.findable_condition(self._arguments, _ALIASES[place], constraint)]

    def _any(self, constraint: Constraint, place: Level, *, as_seen_from: Level) -> str:
        """Ask whether anything below has such a value."""
        if place is Level.STUDY:
            rows = _STUDY_OF_PATIENT
        elif as_seen_from is Level.PATIENT:
            rows = _SERIES_OF_PATIENT
        else:
            rows = _SERIES_OF_STUDY
        condition = conditions.findable_condition(self._arguments, "one", constraint)
        return f"EXISTS (SELECT FROM {rows} AND {condition})"

    def _instance_tag(self, constraint: Constraint) -> list[str]:
        """Ask an instance's own tags, which are kept as they were sent."""
        caseless = all(value.upper() == value.lower() for value in constraint.values)
        if not (constraint.case_sensitive or caseless):
            self._left.append(constraint)
            return []
        written = [conditions.raw_condition(self._arguments, "instance", constraint)]
        if constraint.tag == _SOP_INSTANCE_UID and constraint.relation is Relation.ONE_OF:
            uids = self._arguments.texts(constraint.values)
            written.append(
                "instance.id IN (SELECT known.id FROM instances AS known"  # noqa: S608
                f" WHERE known.sop_instance_uid = ANY ({uids}))"
            )
        return written

    def _metadata(self) -> list[str]:
        return [
            conditions.metadata_condition(
                self._arguments,
                conditions.metadata_value(self._arguments, self._alias, self._query.level, number),
                constraint,
            )
            for number, constraint in self._query.metadata
        ]

    def _labels(self) -> list[str]:
        labels, how = self._query.labels, self._query.labels_constraint
        named = f"SELECT FROM labels WHERE labels.resource_id = {self._alias}.id"
        if not labels:
            # Since 1.12.11, `None` of no labels asks for what has no label at all.
            return [f"NOT EXISTS ({named})"] if how is LabelsConstraint.NONE else []
        if how is LabelsConstraint.ALL:
            return [
                f"EXISTS ({named} AND labels.label = {self._arguments.text(label)})"
                for label in labels
            ]
        some = f"EXISTS ({named} AND labels.label = ANY ({self._arguments.texts(labels)}))"
        return [some if how is LabelsConstraint.ANY else f"NOT {some}"]

    def _parents(self) -> list[str]:
        written = []
        for above, parent_id in self._query.parents.items():
            child = _ALIASES[Level(above + 1)]
            written.append(f"{child}.parent_id = {self._arguments.text(parent_id)}")
        return written

    def _order(self, order: Order) -> str:
        level = self._query.level
        direction = "DESC" if order.descending else "ASC"
        if (
            order.metadata == CoreMetadata.LAST_UPDATE
            and order.cast is Cast.TEXT
            and level is not Level.INSTANCE
        ):
            # The number that the text is made of: it orders more finely, and by index, to which
            # NULLS LAST would not fit. There are none.
            self._by_update = True
            return f"raw.updated_ticks {direction}"
        place = level_of(order.tag, level) if order.tag is not None else None
        if order.metadata is not None:
            value = conditions.metadata_value(self._arguments, self._alias, level, order.metadata)
        elif place is None or place > level or order.tag is None:
            value = "NULL::text"
        elif place is Level.INSTANCE:
            value = conditions.raw_value("instance", order.tag)
        else:
            alias = _ALIASES[max(place, min(level, Level.STUDY))]
            value = conditions.findable_value(alias, order.tag)
        return f"{conditions.cast(value, order.cast)} {direction} NULLS LAST"
