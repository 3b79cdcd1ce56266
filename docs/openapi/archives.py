"""Archives: ZIP files of many files, with a DICOMDIR or without."""

from typing import Any

from docs.openapi.words import (
    BINARY,
    BOOLEAN,
    FILENAME,
    STRING,
    Described,
    Parameter,
    array,
    json_body,
    members,
    ok,
    presence,
)

_ZIP = ok({"application/zip": BINARY})
# The job that makes it, when nobody waits for it.
_ZIP_OR_JOB = ok(
    {
        "application/zip": BINARY,
        "application/json": members(("ID", "Path"), ID=STRING, Path=STRING),
    }
)
_QUALITY = {"type": "integer", "minimum": 1, "maximum": 100}
_ASKED = (
    FILENAME,
    Parameter("transcode", "A transfer syntax: only the files' own is not refused."),
    Parameter("lossy-quality", "Of no effect: nothing is encoded anew.", _QUALITY),
)
_EXTENDED = presence("extended", "A DICOMDIR with more tags; of media.")
_RESOURCES = Parameter("resources", "Identifiers, separated by commas.", required=True)
_OPTIONS: dict[str, Any] = {
    "Filename": STRING,
    "Transcode": STRING,
    "LossyQuality": _QUALITY,
    "Extended": BOOLEAN,
    "Utf8": BOOLEAN,
    "Synchronous": BOOLEAN,
    "Asynchronous": BOOLEAN,
    "Priority": {"type": "integer"},
    "UserData": {},
}
_ONE = Described(_ZIP, (*_ASKED, _EXTENDED))
_ONE_IN_BODY = Described(_ZIP_OR_JOB, (), json_body("How.", members(**_OPTIONS)))
_MANY = Described(_ZIP, (_RESOURCES, *_ASKED, _EXTENDED))
_MANY_IN_BODY = Described(
    _ZIP_OR_JOB,
    (),
    json_body(
        "Which resources, and how.",
        {
            "anyOf": [
                array(STRING),
                members(("Resources",), Resources=array(STRING), **_OPTIONS),
            ]
        },
    ),
)

ARCHIVES: dict[str, Described] = {
    **{f"GET /{{level}}/{{id}}/{kind}": _ONE for kind in ("archive", "media")},
    **{f"POST /{{level}}/{{id}}/{kind}": _ONE_IN_BODY for kind in ("archive", "media")},
    **{
        f"{method} /tools/create-{kind}": told
        for kind in ("archive", "media", "media-extended")
        for method, told in (("GET", _MANY), ("POST", _MANY_IN_BODY))
    },
}
