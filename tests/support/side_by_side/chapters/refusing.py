"""Outbound operations that nothing is known of, asked in another way than they are, or for nothing."""

from support.side_by_side.request import Body, Request

_QUERY = "/queries/nothing"
_ANSWER = f"{_QUERY}/answers/0"
_GETS = (
    "/modalities/none",
    "/peers/none",
    "/queries/nothing",
    *(f"{_QUERY}/{what}" for what in ("level", "modality", "query", "answers")),
    _ANSWER,
    f"{_ANSWER}/content",
    "/jobs/nothing",
    "/jobs/00000000-0000-0000-0000-000000000000",
    "/jobs/00000000-0000-0000-0000-000000000000/archive",
    "/storage-commitment/nothing",
    "/storage-commitment/1.2.3",
)
_MODALITY = (
    "echo",
    "find",
    *(f"find-{level}" for level in ("patient", "study", "series", "instance", "worklist")),
    "move",
    "query",
    "storage-commitment",
    "store",
    "store-straight",
)
_POSTS = (
    *(f"/modalities/none/{what}" for what in _MODALITY),
    "/peers/none/store",
    "/peers/none/store-straight",
    f"{_QUERY}/retrieve",
    f"{_ANSWER}/retrieve",
    *(f"{_ANSWER}/query-{level}" for level in ("studies", "series", "instances")),
    "/jobs/nothing/cancel",
    "/storage-commitment/nothing/remove",
)
_PUTS = ("/modalities/none", "/peers/none")
_DELETES = ("/modalities/none", "/peers/none", _QUERY)

_COMMITMENTS: tuple[Body, ...] = (
    "x",
    [],
    {"Resources": "x"},
    {"Resources": ["nothing"]},
    {"DicomInstances": "x"},
    {"DicomInstances": [["1.2"]]},
    {"DicomInstances": [{"SOPClassUID": "1.2"}]},
    {"Resources": [], "Timeout": "x"},
)

# Every outbound path, with the methods that it has.
_METHODS = {
    "/modalities": "GET",
    "/modalities/near": "GET PUT DELETE",
    "/modalities/near/configuration": "GET",
    **{f"/modalities/near/{what}": "POST" for what in _MODALITY},
    "/tools/dicom-echo": "POST",
    "/peers": "GET",
    "/peers/near": "GET PUT DELETE",
    "/peers/near/configuration": "GET",
    "/peers/near/system": "GET",
    "/peers/near/store": "POST",
    "/peers/near/store-straight": "POST",
    "/queries": "GET",
    _QUERY: "GET DELETE",
    **{f"{_QUERY}/{what}": "GET" for what in ("level", "modality", "query", "answers")},
    f"{_QUERY}/retrieve": "POST",
    _ANSWER: "GET",
    f"{_ANSWER}/content": "GET",
    f"{_ANSWER}/retrieve": "POST",
    f"{_ANSWER}/query-series": "POST",
    "/jobs": "GET",
    "/jobs/nothing/pause": "PUT POST",
    "/exports": "GET DELETE",
    "/storage-commitment/1.2": "GET",
    "/storage-commitment/1.2/remove": "POST",
}


def _another(methods: str) -> str:
    return next(one for one in ("PUT", "DELETE", "POST", "GET") if one not in methods.split())


REFUSING = (
    *(Request("GET", path) for path in _GETS),
    *(Request("POST", path, note="empty") for path in _POSTS),
    *(Request("POST", path, {}) for path in _POSTS),
    *(Request("PUT", path, note="empty") for path in _PUTS),
    *(Request("DELETE", path, note="unknown") for path in _DELETES),
    Request("PUT", "/modalities/near", ["NEAR", "127.0.0.1", 1]),
    Request("PUT", "/peers/near", ["http://127.0.0.1:1"]),
    *(Request("POST", f"/modalities/near/{what}", note="empty") for what in _MODALITY),
    *(Request("POST", f"/peers/near/{what}", note="empty") for what in ("store", "store-straight")),
    *(Request("POST", "/modalities/near/storage-commitment", body) for body in _COMMITMENTS),
    *(Request(_another(methods), path, note="wrong method") for path, methods in _METHODS.items()),
    Request("PUT", "/jobs/nothing/pause", note="wrong method"),
    Request("DELETE", "/modalities/near"),
    Request("DELETE", "/peers/near"),
)
