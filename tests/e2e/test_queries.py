"""Queries and retrievals at Debian's Orthanc, whose answers are compared with what it tells itself."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.orthanc import running_orthanc
from support.system import Axial
from support.waiting import eventually_sync

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file, shipped_file

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

_FORMS = ("", "&simplify", "&short")


@pytest.fixture(scope="module")
def orthanc(axial: Axial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Run an Orthanc that we know, that knows us and itself, with some files in it."""
    (port,) = free_ports(1)
    options = {
        "DicomServerEnabled": True,
        "DicomPort": port,
        "DicomAet": "ARCHIVE",
        "DicomModalities": {
            "axial": ["AXIAL", LOOPBACK, axial.dicom_port],
            "archive": ["ARCHIVE", LOOPBACK, port],
        },
    }
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), options) as archive:
        with axial.client() as client:
            put = client.put("/modalities/archive", json=["ARCHIVE", LOOPBACK, port])
            assert put.is_success, put.text
        for file in _files():
            assert archive.post("/instances", content=file).is_success
        yield archive


def _files() -> list[bytes]:
    """Make a study whose patient has umlauts, one that is compressed, and an ordinary one."""
    return [
        dicom_file(
            SpecificCharacterSet="ISO_IR 192",
            PatientName="Müller^Jürgen",
            PatientID="QUERY-U",
            StudyInstanceUID="2.25.7001",
            SeriesInstanceUID="2.25.7002",
            SOPInstanceUID="2.25.7003",
            Modality="CT",
            StudyDate="20200101",
        ),
        shipped_file("JPEG2000.dcm").read_bytes(),
        shipped_file("CT_small.dcm").read_bytes(),
    ]


def asked(client: httpx2.Client, body: dict[str, Any]) -> str:
    """Ask the archive; return where the query is found."""
    made = client.post("/modalities/archive/query", json=body)
    assert made.is_success, made.text
    return str(made.json()["Path"])


QUESTIONS: list[dict[str, Any]] = [
    {"Level": "Patient", "Query": {"PatientName": "Mü*", "NumberOfPatientRelatedInstances": ""}},
    {"Level": "Study", "Query": {"PatientID": "", "Modality": "CT", "ModalitiesInStudy": "CT"}},
    {"Level": "Study", "Query": {"StudyDate": "20200101-", "0008,1030": ""}, "Normalize": False},
    {"Level": "Series", "Query": {"Modality": "MR\\CT", "SeriesDescription": "*"}},
    {"Level": "Instance", "Query": {"PatientID": "QUERY-U", "InstanceNumber": ""}},
]


@pytest.mark.either_store
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: str(one["Level"]))
def test_answers_are_those_that_orthanc_tells(
    axial: Axial, orthanc: httpx2.Client, question: dict[str, Any]
) -> None:
    """The answers, in every form, and what was asked are told as Orthanc does that asks itself the same."""
    with axial.client() as client:
        ours, theirs = asked(client, question), asked(orthanc, question)

        def same(path: str) -> None:
            told, expected = client.get(ours + path), orthanc.get(theirs + path)
            assert (told.status_code, _told(told)) == (expected.status_code, _told(expected))

        for form in _FORMS:
            same(f"/answers?expand{form}")
            same(f"/query?{form}")
            same(f"/answers/0/content?{form}")
        for path in (
            "",
            "/answers",
            "/answers/0",
            "/level",
            "/modality",
            "/answers/99",
            "/answers/x",
        ):
            same(path)


def _told(answer: httpx2.Response) -> Any:
    """Take what an answer says, but for where; answers to a query have no order.

    Debian's Orthanc shows an attribute of files in answers about instances, which are none.
    """
    if not answer.is_success:
        return answer.json()["OrthancStatus"]
    if answer.headers["Content-Type"].startswith("text/plain"):
        return answer.text
    told = answer.json()
    if isinstance(told, dict):
        return _without_file_meta(told)
    if "expand" in str(answer.url):
        return sorted(map(_without_file_meta, told), key=str)
    return told


def _without_file_meta(told: dict[str, Any]) -> dict[str, Any]:
    hidden = {"0002,0003", "MediaStorageSOPInstanceUID"}
    return {key: value for key, value in told.items() if key not in hidden}


@pytest.mark.either_store
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"Level": "x"},
        {"Level": 1},
        {"Level": "Study", "Query": []},
        {"Level": "Study", "Query": {"Nope": ""}},
        {"Level": "Study", "Query": {"PatientID": 1}},
        {"Level": "Study", "Normalize": 1},
        {"Level": "Study", "LocalAet": 1},
        {"Level": "Study", "Timeout": "x"},
        {"Level": "Study", "Timeout": -1},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_in_orthancs_words(
    axial: Axial, orthanc: httpx2.Client, body: Any
) -> None:
    """A query that makes no sense is answered with the same status, number and details."""
    answers = [
        one.post("/modalities/archive/query", json=body) for one in (axial.client(), orthanc)
    ]
    ours, theirs = ({**one.json(), "Uri": ""} for one in answers)
    assert ours == theirs


