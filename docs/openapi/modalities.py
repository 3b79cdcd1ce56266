"""Remote modalities: who they are, and what is asked of them."""

from docs.openapi.words import (
    BOOLEAN,
    BYTES,
    COUNT,
    JSON,
    NAMES,
    OBJECT,
    OBJECT_SCHEMA,
    REMOTE,
    STRING,
    TEXT,
    Body,
    Described,
    Schema,
    array,
    json_body,
    members,
    ok,
    presence,
)

_PORT = {"type": "integer", "minimum": 1, "maximum": 65534}
_MANUFACTURER = {
    "enum": ["Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "Vitrea", "GE"]
}
_RIGHTS = ("Echo", "Find", "FindWorklist", "Get", "Move", "Store", "NAction", "EventReport")
_FIELDS: dict[str, Schema] = {
    "AET": STRING,
    "Host": STRING,
    "Port": _PORT,
    "Manufacturer": _MANUFACTURER,
    **{f"Allow{right}": BOOLEAN for right in (*_RIGHTS, "StorageCommitment", "Transcoding")},
    "UseDicomTls": BOOLEAN,
    "LocalAet": STRING,
    "Timeout": COUNT,
    "RetrieveMethod": {"enum": ["SystemDefault", "C-MOVE", "C-GET"]},
}
_SHORT: Schema = {"type": "array", "minItems": 3, "maxItems": 4}
_LONG = ("AET", "Host", "Port")
_ECHO: dict[str, Schema] = {"Timeout": COUNT, "CheckFind": BOOLEAN}
_JOB: dict[str, Schema] = {
    "Synchronous": BOOLEAN,
    "Asynchronous": BOOLEAN,
    "Priority": {"type": "integer"},
    "Permissive": BOOLEAN,
    "UserData": {},
}
_STORE = members(
    ("Resources",),
    Resources=array(STRING),
    **_JOB,
    CalledAet=STRING,
    Host=STRING,
    Port=_PORT,
    LocalAet=STRING,
    MoveOriginatorAet=STRING,
    MoveOriginatorID={"type": "integer", "minimum": 0, "maximum": 65535},
    StorageCommitment=BOOLEAN,
    Timeout=COUNT,
)

MODALITIES: dict[str, Described] = {
    "GET /modalities": Described(ok(JSON), (presence("expand", "Who they are, by name."),)),
    "GET /modalities/{id}": Described(ok(NAMES)),
    "GET /modalities/{id}/configuration": Described(ok(OBJECT)),
    "PUT /modalities/{id}": Described(
        ok(TEXT),
        (),
        json_body(
            "`[AE title, host, port]`, `[…, manufacturer]`, or an object.",
            {"anyOf": [_SHORT, members(_LONG, **_FIELDS)]},
        ),
    ),
    "DELETE /modalities/{id}": Described(ok(TEXT)),
    "POST /modalities/{id}/echo": Described(
        ok(OBJECT) | REMOTE, (), json_body("How.", members((), **_ECHO), required=False)
    ),
    "POST /tools/dicom-echo": Described(
        ok(OBJECT) | REMOTE,
        (),
        json_body("Whom, and how.", members(_LONG, **(_FIELDS | _ECHO))),
    ),
    "POST /modalities/{id}/store": Described(
        ok(OBJECT) | REMOTE,
        (),
        Body(
            "An identifier, a list of some, or an object with options.",
            {
                "application/json": {"anyOf": [STRING, array(STRING), _STORE]},
                "text/plain": STRING,
            },
        ),
    ),
    "POST /modalities/{id}/store-straight": Described(
        {200: {"application/json": OBJECT_SCHEMA}} | REMOTE,
        (),
        Body("A DICOM file.", BYTES),
    ),
}
