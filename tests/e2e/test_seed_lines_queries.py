"""The lines on queries of Orthanc's book, as they stand there but for ports, identifiers and titles."""

import json
import shlex
import subprocess
from typing import Any

import pytest
from support.system import Axial
from support.waiting import eventually_sync

from axial.common.testing.dicom_files import dicom_file

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_LINE_SECONDS = 60.0
_QUERY = (
    "curl --request POST --url http://localhost:8042/modalities/sample/query"
    """ --data '{"Level":"Study","Query": {"PatientID":"","StudyDescription":"*Chest*","PatientName":""}}'"""
)
_ID = "5af318ac-78fb-47ff-b0b0-0df18b0588e0"
_GET = f"curl --request GET --url http://localhost:8042/queries/{_ID}"
_POST = f"curl --request POST --url http://localhost:8042/queries/{_ID}"


def test_performing_query_retrieve_with_rest(axial: Axial) -> None:
    """A modality is asked, its answers are reviewed, and moved: all, one, and by a job. It is the archive itself."""
    file = dicom_file(
        PatientID="SEED-CHEST",
        StudyInstanceUID="2.25.7101",
        SeriesInstanceUID="2.25.7102",
        SOPInstanceUID="2.25.7103",
        StudyDescription="CT Chest",
    )
    query_id = _ID

    def ask(line: str) -> str:
        places = {"http://localhost:8042": axial.url, _ID: query_id, "Orthanc": "AXIAL"}
        for old, new in places.items():
            line = line.replace(old, new)
        done = subprocess.run(
            shlex.split(line), capture_output=True, text=True, check=True, timeout=_LINE_SECONDS
        )
        return done.stdout

    def told(line: str) -> Any:
        return json.loads(ask(line))

    with axial.client() as client:
        assert client.post("/instances", content=file).is_success
        described = ["AXIAL", "127.0.0.1", axial.dicom_port]
        assert client.put("/modalities/sample", json=described).is_success
        made = told(_QUERY)
        query_id = made["ID"]
        assert made["Path"] == f"/queries/{query_id}"
        assert ask(f"{_GET}/level") == "Study"
        assert ask(f"{_GET}/modality") == "sample"
        assert told(f"{_GET}/query")["0008,1030"]["Value"] == "*Chest*"
        assert told(f"{_GET}/answers") == ["0"]
        assert told(f"{_GET}/answers/0/content")["0010,0020"]["Value"] == "SEED-CHEST"
        assert told(f"{_POST}/retrieve --data Orthanc")["TargetAet"] == "AXIAL"
        (moved,) = told(f"{_POST}/answers/0/retrieve --data Orthanc")["Query"]
        assert moved["0020,000d"] == "2.25.7101"
        body = """'{"TargetAet":"Orthanc","Synchronous":false}'"""
        job = told(f"{_POST}/retrieve --data {body}")
        eventually_sync(lambda: client.get(job["Path"]).json()["State"] == "Success")
