"""What a real Orthanc is asked, and has moved to whoever asks."""

from support.side_by_side.request import Body, Request, get, get_unordered, post

_QUERIES: dict[str, dict[str, object]] = {
    "patient": {"Level": "Patient", "Query": {"PatientID": "FAR", "PatientName": ""}},
    "study": {
        "Level": "Study",
        "Query": {"PatientID": "FAR", "StudyDate": "2020-", "0008-1030": ""},
    },
    "series": {"Level": "Series", "Query": {"PatientID": "FAR", "Modality": "MR\\CT"}},
    "instance": {"Level": "Instance", "Query": {"SOPInstanceUID": "2.25.73", "Rows": ""}},
    "nothing": {"Level": "Studies", "Query": {"PatientID": "FAR", "StudyDate": "-2019"}},
    "plain": {"Level": "study", "Normalize": False, "Timeout": 20, "LocalAet": "OTHER"},
}
_ORDERED = ("patient", "study", "instance", "nothing")
_WRONG_QUERIES: tuple[Body, ...] = (
    "",
    "x",
    [],
    {},
    {"Level": 5},
    {"Level": "Nothing"},
    {"Level": "Study", "Query": []},
    {"Level": "Study", "Query": {"Nope": ""}},
    {"Level": "Study", "Query": {"PatientID": 5}},
    {"Level": "Study", "Normalize": 1},
    {"Level": "Study", "LocalAet": 1},
    {"Level": "Study", "Timeout": "x"},
)
_RETRIEVALS: tuple[Body, ...] = (
    "",
    {"TargetAet": "NEAR", "Simplify": True},
    {"TargetAet": "NEAR", "Full": True, "Permissive": True, "Timeout": 30},
    {"TargetAet": "FAR-OFF"},
    {"TargetAet": "FAR-OFF", "Permissive": True},
    {"TargetAet": 5},
    {"Timeout": "x"},
    {"Permissive": 1},
    {"Synchronous": "x"},
    {"Priority": "x", "Asynchronous": True},
    # What is JSON, and neither a title nor options.
    "null",
    "true",
    "[]",
    '"NEAR"',
)
_STUDY = {"StudyInstanceUID": "2.25.71"}
_MOVES: tuple[Body, ...] = (
    {"Level": "Study", "Resources": [_STUDY]},
    {"Level": "Patient", "Resources": [{"PatientID": "FAR"}], "TargetAet": "NEAR"},
    {"Level": "Series", "Resources": [{**_STUDY, "SeriesInstanceUID": "2.25.72"}], "Timeout": 20},
    {
        "Level": "Instance",
        "Resources": [{**_STUDY, "SeriesInstanceUID": "2.25.72", "SOPInstanceUID": "2.25.73"}],
        "LocalAet": "OTHER",
        "TargetAet": "NEAR",
    },
    {"Level": "Study", "Resources": [_STUDY], "Permissive": True, "TargetAet": "FAR-OFF"},
    {"Level": "Study", "Resources": [_STUDY], "TargetAet": "FAR-OFF"},
    {"Level": "Study", "Resources": []},
)
_WRONG_MOVES: tuple[Body, ...] = (
    "",
    "x",
    [],
    {},
    {"Level": "Study"},
    {"Level": 5, "Resources": [_STUDY]},
    {"Level": "Nothing", "Resources": [_STUDY]},
    {"Level": "Study", "Resources": {}},
    {"Level": "Study", "Resources": [5]},
    {"Level": "Study", "Resources": [{"PatientID": "FAR"}]},
    {"Level": "Study", "Resources": [{"StudyInstanceUID": 5}]},
    {"Level": "Study", "Resources": [_STUDY], "TargetAet": 5},
    {"Level": "Study", "Resources": [_STUDY], "LocalAet": 5},
    {"Level": "Study", "Resources": [_STUDY], "Timeout": "x"},
)
_ABOVE = {**_STUDY, "PatientID": "FAR", "SeriesInstanceUID": "2.25.72"}
_FINDS: tuple[Body, ...] = ("", "x", [], {}, {"PatientID": 5}, {"PatientID": []})


def _read(word: str) -> tuple[Request, ...]:
    """Look at a query from all sides."""
    path = f"/queries/{{{word}}}"
    several = get if word in _ORDERED else get_unordered
    one = (
        *get(f"{path}/answers/0"),
        *get(*(f"{path}/answers/0/content{form}" for form in ("", "?simplify", "?short"))),
    )
    return (
        *get(path, f"{path}/level", f"{path}/modality", f"{path}/answers"),
        *get(*(f"{path}/query{form}" for form in ("", "?simplify", "?short"))),
        *(several(f"{path}/answers?expand&simplify") if word in _ORDERED else ()),
        *(
            several(f"{path}/answers?expand", f"{path}/answers?expand&short")
            if word in _ORDERED
            else ()
        ),
        *(one if word in _ORDERED else ()),
    )


