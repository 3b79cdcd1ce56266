"""What jobs and their submitters are refused; a job itself has another identifier at each server."""

from support.side_by_side.request import Body, Request, get, post

# Each is wrong in one thing.
_WRONG: tuple[Body, ...] = (
    {"Asynchronous": 1},
    {"Synchronous": "x"},
    {"Asynchronous": True, "Priority": "a"},
    {"Asynchronous": True, "Priority": 1.5},
    {"Asynchronous": True, "Transcode": 3},
)

JOBS = (
    *(
        Request("POST", f"/jobs/nothing/{action}")
        for action in ("cancel", "pause", "resume", "resubmit")
    ),
    *get("/jobs/nothing/archive"),
    Request("POST", "/jobs"),
    *post("/studies/{mr1.study}/archive", *_WRONG),
    *post(
        "/tools/create-media",
        {"Asynchronous": True},
        {"Asynchronous": True, "Resources": ["nothing"]},
    ),
)
