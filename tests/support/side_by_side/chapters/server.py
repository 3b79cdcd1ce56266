"""What the server says of itself, and to requests that are wrong."""

from support.side_by_side.request import LEVELS, NOWHERE, Request, get, get_unordered

ERRORS = (
    *get(
        *(f"/{level}/{NOWHERE}" for level in LEVELS),
        "/instances/x",
        f"/instances/{NOWHERE}/tags",
        f"/instances/{NOWHERE}/simplified-tags",
        f"/instances/{NOWHERE}/metadata",
        f"/instances/{NOWHERE}/metadata/TransferSyntax",
        f"/instances/{NOWHERE}/attachments/dicom/data",
        f"/instances/{NOWHERE}/frames",
        f"/instances/{NOWHERE}/content",
        f"/instances/{NOWHERE}/content/0010-0010",
        f"/instances/{NOWHERE}/header",
        f"/instances/{NOWHERE}/module",
        f"/series/{NOWHERE}/shared-tags",
        f"/series/{NOWHERE}/instances",
        f"/series/{NOWHERE}/instances-tags",
        f"/series/{NOWHERE}/ordered-slices",
        f"/series/{NOWHERE}/study",
        f"/studies/{NOWHERE}/statistics",
        f"/studies/{NOWHERE}/module",
        f"/patients/{NOWHERE}/protected",
        # Of another level than the path says.
        "/patients/{small.study}",
        "/instances/{small.series}/tags",
        "/series/{small}/instances",
        "/nothing",
        "/nothing/at/all",
        "/instances/{small}/nothing",
        "/tools/nothing",
        "/plugins/nothing",
        "/modalities/nothing",
        "/peers/nothing",
        "/jobs/nothing",
        "/tools/generate-uid",
        "/tools/generate-uid?level=nothing",
    ),
    *(
        Request("POST", path)
        for path in ("/patients", "/studies/{small.study}", "/system", "/nothing", "/statistics")
    ),
    *(
        Request("PUT", path, b"x")
        for path in ("/instances", "/patients/{small.patient}", "/tools/find", "/changes")
    ),
    *(Request("DELETE", path) for path in ("/patients", "/system", "/tools/find", "/statistics")),
    *get("/tools/find", "/tools/lookup"),
)

SERVER = (
    *get(
        "/system",
        "/tools/default-encoding",
        "/tools/log-level",
        "/tools/log-level-http",
        "/tools/unknown-sop-class-accepted",
        "/tools/metrics",
    ),
    *get_unordered("/tools", "/plugins", "/tools/accepted-transfer-syntaxes"),
    Request("PUT", "/tools/default-encoding", "Utf8"),
    Request("PUT", "/tools/default-encoding", "nothing"),
    *get("/tools/default-encoding?again"),
    Request("PUT", "/tools/log-level", "verbose"),
    *get("/tools/log-level?again"),
    Request("PUT", "/tools/log-level", "default"),
    Request("PUT", "/tools/log-level", "loud"),
    Request("PUT", "/tools/accepted-transfer-syntaxes", "1.2.840.10008.1.2.1"),
    Request("PUT", "/tools/accepted-transfer-syntaxes", ["1.2.840.10008.1.2.4.5*"]),
    Request("PUT", "/tools/accepted-transfer-syntaxes", ["1.2.840.10008.1.2.?"]),
    Request("PUT", "/tools/accepted-transfer-syntaxes", [5]),
    Request("PUT", "/tools/accepted-transfer-syntaxes", "*", unordered=True),
    Request("PUT", "/tools/unknown-sop-class-accepted", "1"),
    Request("PUT", "/tools/unknown-sop-class-accepted", "maybe"),
    Request("PUT", "/tools/metrics", "0"),
    *get("/tools/metrics?again", "/tools/metrics-prometheus"),
    Request("PUT", "/tools/metrics", "1"),
)