@pytest.mark.either_store
def test_queries_below_an_answer(axial: Axial, orthanc: httpx2.Client) -> None:
    """From a patient one gets to its studies, series and instances, and not back up."""
    with axial.client() as client:
        path = asked(client, {"Level": "Patient", "Query": {"PatientID": "QUERY-U"}})
        for level, told in (
            ("studies", {"StudyInstanceUID": "2.25.7001"}),
            ("series", {"SeriesInstanceUID": "2.25.7002"}),
            ("instances", {"SOPInstanceUID": "2.25.7003"}),
        ):
            made = client.post(f"{path}/answers/0/query-{level}", json={"Query": {}})
            assert made.is_success, made.text
            path = made.json()["Path"]
            (answer,) = client.get(f"{path}/answers?expand&simplify").json()
            assert told.items() <= answer.items()
        assert client.post(f"{path}/answers/0/query-series", json={}).status_code == 404
        assert client.post(f"{path}/answers/9/query-instances", json={}).status_code == 400
        assert client.delete(path).is_success
        assert client.get(f"{path}/answers").status_code == 404


@pytest.mark.parametrize("method", ["C-MOVE", "C-GET"])
def test_an_answer_is_retrieved(axial: Axial, orthanc: httpx2.Client, method: str) -> None:
    """What a query has found is here, as it was there, when the retrieval has been answered."""
    made = DicomMaker().make(0)
    assert orthanc.post("/instances", content=made.body).is_success
    uid = made.names.study_instance_uid
    with axial.client() as client:
        path = asked(client, {"Level": "Study", "Query": {"StudyInstanceUID": uid}})
        done = client.post(f"{path}/answers/0/retrieve", json={"RetrieveMethod": method})
        assert done.is_success, done.text
        got = client.get(f"/instances/{made.names.orthanc_id}/file")
        assert got.is_success, got.text
        told = done.json()
        assert told["LocalAet"] == "AXIAL"
        assert told["RemoteAet"] == "ARCHIVE"
        assert told["Query"][0]["0020,000d"] == uid
        tags = f"/instances/{made.names.orthanc_id}/tags?short"
        assert client.get(tags).json() == orthanc.get(tags).json()
        assert told["Details"][0]["ReceivedInstancesIds"] == [made.names.orthanc_id]
        if method == "C-GET":
            metadata = client.get(f"/instances/{made.names.orthanc_id}/metadata?expand").json()
            origin = {
                name: metadata[name] for name in ("Origin", "RemoteAET", "RemoteIP", "CalledAET")
            }
            assert list(origin.values()) == ["DicomProtocol", "ARCHIVE", LOOPBACK, "AXIAL"]


@pytest.mark.parametrize("method", ["C-MOVE", "C-GET"])
def test_another_axial_is_asked_and_retrieved_from(axial: Axial, method: str) -> None:
    """What it has is found and comes; here it is the same one, so that it is told which came, and nothing is new."""
    made = [DicomMaker().make(0) for _ in range(2)]
    with axial.client() as client:
        there = ["AXIAL", LOOPBACK, axial.dicom_port]
        assert client.put("/modalities/mirror", json=there).is_success
        for one in made:
            assert client.post("/instances", content=one.body).is_success
        uids = "\\".join(one.names.study_instance_uid for one in made)
        question = {"Level": "Study", "Query": {"StudyInstanceUID": uids}, "LocalAet": "MYSELF"}
        path = client.post("/modalities/mirror/query", json=question).json()["Path"]
        done = client.post(f"{path}/retrieve", json={"RetrieveMethod": method, "Simplify": True})
        assert done.is_success, done.text
        told = done.json()
        assert (told["LocalAet"], told["RemoteAet"]) == ("MYSELF", "AXIAL")
        came = {
            query["StudyInstanceUID"]: details["ReceivedInstancesIds"]
            for query, details in zip(told["Query"], told["Details"], strict=True)
        }
        assert came == {one.names.study_instance_uid: [one.names.orthanc_id] for one in made}
        below = client.post(f"{path}/answers/0/query-series", json={}).json()["Path"]
        assert client.post(f"{below}/retrieve").json()["LocalAet"] == "MYSELF"
        assert client.delete("/modalities/mirror").is_success


def test_kinds_for_which_one_association_has_no_room_are_got_on_another(axial: Axial) -> None:
    """Nobody says what is in a study, and one instance of it is of a kind that is not among the usual ones."""
    dermoscopic = "1.2.840.10008.5.1.4.1.1.77.1.7"
    names = {"PatientID": "RARE", "StudyInstanceUID": "2.25.7301", "SeriesInstanceUID": "2.25.7302"}
    with axial.client() as client:
        there = ["AXIAL", LOOPBACK, axial.dicom_port]
        assert client.put("/modalities/mirror", json=there).is_success
        made = []
        for uid, kind in (("2.25.7303", CT_IMAGE_STORAGE), ("2.25.7304", dermoscopic)):
            file = dicom_file(**names, SOPInstanceUID=uid, SOPClassUID=kind)
            made.append(client.post("/instances", content=file).json()["ID"])
        body = {"Level": "Study", "Resources": [{"StudyInstanceUID": "2.25.7301"}] * 2}
        done = client.post("/modalities/mirror/get", json=body)
        assert done.is_success, done.text
        for details in done.json()["Details"]:
            assert sorted(details["ReceivedInstancesIds"]) == sorted(made)
            assert details["DimseErrorStatus"] == 0
        assert client.delete("/modalities/mirror").is_success


