"""Browsing, and what is known of resources."""

from docs.openapi.words import (
    ACCEPTED,
    BINARY,
    BYTES,
    FILENAME,
    FORMATS,
    IF_MATCH,
    IF_NONE_MATCH,
    IF_RANGE,
    JSON,
    LIST,
    NAMES,
    NOTHING,
    OBJECT,
    PREFER,
    RANGE,
    STRING,
    TEXT,
    Body,
    Described,
    Parameter,
    count,
    flag,
    header,
    ok,
)

_SHAPE = (
    *FORMATS,
    Parameter("response-content", "What to tell of a resource, separated by `;`."),
    Parameter("requested-tags", "More tags to tell, separated by `;`."),
)
_EXPAND = flag("expand", "Tell the resources, not only their identifiers.")
_RESOURCE = Described(ok(OBJECT), _SHAPE)
_RESOURCES = Described(ok(LIST), (_EXPAND, *_SHAPE))
_LISTED = Described(
    ok(LIST),
    (
        _EXPAND,
        *_SHAPE,
        count("since", "How many to leave out."),
        count("limit", "How many to answer at most."),
    ),
)
_DELETED = Described(ok(OBJECT) | ACCEPTED, (PREFER,))
_TAGS = Described(
    ok(OBJECT), (*FORMATS, Parameter("ignore-length", "Tags to tell whatever their length."))
)
_FILE = {200: {"application/dicom": BINARY}, 206: {"application/dicom": BINARY}, 304: NOTHING}
_ANY = {"*/*": BINARY}
_FACT = Described({200: TEXT, 304: NOTHING}, (IF_NONE_MATCH,))
_COMMAND = {200: TEXT} | ACCEPTED

RESOURCES: dict[str, Described] = {
    "GET /{level}": _LISTED,
    "GET /{level}/{id}": _RESOURCE,
    "DELETE /{level}/{id}": _DELETED,
    "GET /{level}/{id}/studies": _RESOURCES,
    "GET /{level}/{id}/series": _RESOURCES,
    "GET /{level}/{id}/instances": _RESOURCES,
    "GET /{level}/{id}/patient": _RESOURCE,
    "GET /{level}/{id}/study": _RESOURCE,
    "GET /instances/{id}/series": _RESOURCE,
    "GET /{level}/{id}/statistics": Described(ok(OBJECT)),
    "GET /instances/{id}/tags": _TAGS,
    "GET /instances/{id}/simplified-tags": _TAGS,
    "GET /instances/{id}/header": Described(ok(OBJECT), FORMATS),
    "GET /{level}/{id}/module": _TAGS,
    "GET /studies/{id}/module-patient": _TAGS,
    "GET /{level}/{id}/shared-tags": Described(ok(OBJECT), FORMATS),
    "GET /{level}/{id}/instances-tags": _TAGS,
    "GET /series/{id}/ordered-slices": Described(ok(OBJECT)),
    "GET /instances/{id}/content": Described(ok(NAMES)),
    "GET /instances/{id}/content/{path}": Described(
        ok({"application/json": {"type": "array", "items": STRING}, **BYTES})
    ),
    "GET /instances/{id}/file": Described(
        _FILE,
        (
            Parameter("transcode", "A transfer syntax: only the file's own is not refused."),
            FILENAME,
            RANGE,
            IF_RANGE,
            IF_NONE_MATCH,
        ),
    ),
    "POST /instances": Described(
        ok(JSON) | ACCEPTED,
        (PREFER, header("Content-Encoding", "`gzip`.")),
        Body(
            "A DICOM file, a ZIP of them, or a form with files.",
            {
                "application/dicom": BINARY,
                "application/zip": BINARY,
                "multipart/form-data": {
                    "type": "object",
                    "properties": {"file": BINARY},
                    "required": ["file"],
                },
            },
        ),
    ),
    # Metadata
    "GET /{level}/{id}/metadata": Described(
        {200: {"application/json": {"type": ["array", "object"]}}},
        (
            flag("expand", "Tell the values too."),
            flag("numeric", "Name metadata by their numbers."),
        ),
    ),
    "GET /{level}/{id}/metadata/{name}": _FACT,
    "PUT /{level}/{id}/metadata/{name}": Described(
        _COMMAND, (IF_MATCH, PREFER), Body("The value, as it is.", {"text/plain": STRING}, False)
    ),
    "DELETE /{level}/{id}/metadata/{name}": Described(_COMMAND, (IF_MATCH, PREFER)),
    # Attachments
    "GET /{level}/{id}/attachments": Described(
        {200: {"application/json": {"type": ["array", "object"]}}},
        (flag("full", "Tell the numbers too."),),
    ),
    "GET /{level}/{id}/attachments/{name}": Described(
        {200: {"application/json": {"type": "array", "items": STRING}}, 304: NOTHING},
        (IF_NONE_MATCH,),
    ),
    "PUT /{level}/{id}/attachments/{name}": Described(
        ok(OBJECT) | ACCEPTED, (IF_MATCH, PREFER), Body("The bytes, as they are.", BYTES, False)
    ),
    "DELETE /{level}/{id}/attachments/{name}": Described(_COMMAND, (IF_MATCH, PREFER)),
    "GET /{level}/{id}/attachments/{name}/data": (
        _data := Described(
            {200: _ANY, 206: _ANY, 304: NOTHING}, (FILENAME, RANGE, IF_RANGE, IF_NONE_MATCH)
        )
    ),
    "GET /{level}/{id}/attachments/{name}/compressed-data": _data,
    "GET /{level}/{id}/attachments/{name}/info": Described(
        {200: {"application/json": {"type": "object"}}, 304: NOTHING}, (IF_NONE_MATCH,)
    ),
    **{
        f"GET /{{level}}/{{id}}/attachments/{{name}}/{fact}": _FACT
        for fact in ("size", "compressed-size", "md5", "compressed-md5", "is-compressed", "uuid")
    },
    "POST /{level}/{id}/attachments/{name}/compress": Described(ok(OBJECT) | ACCEPTED, (PREFER,)),
    "POST /{level}/{id}/attachments/{name}/uncompress": Described(ok(OBJECT) | ACCEPTED, (PREFER,)),
    "POST /{level}/{id}/attachments/{name}/verify-md5": Described(ok(OBJECT)),
    # Labels, protection
    "GET /{level}/{id}/labels": Described(ok(NAMES)),
    "GET /{level}/{id}/labels/{label}": Described(ok(TEXT)),
    "PUT /{level}/{id}/labels/{label}": Described(_COMMAND, (PREFER,)),
    "DELETE /{level}/{id}/labels/{label}": Described(_COMMAND, (PREFER,)),
    "GET /patients/{id}/protected": Described(ok(TEXT)),
    "PUT /patients/{id}/protected": Described(
        _COMMAND,
        (PREFER,),
        Body("`1`, `true`, `0` or `false`.", {"text/plain": {"enum": ["0", "1", "false", "true"]}}),
    ),
}