ASKING = (
    *(
        Request("POST", "/modalities/far/query", body, remember=word)
        for word, body in _QUERIES.items()
    ),
    *get_unordered("/queries"),
    *(request for word in _QUERIES for request in _read(word)),
    *get("/queries/{study}/answers?expand=false"),
    *get(
        *(
            f"/queries/{{study}}/answers/{place}"
            for place in ("7", "-1", "x", "0/nothing", "7/content", "x/content")
        ),
        "/queries/{study}/nothing",
    ),
    *post("/modalities/far/query", *_WRONG_QUERIES),
    *post("/modalities/nobody/query", _QUERIES["study"]),
    *(
        Request(
            "POST",
            f"/queries/{{{above}}}/answers/0/query-{level}",
            body,
            remember=f"{above} {level}",
        )
        for above, level, body in (
            ("patient", "studies", {}),
            ("study", "series", {"Query": {"Modality": "CT"}, "Timeout": 9}),
            ("series", "instances", {"Query": {}}),
        )
    ),
    *get("/queries/{patient studies}/answers?expand"),
    *get(
        "/queries/{study series}/answers?expand&simplify",
        "/queries/{study series}/query",
        "/queries/{series instances}/level",
        "/queries/{series instances}/answers",
    ),
    *post("/queries/{patient}/answers/0/query-studies", "", [], {"Query": []}, {"Timeout": "x"}),
    Request("POST", "/queries/{patient}/answers/0/query-studies", "null", remember="null studies"),
    *post("/queries/{study}/answers/0/query-studies", {"Query": {}}),
    *post("/queries/{study}/answers/7/query-series", {"Query": {}}),
    *post("/queries/{study}/answers/x/query-series", {"Query": {}}),
    *post("/modalities/far/find-patient", {"PatientID": "FAR"}, *_FINDS),
    *post("/modalities/far/find-study", {"PatientID": "FAR"}, {"PatientID": "F"}, *_FINDS),
    *post("/modalities/far/find-series", {**_STUDY, "PatientID": "FAR", "Modality": "CT"}, _STUDY),
    *post("/modalities/far/find-instance", _ABOVE, _STUDY),
    *post("/modalities/far/find", {"PatientID": "FAR", "Modality": "CT"}, "", [], {"Nope": ""}),
    *post(
        "/modalities/far/find-worklist", {"PatientID": ""}, {"Query": 5}, {"Query": {"Nope": ""}}
    ),
)

RETRIEVING = (
    *post("/queries/{study}/retrieve", *_RETRIEVALS),
    *post("/queries/{study}/answers/0/retrieve", "NEAR", "", {"TargetAet": "FAR-OFF"}),
    *post("/queries/{study}/answers/7/retrieve", "NEAR"),
    *post("/queries/{study}/answers/x/retrieve", "NEAR"),
    *post("/queries/{instance}/retrieve", "NEAR"),
    *post("/queries/{patient}/retrieve", "NEAR"),
    *post("/queries/{nothing}/retrieve", "NEAR"),
    Request(
        "POST",
        "/queries/{study}/retrieve",
        {"TargetAet": "NEAR", "Asynchronous": True, "Priority": 4, "UserData": "mine"},
        remember="moved",
    ),
    Request("GET", "/jobs/{moved}", until={"State": "Success"}),
    Request(
        "POST",
        "/queries/{study}/retrieve",
        {"TargetAet": "FAR-OFF", "Asynchronous": True},
        remember="unmoved",
    ),
    Request("GET", "/jobs/{unmoved}", until={"State": "Failure"}),
    *(Request("POST", "/modalities/far/move", body, note="a job") for body in _MOVES),
    Request("POST", "/modalities/nobody/move", _MOVES[0], note="a job"),
    *post("/modalities/far/move", *_WRONG_MOVES),
    *get("/instances/{far1}/metadata/RemoteAET", "/instances/{far1}/tags?short"),
    *(
        Request("DELETE", path)
        for path in ("/queries/{study}", "/queries/{study}?again", "/queries/nothing")
    ),
    *get("/queries/{study}/answers?gone", "/queries/{study}?gone"),
    *post("/queries/{study}/retrieve", "gone"),
    Request("DELETE", "/patients/{far1.patient}"),
    *(
        Request("DELETE", path)
        for path in ("/modalities/far", "/modalities/nobody", "/peers/far", "/peers/slashes")
    ),
    *(Request("DELETE", path) for path in ("/peers/astray", "/peers/nobody")),
)
