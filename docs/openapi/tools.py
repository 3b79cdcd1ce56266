"""The whole archive, finding, tools."""

from docs.openapi.words import (
    ACCEPTED,
    BOOLEAN,
    COUNT,
    LIST,
    NAMES,
    OBJECT,
    PREFER,
    STRING,
    TEXT,
    Body,
    Described,
    Parameter,
    Schema,
    array,
    count,
    json_body,
    members,
    ok,
    presence,
)

_LEVEL = {"enum": ["Patient", "Study", "Series", "Instance"]}
_TEXTS = {"type": "object", "additionalProperties": STRING}
_CONDITIONS: dict[str, Schema] = {
    "Level": _LEVEL,
    "Query": _TEXTS,
    "CaseSensitive": BOOLEAN,
    "Labels": array(STRING),
    "LabelsConstraint": {"enum": ["All", "Any", "None"]},
    "MetadataQuery": _TEXTS,
    "ParentPatient": STRING,
    "ParentStudy": STRING,
    "ParentSeries": STRING,
}
_TAG_FORMAT = {"Short": BOOLEAN, "Full": BOOLEAN, "Simplify": BOOLEAN}
_FIND = members(
    ("Level",),
    **_CONDITIONS,
    **_TAG_FORMAT,
    Expand=BOOLEAN,
    Since=COUNT,
    Limit=COUNT,
    RequestedTags=array(STRING),
    ResponseContent=array(STRING),
    OrderBy=array(
        members(
            ("Type", "Key", "Direction"),
            Type={
                "enum": [
                    "DicomTag",
                    "DicomTagAsInt",
                    "DicomTagAsFloat",
                    "Metadata",
                    "MetadataAsInt",
                    "MetadataAsFloat",
                ]
            },
            Key=STRING,
            Direction={"enum": ["ASC", "DESC"]},
        )
    ),
)

_SETTINGS = (
    "default-encoding",
    "unknown-sop-class-accepted",
    "metrics",
    "log-level",
    *(
        f"log-level-{category}"
        for category in ("dicom", "generic", "http", "jobs", "lua", "plugins", "sqlite")
    ),
)

TOOLS: dict[str, Described] = {
    "GET /system": Described(ok(OBJECT)),
    "GET /statistics": Described(ok(OBJECT)),
    "GET /tools/now": Described(ok(TEXT)),
    "GET /tools/now-local": Described(ok(TEXT)),
    "GET /tools/generate-uid": Described(
        ok(TEXT),
        (
            Parameter(
                "level",
                "Of what.",
                {"enum": ["patient", "study", "series", "instance"]},
                required=True,
            ),
        ),
    ),
    "GET /tools/labels": Described(ok(NAMES)),
    "POST /tools/find": Described(ok(LIST), (), json_body("What to find.", _FIND)),
    "POST /tools/count-resources": Described(
        ok(OBJECT), (), json_body("What to count.", members(("Level",), **_CONDITIONS))
    ),
    "POST /tools/lookup": Described(
        ok(LIST), (), Body("A PatientID or a UID.", {"text/plain": STRING})
    ),
    "POST /tools/bulk-content": Described(
        ok(LIST),
        (),
        json_body(
            "Which resources.",
            members(
                ("Resources",),
                Resources=array(STRING),
                Level=_LEVEL,
                Metadata=BOOLEAN,
                **_TAG_FORMAT,
            ),
        ),
    ),
    "POST /tools/bulk-delete": Described(
        {200: TEXT} | ACCEPTED,
        (PREFER,),
        json_body("Which resources.", members(("Resources",), Resources=array(STRING))),
    ),
    "GET /exports": Described(
        ok(OBJECT),
        (
            count("since", "The number before the first."),
            count("limit", "How many at most."),
            presence("last", "Only the newest."),
        ),
    ),
    "DELETE /exports": Described({200: TEXT} | ACCEPTED, (PREFER,)),
    "GET /tools/damaged-blobs": Described(
        ok(LIST),
        (count("since", "How many to leave out."), count("limit", "How many at most.")),
    ),
    "GET /trash": Described(
        ok(LIST),
        (count("since", "How many to leave out."), count("limit", "How many at most.")),
    ),
    "GET /trash/{deletion}": Described(ok(OBJECT)),
    "DELETE /trash/{deletion}": Described(ok(OBJECT) | ACCEPTED, (PREFER,)),
    "POST /trash/{deletion}/restore": Described(ok(OBJECT) | ACCEPTED, (PREFER,)),
    "GET /tools": Described(ok(NAMES)),
    "GET /tools/dicom-conformance": Described(ok(TEXT)),
    "GET /tools/metrics-prometheus": Described(ok(TEXT)),
    "POST /tools/invalidate-tags": Described(ok(TEXT)),
    **{f"GET /tools/{name}": Described(ok(TEXT)) for name in _SETTINGS},
    **{
        f"PUT /tools/{name}": Described(ok(TEXT), (), Body("The value.", {"text/plain": STRING}))
        for name in _SETTINGS
    },
    "GET /tools/accepted-sop-classes": Described(ok(NAMES)),
    "GET /tools/accepted-transfer-syntaxes": Described(ok(NAMES)),
    "PUT /tools/accepted-transfer-syntaxes": Described(
        ok(NAMES),
        (),
        Body(
            "UIDs, or a text with wildcards.",
            {"application/json": array(STRING), "text/plain": STRING},
        ),
    ),
    "GET /plugins": Described(ok(NAMES)),
    "GET /plugins/explorer.js": Described(ok({"application/javascript": STRING})),
    "GET /openapi.json": Described(ok(OBJECT)),
    "GET /docs": Described(ok({"text/html": STRING})),
    "GET /docs/{file}": Described(ok({"text/javascript": STRING, "text/css": STRING})),
}
