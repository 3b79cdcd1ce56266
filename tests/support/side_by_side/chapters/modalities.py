"""Who the modalities are, and what is wrong with them; nobody listens where they are said to be."""

from support.side_by_side.request import NOWHERE, Body, Request, get, get_unordered

_HOST, _PORT = "127.0.0.1", 1
_NOBODY = {"AET": "NOBODY", "Host": _HOST, "Port": _PORT}
_LONG = {
    **_NOBODY,
    "Manufacturer": "Vitrea",
    "AllowEcho": False,
    "AllowStorageCommitment": False,
    "LocalAet": "SIDE",
    "Timeout": 3,
}

# Each is wrong in one thing.
_WRONG_MODALITIES: tuple[Body, ...] = (
    [],
    ["NOBODY", _HOST],
    ["NOBODY", _HOST, _PORT, "Generic", "more"],
    ["NOBODY", _HOST, 0],
    ["NOBODY", _HOST, 65535],
    ["NOBODY", _HOST, "port"],
    ["NOBODY", _HOST, 1.5],
    ["NOBODY", _HOST, _PORT, "Nobody"],
    [5, _HOST, _PORT],
    "5",
    "nothing",
    {},
    {"AET": "NOBODY"},
    {"AET": "NOBODY", "Host": _HOST},
    {**_NOBODY, "AET": 5},
    {**_NOBODY, "AllowEcho": "yes"},
    {**_NOBODY, "Timeout": -1},
    {**_NOBODY, "Timeout": "3"},
    {**_NOBODY, "Manufacturer": "Nobody"},
    {**_NOBODY, "LocalAet": 5},
)
_WRONG_STORES: tuple[Body, ...] = (
    "nothing",
    ["nothing"],
    [5],
    [NOWHERE],
    {},
    "5",
    {"Resources": "nothing"},
    {"Resources": [], "LocalAet": 5},
    {"Resources": [], "MoveOriginatorAet": 5},
    {"Resources": [], "MoveOriginatorID": "5"},
    {"Resources": [], "MoveOriginatorID": 70000},
    {"Resources": [], "StorageCommitment": "x"},
    {"Resources": [], "Timeout": "x"},
    {"Resources": [], "Synchronous": "x"},
    {"Resources": [], "Permissive": 1},
)
# 1.10.1 reads `CheckFind` after it has connected.
_ECHOES: tuple[Body, ...] = (b"", {}, [], "x", {"Timeout": "x"})
_TOOLS: tuple[Body, ...] = (
    b"",
    {},
    "x",
    ["NOBODY", _HOST, _PORT],
    {**_NOBODY, "Timeout": "x"},
)

MODALITIES = (
    *get("/modalities", "/modalities?expand"),
    Request("PUT", "/modalities/short", ["NOBODY", _HOST, _PORT]),
    Request("PUT", "/modalities/text", ["NOBODY", _HOST, str(_PORT), "GE"]),
    Request("PUT", "/modalities/long", _LONG),
    *get(
        "/modalities?again",
        "/modalities?expand&again",
        "/modalities/long/configuration",
        "/modalities/none/configuration",
    ),
    *get_unordered("/modalities/long"),
    *(
        Request("PUT", f"/modalities/wrong?{number}", modality)
        for number, modality in enumerate(_WRONG_MODALITIES)
    ),
    Request("PUT", "/modalities/a.b", ["NOBODY", _HOST, _PORT]),
    *(
        Request("POST", f"/modalities/long/echo?{number}", body)
        for number, body in enumerate(_ECHOES)
    ),
    Request("POST", "/modalities/none/echo", {}),
    *(Request("POST", f"/tools/dicom-echo?{number}", body) for number, body in enumerate(_TOOLS)),
    Request("POST", "/modalities/long/store", "{small}"),
    Request("POST", "/modalities/long/store?list", ["{small}"]),
    Request("POST", "/modalities/long/store?nothing", {"Resources": []}),
    Request(
        "POST",
        "/modalities/long/store?titles",
        {"Resources": [], "LocalAet": "OTHER", "MoveOriginatorAet": "A", "MoveOriginatorID": 5},
    ),
    *(
        Request("POST", f"/modalities/long/store?{number}", wrong)
        for number, wrong in enumerate(_WRONG_STORES)
    ),
    Request("POST", "/modalities/none/store", "{small}"),
    Request("POST", "/modalities/long/store-straight", b"nothing"),
    Request("POST", "/modalities/none/store-straight", b"nothing"),
    *(Request("DELETE", f"/modalities/{name}") for name in ("short", "text", "long", "none")),
    *get("/modalities?last"),
)
