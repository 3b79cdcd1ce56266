"""Conditions in SQL. All that users say is bound; texts are put together from what stands in this package."""

from collections.abc import Mapping, Sequence

from axial.common.annotation_names import CoreMetadata
from axial.common.attributes import keyword
from axial.common.identifiers import Level
from axial.index.annotation_reads import main_dicom_tags_signature
from axial.index.find.query import Cast
from axial.index.matching import Constraint, Relation, like_pattern, normalised

_DATE = "to_char(to_timestamp({} / 10000000) AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS')"
_OF_RESOURCE = "(SELECT {} FROM resources AS raw WHERE raw.id = {{id}})"
_OF_INSTANCE = "(SELECT {} FROM instances AS raw WHERE raw.id = {{id}})"

_LAST_UPDATE = _OF_RESOURCE.format(_DATE.format("raw.updated_ticks"))

# Of Orthanc's own metadata, those that differ from resource to resource.
_CORE_METADATA: Mapping[tuple[Level, int], str] = {
    (Level.PATIENT, CoreMetadata.LAST_UPDATE): _LAST_UPDATE,
    (Level.STUDY, CoreMetadata.LAST_UPDATE): _LAST_UPDATE,
    (Level.SERIES, CoreMetadata.LAST_UPDATE): _LAST_UPDATE,
    (Level.SERIES, CoreMetadata.EXPECTED_NUMBER_OF_INSTANCES): _OF_RESOURCE.format(
        "raw.expected_instances::text"
    ),
    (Level.SERIES, CoreMetadata.REMOTE_AET): (
        "(SELECT oldest.remote_aet FROM resources AS raw JOIN instances AS oldest ON oldest.id = raw.id"
        " WHERE raw.parent_id = {id} ORDER BY raw.created_sequence LIMIT 1)"
    ),
    (Level.INSTANCE, CoreMetadata.RECEPTION_DATE): _OF_INSTANCE.format(
        _DATE.format("raw.received_ticks")
    ),
    (Level.INSTANCE, CoreMetadata.INDEX_IN_SERIES): _OF_INSTANCE.format(
        "raw.index_in_series::text"
    ),
    (Level.INSTANCE, CoreMetadata.PIXEL_DATA_OFFSET): _OF_INSTANCE.format(
        "raw.pixel_data_offset::text"
    ),
    (Level.INSTANCE, CoreMetadata.REMOTE_AET): _OF_INSTANCE.format("raw.remote_aet"),
    (Level.INSTANCE, CoreMetadata.ORIGIN): _OF_INSTANCE.format("raw.protocol"),
    (Level.INSTANCE, CoreMetadata.TRANSFER_SYNTAX): _OF_INSTANCE.format("raw.transfer_syntax_uid"),
    (Level.INSTANCE, CoreMetadata.SOP_CLASS_UID): _OF_INSTANCE.format("raw.sop_class_uid"),
    (Level.INSTANCE, CoreMetadata.REMOTE_IP): _OF_INSTANCE.format("raw.remote_ip"),
    (Level.INSTANCE, CoreMetadata.PIXEL_DATA_VR): _OF_INSTANCE.format("raw.pixel_data_vr"),
    (Level.INSTANCE, CoreMetadata.CALLED_AET): _OF_INSTANCE.format(
        "CASE WHEN raw.protocol <> 'RestApi' THEN raw.called_aet END"
    ),
    (Level.INSTANCE, CoreMetadata.HTTP_USERNAME): _OF_INSTANCE.format(
        "CASE WHEN raw.protocol = 'RestApi' THEN raw.http_username END"
    ),
}

_CASTS = {
    Cast.TEXT: "{}",
    Cast.INTEGER: (r"(CASE WHEN {0} ~ '^\s*[+-]?[0-9]{{1,18}}\s*$' THEN trim({0})::bigint END)"),
    Cast.FLOAT: (
        r"(CASE WHEN {0} ~ '^\s*[+-]?[0-9]{{1,18}}(\.[0-9]{{0,18}})?([eE][+-]?[0-9]{{1,2}})?\s*$'"
        " THEN trim({0})::double precision END)"
    ),
}


