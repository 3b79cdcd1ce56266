"""What is sent to a real Orthanc, which is a modality and a peer, and the jobs and exports of that."""

from collections.abc import Callable, Mapping

from support.side_by_side.files import File
from support.side_by_side.request import Body, Request, get, post

_FAR = {"AET": "FAR", "Host": "127.0.0.1"}
_ACTIONS = ("cancel", "pause", "resume", "resubmit")
_RESOURCES: tuple[Body, ...] = (
    "{small}",
    '"{small}"',
    " {small} ",
    ["{cr1.study}"],
    ["{mr1.patient}", "{ct1}"],
    {"Resources": []},
    {"Resources": ["{ct1.series}"], "Synchronous": True, "Permissive": True, "Priority": 3},
    {"Resources": ["{lossless}", "{deflated}", "{big}"]},
    # Once each here, as often as it is named there.
    {"Resources": ["{mr1}", "{mr1}", "{mr1.series}"]},
)


def _file(name: str) -> Callable[[Mapping[str, File]], bytes]:
    return lambda known: known[name].body


def _ended(job: str, state: str) -> tuple[Request, ...]:
    """Look at a job that has come to its end, and try what can be done with it."""
    path = f"/jobs/{{{job}}}"
    return (
        Request("GET", path, until={"State": state}),
        *get(f"{path}/archive", f"{path}/nothing"),
        *(Request("POST", f"{path}/{action}") for action in _ACTIONS[:3]),
        Request("POST", f"{path}/resubmit", b"some body"),
        Request("GET", path, until={"State": state}, note="after all that"),
    )


SENDING = (
    Request("PUT", "/modalities/nobody", ["NOBODY", "127.0.0.1", 1]),
    Request("PUT", "/peers/slashes", {"Url": "{far.url}//"}),
    Request("PUT", "/peers/astray", {"Url": "{far.url}/nowhere"}),
    Request("PUT", "/peers/nobody", ["http://127.0.0.1:1"]),
    *get(
        "/modalities?expand=1", "/peers?expand=true", "/modalities?expand=false", "/peers?expand=0"
    ),
    *post("/modalities/far/echo", b"", {}, {"CheckFind": True}, {"CheckFind": False, "Timeout": 9}),
    *post("/modalities/far/echo", {"CheckFind": 1}, {"Timeout": 0}),
    *post("/modalities/nobody/echo", {}),
    *post(
        "/tools/dicom-echo", ["FAR", "127.0.0.1", "{far.dicom_port}"], ["NOBODY", "127.0.0.1", 1]
    ),
    *post("/modalities/far/store", *_RESOURCES),
    *post(
        "/modalities/far/store",
        {"Resources": ["{small}"], "LocalAet": "OTHER", "Timeout": 30},
        {"Resources": ["{small}"], "MoveOriginatorAet": "SOMEBODY", "MoveOriginatorID": 7},
        {"Resources": ["{small}"], "MoveOriginatorID": 8},
        {"Resources": ["{small}"], "UserData": {"mine": [1, None]}},
    ),
    *post("/modalities/nobody/store", "{small}", {"Resources": ["{small}"], "Permissive": True}),
    Request("POST", "/modalities/far/store-straight", _file("far1"), note="far1"),
    Request("POST", "/modalities/far/store-straight", b"no DICOM"),
    Request("POST", "/modalities/far/store-straight", note="nothing"),
    Request("POST", "/modalities/nobody/store-straight", _file("far1"), note="far1"),
    *get("/peers/far/system", "/peers/slashes/system", "/peers/astray/system"),
    *get("/peers/nobody/system"),
    *post("/peers/far/store", "{small}", ["{mr1.patient}", "{ct1}"], *_RESOURCES[5:7]),
    *post(
        "/peers/far/store",
        {"Resources": ["{small}"], "Compress": True},
        {"Resources": ["{small}"], "Transcode": "1.2.840.10008.1.2"},
        {"Resources": ["{small}"], "Compress": False, "Transcode": ""},
    ),
    *post("/peers/slashes/store", "{small}"),
    *post("/peers/astray/store", "{small}", {"Resources": ["{small}"], "Permissive": True}),
    *post("/peers/nobody/store", "{small}"),
    Request("POST", "/peers/far/store-straight", _file("far2"), note="far2"),
    Request("POST", "/peers/far/store-straight", b"no DICOM"),
    Request("POST", "/peers/far/store-straight", note="nothing"),
    Request("POST", "/peers/astray/store-straight", _file("far2"), note="far2"),
    Request("POST", "/peers/nobody/store-straight", _file("far2"), note="far2"),
)

JOBS_OF_SENDING = (
    Request(
        "POST",
        "/modalities/far/store",
        {"Resources": ["{cr1.study}"], "Asynchronous": True, "Priority": -2, "UserData": "mine"},
        remember="sent",
    ),
    *_ended("sent", "Success"),
    Request(
        "POST",
        "/modalities/nobody/store",
        {"Resources": ["{small}", "{cr1.study}"], "Synchronous": False},
        remember="lost",
    ),
    *_ended("lost", "Failure"),
    Request(
        "POST",
        "/peers/far/store",
        {"Resources": ["{small.patient}"], "Asynchronous": True},
        remember="peered",
    ),
    *_ended("peered", "Success"),
    Request(
        "POST",
        "/peers/astray/store",
        {"Resources": ["{small.series}"], "Asynchronous": True, "Permissive": True},
        remember="astray",
    ),
    *_ended("astray", "Success"),
)

EXPORTS = (
    Request("PUT", "/modalities/far", ["FAR", "127.0.0.1", "{far.dicom_port}"]),
    Request("PUT", "/peers/far", ["{far.url}"]),
    *post("/modalities/far/store", ["{small}", "{cr1.series}"], ["{mr1.patient}"]),
    *post("/peers/far/store", ["{cr1.study}"]),
    *get(
        "/exports",
        "/exports?limit=2",
        "/exports?since=1&limit=2",
        "/exports?last",
        "/exports?since=x",
        "/exports?since=1000",
        "/exports?limit=0",
    ),
    Request("DELETE", "/exports"),
    *get("/exports?afterwards", "/exports?last&afterwards"),
    *post("/modalities/far/store", "{small}"),
    *get("/exports?again"),
)
