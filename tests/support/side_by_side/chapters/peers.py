"""Who the peers are, and what is wrong with them; nobody listens where they are said to be."""

from support.side_by_side.request import Body, Request, get

_NOBODY = "http://127.0.0.1:1"
_LONG = {
    "Url": f"{_NOBODY}/orthanc",
    "Username": "alice",
    "Password": "secret",
    "HttpHeaders": {"X-Key": "secret"},
    "Timeout": 3,
    "Site": "B",
    "Shelf": 7,
    "Open": True,
}

# Each is wrong in one thing.
_WRONG_PEERS: tuple[Body, ...] = (
    [],
    [_NOBODY, "alice"],
    [_NOBODY, "alice", "secret", "more"],
    "5",
    {},
    {"Url": 5},
    {"Url": "ftp://127.0.0.1"},
    {"Url": _NOBODY, "Password": "secret"},
    {"Url": _NOBODY, "Timeout": "3"},
    {"Url": _NOBODY, "Timeout": -1},
    {"Url": _NOBODY, "HttpHeaders": []},
    {"Url": _NOBODY, "HttpHeaders": {"X-Key": 5}},
    {"Url": _NOBODY, "Pkcs11": "secret"},
    {"Url": _NOBODY, "CertificateFile": "/none"},
    {"Url": _NOBODY, "Own": None},
)
_WRONG_STORES: tuple[Body, ...] = (
    "nothing",
    ["nothing"],
    [5],
    {},
    "5",
    {"Resources": "nothing"},
    {"Resources": [], "Compress": 1},
    {"Resources": [], "Transcode": "1.2"},
    {"Resources": [], "Transcode": 5},
    {"Resources": [], "Synchronous": "x"},
)

PEERS = (
    *get("/peers", "/peers?expand"),
    Request("PUT", "/peers/short", [_NOBODY]),
    Request("PUT", "/peers/user", [_NOBODY, "alice", "secret"]),
    Request("PUT", "/peers/long", _LONG),
    *get(
        "/peers?again",
        "/peers?expand&again",
        "/peers/long",
        "/peers/long/configuration",
        "/peers/none/configuration",
        "/peers/short/system",
        "/peers/none/system",
    ),
    *(Request("PUT", f"/peers/wrong?{number}", peer) for number, peer in enumerate(_WRONG_PEERS)),
    Request("PUT", "/peers/a.b", [_NOBODY]),
    Request("POST", "/peers/short/store", "{small}"),
    Request("POST", "/peers/short/store?list", ["{small}"]),
    Request("POST", "/peers/short/store?nothing", {"Resources": []}),
    Request("POST", "/peers/long/store?nothing", {"Resources": [], "Compress": True}),
    *(
        Request("POST", f"/peers/short/store?{number}", wrong)
        for number, wrong in enumerate(_WRONG_STORES)
    ),
    Request("POST", "/peers/none/store", "{small}"),
    Request("POST", "/peers/short/store-straight", b"nothing"),
    Request("POST", "/peers/none/store-straight", b"nothing"),
    *(Request("DELETE", f"/peers/{name}") for name in ("short", "user", "long", "none")),
    *get("/peers?last"),
)
