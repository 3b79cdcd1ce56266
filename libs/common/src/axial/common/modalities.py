"""Remote modalities, as Orthanc's option `DicomModalities` describes them: in short, or field by field."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Manufacturer: TypeAlias = Literal[
    "Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE"
]
RetrieveMethod: TypeAlias = Literal["SystemDefault", "C-MOVE", "C-GET"]

# Names that Orthanc still reads, and what each became.
_FORMER_MANUFACTURERS = {
    "StoreScp": "Generic",
    "ClearCanvas": "Generic",
    "Dcm4Chee": "Generic",
    "MedInria": "Generic",
    "EFilm2": "Generic",
    "AgfaImpax": "GenericNoWildcardInDates",
    "SyngoVia": "GenericNoWildcardInDates",
}
# As Orthanc has it.
_HIGHEST_PORT = 65534
_MOST_SECONDS = 2**32 - 1


def _manufacturer(value: object) -> object:
    return _FORMER_MANUFACTURERS.get(value, value) if isinstance(value, str) else value


AETitle = Annotated[
    # Default repertoire without backslash and control characters, of which spaces alone are no title (PS3.5 6.2).
    str, Field(max_length=16, pattern=r"^[ !-\[\]-~]*[!-\[\]-~][ !-\[\]-~]*$")
]


class Modality(BaseModel):
    """Somebody who speaks DICOM: where it is, and what it may ask of us."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    aet: AETitle = Field(alias="AET")
    host: str = Field(alias="Host", min_length=1)
    port: int = Field(alias="Port", ge=1, le=_HIGHEST_PORT)
    manufacturer: Annotated[Manufacturer, BeforeValidator(_manufacturer)] = Field(
        "Generic", alias="Manufacturer"
    )
    allow_echo: bool = Field(True, alias="AllowEcho")
    allow_find: bool = Field(True, alias="AllowFind")
    allow_find_worklist: bool = Field(True, alias="AllowFindWorklist")
    allow_get: bool = Field(True, alias="AllowGet")
    allow_move: bool = Field(True, alias="AllowMove")
    allow_store: bool = Field(True, alias="AllowStore")
    allow_n_action: bool = Field(True, alias="AllowNAction")
    allow_event_report: bool = Field(True, alias="AllowEventReport")
    allow_transcoding: bool = Field(True, alias="AllowTranscoding")
    use_dicom_tls: bool = Field(False, alias="UseDicomTls")
    #: How we call ourselves towards it; empty for `DicomAet`.
    local_aet: Literal[""] | AETitle = Field("", alias="LocalAet")
    #: How long it may take to answer us, in seconds; 0 for `DicomScuTimeout`.
    timeout: int = Field(0, alias="Timeout", ge=0, le=_MOST_SECONDS)
    retrieve_method: RetrieveMethod = Field("SystemDefault", alias="RetrieveMethod")

    @model_validator(mode="before")
    @classmethod
    def _any_form(cls, value: object) -> object:
        """Read `[AET, host, port]`, `[AET, host, port, manufacturer]` or an object of fields."""
        match value:
            case Modality():
                return value
            case Mapping():
                return _without_alias(value)
            case [str() as aet, str() as host, port]:
                return {"AET": aet, "Host": host, "Port": port}
            case [str() as aet, str() as host, port, str() as manufacturer]:
                return {"AET": aet, "Host": host, "Port": port, "Manufacturer": manufacturer}
        raise ValueError("must be [AET, host, port], [AET, host, port, manufacturer] or an object")


def same_title(one: str, other: str, *, is_strict: bool) -> bool:
    """Compare AE titles; case matters only if it shall, spaces around them never (PS3.5 6.2)."""
    one, other = one.strip(" "), other.strip(" ")
    return one == other if is_strict else one.lower() == other.lower()


def _without_alias(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write `AllowStorageCommitment` as the two that it stands for, and which it overrules."""
    if "AllowStorageCommitment" not in fields:
        return fields
    both = fields["AllowStorageCommitment"]
    return {**fields, "AllowNAction": both, "AllowEventReport": both}