class Arguments:
    """The values that a statement is given."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def bind(self, value: object, type_: str) -> str:
        """Give a value; return what stands for it."""
        self.values.append(value)
        return f"${len(self.values)}::{type_}"

    def text(self, value: str) -> str:
        """Give a text; Postgres keeps no NUL, hence nothing has one."""
        return self.bind(value.replace("\0", ""), "text")

    def texts(self, values: Sequence[str]) -> str:
        """Give some texts."""
        return self.bind([value.replace("\0", "") for value in values], "text[]")


def findable_value(alias: str, tag: int) -> str:
    """Name the value of a main DICOM tag, as it is compared, in a row of `findable`."""
    return f"(({alias}.tags ->> '{_keyword(tag)}') COLLATE \"C\")"


def raw_value(alias: str, tag: int) -> str:
    """Name the value of a main DICOM tag, as it was sent, in a row of `resources`."""
    return f"(({alias}.main_dicom_tags ->> '{_keyword(tag)}') COLLATE \"C\")"


def findable_condition(arguments: Arguments, alias: str, constraint: Constraint) -> str:
    """Ask a row of `findable`; of the raw value too where case matters."""
    value = findable_value(alias, constraint.tag)
    folded = tuple(map(normalised, constraint.values))
    condition = _compared(arguments, value, constraint.relation, folded)
    if constraint.case_sensitive:
        raw = _compared(
            arguments, raw_value("raw", constraint.tag), constraint.relation, constraint.values
        )
        condition += (
            f" AND EXISTS (SELECT FROM resources AS raw WHERE raw.id = {alias}.id AND {raw})"
        )
    return condition


def raw_condition(arguments: Arguments, alias: str, constraint: Constraint) -> str:
    """Ask a row of `resources` for a value exactly as it was sent."""
    value = raw_value(alias, constraint.tag)
    return _compared(arguments, value, constraint.relation, constraint.values)


def metadata_value(arguments: Arguments, alias: str, level: Level, number: int) -> str:
    """Name the value of a metadata of a row."""
    if told := _CORE_METADATA.get((level, number)):
        return told.format(id=f"{alias}.id")
    if number == CoreMetadata.MAIN_DICOM_TAGS_SIGNATURE:
        return arguments.text(main_dicom_tags_signature(level))
    return (
        f"(SELECT metadata.searchable FROM metadata WHERE metadata.resource_id = {alias}.id"  # noqa: S608
        f" AND metadata.number = {arguments.bind(number, 'integer')})"
    )


def metadata_condition(arguments: Arguments, value: str, constraint: Constraint) -> str:
    """Ask a metadata; as in Orthanc, only the letters of ASCII have a case there."""
    if constraint.case_sensitive:
        return _compared(arguments, value, constraint.relation, constraint.values)
    if constraint.relation is Relation.LIKE:
        return f"upper({value}) LIKE upper({arguments.text(like_pattern(constraint.values[0]))})"
    wanted = arguments.texts(constraint.values)
    return f"upper({value}) IN (SELECT upper(wanted) FROM unnest({wanted}) AS wanted)"  # noqa: S608


def cast(value: str, as_: Cast) -> str:
    """Read a text as a number where it is one."""
    return _CASTS[as_].format(value)


def _compared(arguments: Arguments, value: str, relation: Relation, wanted: tuple[str, ...]) -> str:
    match relation:
        case Relation.ONE_OF if len(wanted) == 1:
            return f"{value} = {arguments.text(wanted[0])}"
        case Relation.ONE_OF:
            return f"{value} = ANY ({arguments.texts(wanted)})"
        case Relation.LIKE:
            return f"{value} LIKE {arguments.text(like_pattern(wanted[0]))}"
        case Relation.AT_LEAST:
            return f"{value} >= {arguments.text(wanted[0])}"
        case Relation.AT_MOST:
            return f"{value} <= {arguments.text(wanted[0])}"


def _keyword(tag: int) -> str:
    name = keyword(tag)
    assert name.isalnum(), "a main DICOM tag is an attribute of the standard"
    return name