@pytest.mark.either_store
def test_jobs_tell_of_retrievals_as_orthanc_does(axial: Axial, orthanc: httpx2.Client) -> None:
    """An asynchronous retrieval is a job; one that the archive refuses fails with its status."""
    question = {"Level": "Study", "Query": {"StudyInstanceUID": "2.25.7001"}}
    with axial.client() as client:
        shown = []
        for one in (client, orthanc):
            path = asked(one, question)
            for target in ("AXIAL", "NOBODY"):
                body = {"TargetAet": target, "Asynchronous": True, "Priority": 3}
                job = one.post(f"{path}/retrieve", json=body).json()["Path"]
                eventually_sync(lambda: one.get(job).json()["State"] in {"Success", "Failure"})  # noqa: B023
                shown.append(one.get(job).json())
    for ours, theirs in zip(shown[:2], shown[2:], strict=True):
        for key in ("Type", "State", "Priority", "ErrorCode", "ErrorDescription", "ErrorDetails"):
            assert ours[key] == theirs[key]
        for key in ("Description", "RemoteAet", "Query"):
            assert ours["Content"][key] == theirs["Content"][key]
    failed = shown[1]
    assert failed["Content"]["Details"][0]["DimseErrorStatus"] == 0xC000
    assert failed["ErrorPayload"] == {
        "Type": "RetrieveJob",
        "Content": failed["Content"]["Details"],
    }


def test_what_is_named_is_moved_or_got(axial: Axial, orthanc: httpx2.Client) -> None:
    """`/move` and `/get` take UIDs; what the archive does not have is its failure, told as such."""
    with axial.client() as client:
        for operation in ("move", "get"):
            made = DicomMaker().make(0)
            assert orthanc.post("/instances", content=made.body).is_success
            names = made.names
            series = {
                "StudyInstanceUID": names.study_instance_uid,
                "SeriesInstanceUID": names.series_instance_uid,
            }
            body = {"Level": "Series", "Resources": [series]}
            done = client.post(f"/modalities/archive/{operation}", json=body)
            assert done.is_success, done.text
            assert client.get(f"/instances/{names.orthanc_id}").is_success
            nothing = {"Level": "Study", "Resources": [{"StudyInstanceUID": "2.25.1"}]}
            refused = client.post(f"/modalities/archive/{operation}", json=nothing)
            assert refused.status_code == 500
            assert refused.json()["OrthancStatus"] == 9
            permissive = nothing | {"Permissive": True}
            assert client.post(f"/modalities/archive/{operation}", json=permissive).is_success
        bad = {"Level": "Series", "Resources": [{"StudyInstanceUID": "2.25.1"}]}
        refused = client.post("/modalities/archive/move", json=bad)
        assert refused.status_code == 400


@pytest.mark.either_store
def test_the_older_routes_tell_the_same(axial: Axial, orthanc: httpx2.Client) -> None:
    """`find-patient` and the like, and `find` through all levels, answer as Orthanc's do."""
    above = {"StudyInstanceUID": "2.25.7001", "SeriesInstanceUID": "2.25.7002"}
    with axial.client() as client:
        for name, body in (
            ("find-patient", {"PatientID": "QUERY-U"}),
            ("find-study", {"PatientID": "QUERY-U"}),
            ("find-series", {"PatientID": "QUERY-U", "StudyInstanceUID": "2.25.7001"}),
            ("find-instance", {"PatientID": "QUERY-U", **above}),
            ("find", {"PatientID": "QUERY-U"}),
            ("find-study", {"PatientID": "Q"}),
        ):
            ours = client.post(f"/modalities/archive/{name}", json=body)
            theirs = orthanc.post(f"/modalities/archive/{name}", json=body)
            assert ours.status_code == theirs.status_code, ours.text
            if theirs.is_success:
                _same_but_for_younger_tags(ours.json(), theirs.json())
        refused = client.post("/modalities/archive/find-worklist", json={"PatientID": ""})
        expected = orthanc.post("/modalities/archive/find-worklist", json={"PatientID": ""})
        assert refused.json() == expected.json()


def _same_but_for_younger_tags(ours: Any, theirs: Any) -> None:
    """Compare; the contract's Orthanc asks for some attributes that Debian's does not."""
    for one, other in zip(ours, theirs, strict=True):
        for key, value in _without_file_meta(other).items():
            if isinstance(value, list):
                _same_but_for_younger_tags(one[key], value)
            else:
                assert one[key] == value, key
