"""Queries at modalities, and retrievals from them."""

from docs.openapi.words import (
    BOOLEAN,
    COUNT,
    FORMATS,
    LIST,
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

_EXPAND = presence("expand", "The answers themselves, not their numbers.")
_LEVEL = {"enum": ["Patient", "Study", "Series", "Instance"]}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_MADE = ok({"application/json": members(("ID", "Path"), ID=STRING, Path=STRING)}) | REMOTE
_ASKING: dict[str, Schema] = {"LocalAet": STRING, "Timeout": COUNT}
_JOB: dict[str, Schema] = {
    "Synchronous": BOOLEAN,
    "Asynchronous": BOOLEAN,
    "Priority": {"type": "integer"},
    "Permissive": BOOLEAN,
    "UserData": {},
    "Timeout": {"type": "integer"},
    "Simplify": BOOLEAN,
    "Short": BOOLEAN,
    "Full": BOOLEAN,
}
_RETRIEVED = ok(OBJECT) | REMOTE
_BELOW = Described(
    _MADE, (), json_body("What else is asked.", members(Query=_TEXTS, Timeout=COUNT))
)
_RETRIEVE = Described(
    _RETRIEVED,
    (),
    Body(
        "The AE title of whoever shall have it, or options; to us without.",
        {
            "text/plain": STRING,
            "application/json": members(
                (),
                TargetAet=STRING,
                RetrieveMethod={"enum": ["C-MOVE", "C-GET", "SystemDefault"]},
                **_JOB,
            ),
        },
        required=False,
    ),
)
_NAMED: dict[str, Schema] = {
    "Level": _LEVEL,
    "Resources": array(_TEXTS),
    "LocalAet": STRING,
    **_JOB,
}
_FOUND = Described(ok(LIST) | REMOTE, (), json_body("Texts by the names of tags.", _TEXTS))

QUERIES: dict[str, Described] = {
    "POST /modalities/{id}/query": Described(
        _MADE,
        (),
        json_body(
            "What is asked.",
            members(("Level",), Level=_LEVEL, Query=_TEXTS, Normalize=BOOLEAN, **_ASKING),
        ),
    ),
    "GET /queries": Described(ok(NAMES)),
    "GET /queries/{id}": Described(ok(NAMES)),
    "DELETE /queries/{id}": Described(ok(TEXT)),
    "GET /queries/{id}/level": Described(ok(TEXT)),
    "GET /queries/{id}/modality": Described(ok(TEXT)),
    "GET /queries/{id}/query": Described(ok(OBJECT), FORMATS),
    "GET /queries/{id}/answers": Described(ok(LIST), (_EXPAND, *FORMATS)),
    "GET /queries/{id}/answers/{index}": Described(ok(NAMES)),
    "GET /queries/{id}/answers/{index}/content": Described(ok(OBJECT), FORMATS),
    "POST /queries/{id}/answers/{index}/query-studies": _BELOW,
    "POST /queries/{id}/answers/{index}/query-series": _BELOW,
    "POST /queries/{id}/answers/{index}/query-instances": _BELOW,
    "POST /queries/{id}/retrieve": _RETRIEVE,
    "POST /queries/{id}/answers/{index}/retrieve": _RETRIEVE,
    "POST /modalities/{id}/move": Described(
        _RETRIEVED,
        (),
        json_body(
            "What, and to whom.", members(("Level", "Resources"), TargetAet=STRING, **_NAMED)
        ),
    ),
    "POST /modalities/{id}/get": Described(
        _RETRIEVED, (), json_body("What.", members(("Level", "Resources"), **_NAMED))
    ),
    "POST /modalities/{id}/find": _FOUND,
    "POST /modalities/{id}/find-patient": _FOUND,
    "POST /modalities/{id}/find-study": _FOUND,
    "POST /modalities/{id}/find-series": _FOUND,
    "POST /modalities/{id}/find-instance": _FOUND,
    "POST /modalities/{id}/find-worklist": Described(
        ok(LIST) | REMOTE,
        (),
        json_body(
            "Texts, and lists of objects for sequences, by the names of tags; or these and options.",
            OBJECT_SCHEMA,
        ),
    ),
}
