"""What the system says of itself is true: every operation it tells of is answered as told, every other refused."""

import io
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pydicom
import pytest
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian, generate_uid
from support.dicoms import DicomMaker
from support.operations import MODALITY, PEER, RULE, Operation, Places, body_of, operations_of
from support.system import Axial

from axial.common.testing.eventually import eventually_sync

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_ORTHANCS = Path(__file__).parents[2] / "docs/orthanc_operations.txt"
_PDF = b"%PDF-1.4\n%%EOF\n"
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_REFUSED = {
    # This consumer has no endpoint to test; one that has is in test_webhooks.py.
    "POST /feed/consumers/{name}/test": 409,
    # The job has succeeded; others are in the router's own tests.
    "POST /jobs/{id}/resume": 400,
    "POST /jobs/{id}/resubmit": 400,
    # The delivery has succeeded; dead ones are in the router's own tests.
    "POST /router/dead-letters/{delivery_id}/replay": 409,
    "POST /router/dead-letters/{delivery_id}/discard": 409,
    # Nothing is deleted with grace here; it is in test_storage_options.py.
    "GET /trash/{deletion}": 404,
    "DELETE /trash/{deletion}": 404,
    "POST /trash/{deletion}/restore": 404,
    # Studies are not below studies.
    "POST /queries/{id}/answers/{index}/query-studies": 404,
}
# Has no end; test_live.py reads it.
_ENDLESS = "/feed/events"
# Say something else each time.
_FRESH = frozenset(
    {"/tools/now", "/tools/now-local", "/tools/generate-uid", "/tools/metrics-prometheus"}
)


@pytest.fixture(scope="session")
def operations(axial: Axial) -> list[Operation]:
    """Read what the system says of itself."""
    with axial.client() as client:
        document: Mapping[str, Any] = client.get("/openapi.json").raise_for_status().json()
    return operations_of(document)


@pytest.fixture
def places(axial: Axial) -> Places:
    """Store an image, and a PDF file in an instance."""
    dicom = DicomMaker(per_series=1).make(0)
    with axial.client() as client:
        ourselves = ["AXIAL", "127.0.0.1", axial.dicom_port]
        client.put(f"/modalities/{MODALITY}", json=ourselves).raise_for_status()
        rule = {
            "Trigger": "NewInstance",
            "Conditions": {"Tags": {"PatientID": dicom.names.patient_id}},
            "Destinations": [{"Modality": MODALITY}],
        }
        client.put(f"/router/rules/{RULE}", json=rule).raise_for_status()
        client.post("/instances", content=dicom.body).raise_for_status()
        document = client.post("/instances", content=_document()).raise_for_status()
        wish = {"Resources": [dicom.id], "Asynchronous": True}
        job = client.post("/tools/create-archive", json=wish).raise_for_status().json()
        eventually_sync(lambda: client.get(job["Path"]).json()["State"] == "Success")
        wanted = {"instance": dicom.id, "state": "delivered"}
        eventually_sync(
            lambda: client.get("/router/deliveries", params=wanted).json()["Deliveries"]
        )
        delivered = client.get("/router/deliveries", params=wanted).json()["Deliveries"]
        client.put(f"/peers/{PEER}", json={"Url": axial.url}).raise_for_status()
        question = {"Level": "Study", "Query": {"PatientID": dicom.names.patient_id}}
        query = client.post(f"/modalities/{MODALITY}/query", json=question).raise_for_status()
        committed = client.post("/instances", content=DicomMaker(per_series=1).make(0).body).json()
        asked = {"Resources": [committed["ID"]]}
        commitment = client.post(f"/modalities/{MODALITY}/storage-commitment", json=asked).json()
        eventually_sync(lambda: client.get(commitment["Path"]).json()["Status"] == "Success")
    return Places(
        dicom,
        document.json()["ID"],
        job["ID"],
        delivered[0]["ID"],
        query.json()["ID"],
        commitment["ID"],
    )


def test_all_that_is_told_is_true(
    axial: Axial, operations: list[Operation], places: Places
) -> None:
    """Each operation of the document is answered with a status and a type that the document names."""
    faults = []
    with axial.client() as client:
        for operation in operations:
            if operation.path == _ENDLESS:
                continue
            if operation.method == "DELETE":  # what the deletion before has taken away
                client.post("/instances", content=places.dicom.body)
            body = body_of(operation, places.dicom, lambda path: client.get(path).content)
            answer = client.request(
                operation.method, places.path(operation), content=body, params=operation.required
            )
            faults += _faults(operation, answer)
    assert not faults, "\n".join(faults)


