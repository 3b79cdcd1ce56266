"""Images, arrays, documents in instances."""

from docs.openapi.words import (
    BINARY,
    BYTES,
    LIST,
    NAMES,
    TEXT,
    Described,
    Parameter,
    count,
    flag,
    header,
    ok,
    presence,
)

_PICTURE_TYPES = {
    "image/png": BINARY,
    "image/jpeg": BINARY,
    "image/x-portable-arbitrarymap": BINARY,
}
_ACCEPT = header("Accept", "`image/png`, `image/jpeg` or `image/x-portable-arbitrarymap`.")
_QUALITY = count("quality", "Of a JPEG, from 1 to 100.")
_PLACEHOLDER = presence("returnUnsupportedImage", "Answer a placeholder for what cannot be shown.")
_NUMBER = {"type": "number"}
_PICTURE = Described(ok(_PICTURE_TYPES), (_ACCEPT, _QUALITY, _PLACEHOLDER))
_RENDERED = Described(
    ok(_PICTURE_TYPES),
    (
        _ACCEPT,
        _QUALITY,
        _PLACEHOLDER,
        Parameter("window-center", "The centre of the window.", _NUMBER),
        Parameter("window-width", "The width of the window.", _NUMBER),
        count("width", "At most so wide."),
        count("height", "At most so high."),
        flag("smooth", "Blur before making smaller."),
    ),
)
_ARRAY = Described(
    ok(BYTES),
    (
        flag("compress", "As `.npz`."),
        flag("rescale", "Apply rescale slope and intercept."),
    ),
)
_OF_FRAME = {
    **dict.fromkeys(("preview", "image-uint8", "image-uint16", "image-int16"), _PICTURE),
    "rendered": _RENDERED,
    "matlab": Described(ok(TEXT)),
    "numpy": _ARRAY,
}
_RAW_TYPES = {
    "application/octet-stream": BINARY,
    "image/jpeg": BINARY,
    "image/jp2": BINARY,
}

PICTURES: dict[str, Described] = {
    **{f"GET /instances/{{id}}/{each}": told for each, told in _OF_FRAME.items()},
    **{f"GET /instances/{{id}}/frames/{{frame}}/{each}": told for each, told in _OF_FRAME.items()},
    "GET /instances/{id}/frames": Described(ok(LIST)),
    "GET /instances/{id}/frames/{frame}": Described(ok(NAMES)),
    "GET /instances/{id}/frames/{frame}/raw": Described(ok(_RAW_TYPES)),
    "GET /instances/{id}/frames/{frame}/raw.gz": Described(ok({"application/gzip": BINARY})),
    "GET /series/{id}/numpy": _ARRAY,
    "GET /instances/{id}/pdf": Described(ok({"application/pdf": BINARY})),
}
