"""The lines on queries of Orthanc's book, as they stand there but for ports, identifiers and titles."""

from collections.abc import Iterator

import pytest
from support.book import Reader
from support.system import Axial
from support.waiting import eventually_sync

from axial.common.testing.dicom_files import dicom_file

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_QUERY = r"""curl --request POST \
       --url http://localhost:8042/modalities/sample/query \
       --data '{"Level":"Study","Query": {"PatientID":"","StudyDescription":"*Chest*","PatientName":""}}'"""
_ID = "5af318ac-78fb-47ff-b0b0-0df18b0588e0"
_QUERIES = "http://localhost:8042/queries"
_LEVEL = f"curl --request GET --url {_QUERIES}/{_ID}/level"
_MODALITY = f"curl --request GET --url {_QUERIES}/{_ID}/modality"
_ASKED = f"curl --request GET --url {_QUERIES}/{_ID}/query"
_ANSWERS = f"curl --request GET --url {_QUERIES}/{_ID}/answers"
_CONTENT = f"curl --request GET --url {_QUERIES}/{_ID}/answers/0/content"
_RETRIEVE = f"curl --request POST --url {_QUERIES}/{_ID}/retrieve --data Orthanc"
_RETRIEVE_ONE = f"curl --request POST --url {_QUERIES}/{_ID}/answers/0/retrieve --data Orthanc"
_RETRIEVE_BY_A_JOB = f"""curl --request POST --url {_QUERIES}/{_ID}/retrieve \\
       --data '{{"TargetAet":"Orthanc","Synchronous":false}}'"""
# What the book says may stand in a query besides.
_OPTIONS = (
    '"PatientName":"Jones*"',
    '"PatientName":"*Jo*"',
    '"StudyDate":"20180323-"',
    '"StudyDate":"20180323-20180325"',
    '"ModalitiesInStudy":""',
)


@pytest.fixture
def reader(axial: Axial) -> Iterator[Reader]:
    """Know a modality, which is the archive itself, with two studies of chests in it, one of them long ago."""
    with axial.client() as client:
        for number, (name, date) in enumerate((("Jones^Jo", "20180324"), ("Doe^Jane", "19990101"))):
            file = dicom_file(
                PatientID=f"SEED-CHEST-{number}",
                PatientName=name,
                StudyDate=date,
                Modality="CT",
                StudyInstanceUID=f"2.25.7101{number}",
                SeriesInstanceUID=f"2.25.7102{number}",
                SOPInstanceUID=f"2.25.7103{number}",
                StudyDescription="CT Chest",
            )
            assert client.post("/instances", content=file).is_success
        described = ["AXIAL", "127.0.0.1", axial.dicom_port]
        assert client.put("/modalities/sample", json=described).is_success
        yield Reader({"http://localhost:8042": axial.url, "Orthanc": "AXIAL"})
        assert client.delete("/modalities/sample").is_success


def test_performing_query_retrieve_with_rest(axial: Axial, reader: Reader) -> None:
    """A modality is asked, its answers are reviewed, and moved: all, one, and by a job."""
    made = reader.told(_QUERY)
    assert made["Path"] == f"/queries/{made['ID']}"
    reader = reader.knowing({_ID: made["ID"]})
    assert reader.says(_LEVEL) == "Study"
    assert reader.says(_MODALITY) == "sample"
    assert reader.told(_ASKED)["0008,1030"]["Value"] == "*Chest*"
    assert reader.told(_ANSWERS) == ["0", "1"]
    found = reader.told(_CONTENT)
    assert found["0010,0020"]["Value"] in {"SEED-CHEST-0", "SEED-CHEST-1"}
    moved = reader.told(_RETRIEVE)
    assert (moved["TargetAet"], len(moved["Query"])) == ("AXIAL", 2)
    (one,) = reader.told(_RETRIEVE_ONE)["Query"]
    assert one["0020,000d"] == found["0020,000d"]["Value"]
    job = reader.told(_RETRIEVE_BY_A_JOB)
    with axial.client() as client:
        eventually_sync(lambda: client.get(job["Path"]).json()["State"] == "Success")


def test_additional_options(reader: Reader) -> None:
    """Parts of names and ranges of dates find the study that they fit; what is added to a query is told."""
    for option in _OPTIONS:
        line = _QUERY.replace('"PatientName":""', option)
        asked = reader.knowing({_ID: reader.told(line)["ID"]})
        answers = [
            asked.told(_CONTENT.replace("/0/", f"/{index}/")) for index in asked.told(_ANSWERS)
        ]
        if "Modalities" in option:
            assert [one["0008,0061"]["Value"] for one in answers] == ["CT", "CT"]
        else:
            assert [one["0010,0020"]["Value"] for one in answers] == ["SEED-CHEST-0"], option
