"""What is deleted, and what is left."""

from support.side_by_side.request import LEVELS, NOWHERE, Request, get, post

DELETING = (
    *(Request("DELETE", f"/{level}/{NOWHERE}") for level in LEVELS),
    Request("DELETE", "/instances/{ct1}"),
    Request("DELETE", "/instances/{ct1}", note="again"),
    Request("DELETE", "/series/{ct2.series}"),
    Request("DELETE", "/studies/{cr1.study}"),
    Request("DELETE", "/instances/{mr1}"),
    Request("DELETE", "/series/{mr2.series}"),
    Request("DELETE", "/studies/{mr1.study}"),
    Request("DELETE", "/patients/{small.patient}"),
    Request("DELETE", "/patients/{small.patient}", note="again"),
    *post("/tools/bulk-delete", {"Resources": ["{wave.study}", "{report}"]}),
    *post("/tools/bulk-delete", {"Resources": [NOWHERE]}, {}, "no JSON"),
    *get(
        "/patients?since=0&limit=100",
        "/statistics?afterwards",
        "/changes?since=0&limit=2",
        "/changes?last&afterwards",
    ),
    Request("DELETE", "/exports"),
    Request("DELETE", "/changes"),
    *get("/changes?limit=100", "/exports?since=0&limit=1"),
)
