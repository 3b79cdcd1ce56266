"""Peers: who they are, and what is sent to them over HTTP."""

from docs.openapi.words import (
    BOOLEAN,
    BYTES,
    COUNT,
    JSON,
    NAMES,
    OBJECT,
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

_URL: Schema = {"type": "string", "format": "uri", "pattern": "^https?://"}
_SHORT: Schema = {"type": "array", "items": STRING, "minItems": 1, "maxItems": 3}
_LONG = members(
    ("Url",),
    Url=_URL,
    Username=STRING,
    Password=STRING,
    HttpHeaders={"type": "object", "additionalProperties": STRING},
    CertificateFile=STRING,
    CertificateKeyFile=STRING,
    CertificateKeyPassword=STRING,
    Timeout=COUNT,
    Protocol={"enum": ["Orthanc", "DICOMweb"]},
    SenderUsername=STRING,
)
_STORE = members(
    ("Resources",),
    Resources=array(STRING),
    Synchronous=BOOLEAN,
    Asynchronous=BOOLEAN,
    Priority={"type": "integer"},
    Permissive=BOOLEAN,
    UserData={},
    Compress=BOOLEAN,
    Transcode=STRING,
)

PEERS: dict[str, Described] = {
    "GET /peers": Described(ok(JSON), (presence("expand", "Who they are, by name."),)),
    "GET /peers/{id}": Described(ok(NAMES)),
    "GET /peers/{id}/configuration": Described(ok(OBJECT)),
    "PUT /peers/{id}": Described(
        ok(TEXT),
        (),
        json_body(
            "`[URL]`, `[URL, user name, password]`, or an object, in which other texts are properties of one's own.",
            {"anyOf": [_SHORT, _LONG]},
        ),
    ),
    "DELETE /peers/{id}": Described(ok(TEXT)),
    "GET /peers/{id}/system": Described(ok(OBJECT) | REMOTE),
    "POST /peers/{id}/store": Described(
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
    "POST /peers/{id}/store-straight": Described(
        ok(OBJECT) | REMOTE, (), Body("A DICOM file.", BYTES)
    ),
}