def test_what_is_not_told_is_refused_with_the_reason(
    axial: Axial, operations: list[Operation], places: Places
) -> None:
    """Orthanc's other operations are answered 404 with why."""
    told = {operation.shape for operation in operations}
    orthancs = [
        Operation(method, path, {})
        for line in _ORTHANCS.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for method, path in [line.split(" ")]
    ]
    assert len(orthancs) == 299
    with axial.client() as client:
        for operation in (each for each in orthancs if each.shape not in told):
            answer = client.request(operation.method, places.path(operation))
            assert (operation.name, answer.status_code) == (operation.name, 404)
            assert (operation.name, "not offered" in answer.json().get("Details", "")) == (
                operation.name,
                True,
            )


def test_methods_that_a_path_does_not_have(
    axial: Axial, operations: list[Operation], places: Places
) -> None:
    """A wrong method is told the right ones, whichever services have them; OPTIONS asks for them."""
    paths: dict[str, set[str]] = {}
    for operation in operations:
        paths.setdefault(places.path(operation), set()).add(operation.method)
    with axial.client() as client:
        for path, methods in paths.items():
            asked = client.options(path)
            assert (path, asked.status_code, asked.content) == (path, 204, b"")
            # Another path may fit too, as `/instances/{id}` fits what is in `/plugins/…`: then it says more.
            assert methods <= set(asked.headers["allow"].split(",")), path
            for method in _METHODS - set(asked.headers["allow"].split(",")):
                answer = client.request(method, path)
                told = answer.status_code, answer.headers.get("allow"), answer.content
                if _is_not_offered(answer):
                    continue
                assert (method, path, told) == (method, path, (405, asked.headers["allow"], b""))


def test_heads(axial: Axial, operations: list[Operation], places: Places) -> None:
    """HEAD tells what GET tells, without the body."""
    with axial.client() as client:
        for operation in operations:
            if operation.method != "GET":
                continue
            path, params = places.path(operation), operation.required
            head = client.head(path, params=params)
            with client.stream("GET", path, params=params) as answer:
                assert (path, head.status_code) == (path, answer.status_code)
                if operation.path not in _FRESH:
                    assert (path, _lasting(head)) == (path, _lasting(answer))
            assert head.content == b""


def test_the_page_needs_no_other_host(axial: Axial) -> None:
    """All that the documentation's page loads comes from here: there may be no Internet."""
    with axial.client() as client:
        page = client.get("/docs").raise_for_status().text
        loaded = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'""", page)
        addresses = {first or second for first, second in loaded}
        assert "/openapi.json" in addresses
        for address in addresses - {"data:,"}:
            assert address.startswith("/")
            assert client.get(address).status_code == 200


def test_the_page_runs_what_it_has(axial: Axial) -> None:
    """A browser is told to run the page's own script, and no other that stands in it."""
    with axial.client() as client:
        page = client.get("/docs").raise_for_status()
        (script,) = re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
        digest = b64encode(sha256(script.encode()).digest()).decode()
        (policy,) = page.headers.get_list("content-security-policy")
        assert f"script-src 'self' 'sha256-{digest}'; " in policy


def _is_not_offered(answer: httpx2.Response) -> bool:
    """Tell whether Orthanc has the operation, and Axial says why it has not."""
    return answer.status_code == 404 and "not offered" in answer.json().get("Details", "")


def _faults(operation: Operation, answer: httpx2.Response) -> list[str]:
    """Say what is not as the document has it."""
    status = answer.status_code
    if status == _REFUSED.get(operation.name):
        return []
    if status not in operation.statuses:
        return [f"{operation.name}: {status} {answer.text[:300]}"]
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    named = operation.media_types(status)
    if not named:
        return [f"{operation.name}: a body"] if answer.content else []
    if media_type not in named and "*/*" not in named:
        return [f"{operation.name}: {media_type or 'no type'}, not {sorted(named)}"]
    return []


def _lasting(answer: httpx2.Response) -> dict[str, str]:
    """Leave out the headers that say when."""
    passing = {"date", "transfer-encoding", "x-changes-watermark", "x-changefeed-watermark"}
    return {name: text for name, text in answer.headers.items() if name not in passing}


def _document() -> bytes:
    """Make an instance that holds a PDF file."""
    dataset = pydicom.Dataset()
    dataset.PatientID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.SOPInstanceUID = generate_uid()
    dataset.SOPClassUID = EncapsulatedPDFStorage
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = _PDF + b"\0" * (len(_PDF) % 2)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
