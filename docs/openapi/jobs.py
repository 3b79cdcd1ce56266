"""Jobs: long work that goes on by itself, with what it makes."""

from docs.openapi.words import (
    BYTES,
    OBJECT,
    OBJECT_SCHEMA,
    STRING,
    TEXT,
    Described,
    Schema,
    array,
    members,
    ok,
    presence,
)

_TIME: Schema = {"type": "string", "pattern": r"^[0-9]{8}T[0-9]{6}\.[0-9]{6}$"}
_JOB = members(
    ("ID", "Type", "State", "Priority", "Progress", "ErrorCode", "Content"),
    ID=STRING,
    Type=STRING,
    State={"enum": ["Pending", "Running", "Success", "Failure", "Paused", "Retry"]},
    Priority={"type": "integer"},
    Progress={"type": "integer", "minimum": 0, "maximum": 100},
    ErrorCode={"type": "integer"},
    ErrorDescription=STRING,
    ErrorDetails=STRING,
    ErrorPayload=members(("Type", "Content"), Type=STRING, Content=OBJECT_SCHEMA),
    CreationTime=_TIME,
    CompletionTime=_TIME,
    EstimatedTimeOfArrival=_TIME,
    Timestamp=_TIME,
    EffectiveRuntime={"type": "number", "minimum": 0},
    Content=OBJECT_SCHEMA,
    UserData={},
)

JOBS: dict[str, Described] = {
    "GET /jobs": Described(
        ok({"application/json": {"anyOf": [array(STRING), array(_JOB)]}}),
        (presence("expand", "The jobs themselves, rather than their identifiers."),),
    ),
    "GET /jobs/{id}": Described(ok({"application/json": _JOB})),
    "DELETE /jobs/{id}": Described(ok(TEXT)),
    **{
        f"POST /jobs/{{id}}/{action}": Described(ok(OBJECT))
        for action in ("cancel", "pause", "resume", "resubmit")
    },
    "GET /jobs/{id}/{key}": Described(ok({"application/zip": BYTES["application/octet-stream"]})),
    "DELETE /jobs/{id}/{key}": Described(ok(TEXT)),
}
