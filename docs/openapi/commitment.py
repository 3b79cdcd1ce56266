"""Storage commitment: modalities are asked to commit themselves to keeping instances."""

from docs.openapi.words import (
    ACCEPTED,
    COUNT,
    OBJECT,
    REMOTE,
    STRING,
    Described,
    Schema,
    array,
    json_body,
    members,
    ok,
)

_UID: Schema = {"type": "string", "pattern": "^[0-9.]{1,64}$"}
_INSTANCE = members(("SOPClassUID", "SOPInstanceUID"), SOPClassUID=_UID, SOPInstanceUID=_UID)
_FAILURE = members(
    ("SOPClassUID", "SOPInstanceUID", "FailureReason", "Description"),
    SOPClassUID=_UID,
    SOPInstanceUID=_UID,
    FailureReason={"type": "integer", "minimum": 0, "maximum": 65535},
    Description=STRING,
)
_PAIR: Schema = {"type": "array", "items": _UID, "minItems": 2, "maxItems": 2}
_REQUEST = members(
    (),
    Resources=array(STRING),
    DicomInstances=array({"anyOf": [_PAIR, _INSTANCE]}),
    Timeout=COUNT,
)
_REPORT = members(
    ("RemoteAET", "Status"),
    RemoteAET=STRING,
    Status={"enum": ["Pending", "Success", "Failure"]},
    Success=array(_INSTANCE),
    Failures=array(_FAILURE),
)

COMMITMENT: dict[str, Described] = {
    "POST /modalities/{id}/storage-commitment": Described(
        ok({"application/json": members(("ID", "Path"), ID=_UID, Path=STRING)}) | REMOTE,
        (),
        json_body(
            "Instances that are here, and others by their UIDs: one of both at least.", _REQUEST
        ),
    ),
    "GET /storage-commitment/{id}": Described(ok({"application/json": _REPORT})),
    "POST /storage-commitment/{id}/remove": Described(ok(OBJECT) | ACCEPTED),
}
