"""What is changed at run time holds in all processes."""

import io
from collections.abc import AsyncIterator

import httpx2
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from support.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

_GREEK = "Διονυσιος"


@pytest.fixture
async def greek(client: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Let files that name no character set be Greek, for a while."""
    before = (await client.get("/tools/default-encoding")).text
    put = await client.put("/tools/default-encoding", content=b"greek")
    assert (put.status_code, put.text) == (200, "Greek")
    yield client
    assert (await client.put("/tools/default-encoding", content=before)).status_code == 200


def _greek_file() -> bytes:
    """Write a Greek name without a word on its character set."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.PatientID = generate_uid()
    # What pydicom writes by default has the bytes of Latin-1.
    dataset.PatientName = _GREEK.encode("iso8859_7").decode("latin_1")
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.SOPInstanceUID = generate_uid()
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


async def test_the_default_encoding_is_heeded_where_names_are_read(
    greek: httpx2.AsyncClient,
) -> None:
    """By each replica of ingest, as soon as it has heard of it, for the main tags; by the index for all tags."""

    async def two_names_in_a_row() -> None:
        for _ in range(2):
            stored = (await greek.post("/instances", content=_greek_file())).json()
            tags = (await greek.get(f"{stored['Path']}/simplified-tags")).json()
            assert tags["PatientName"] == _GREEK
            patient = (await greek.get(f"/patients/{stored['ParentPatient']}")).json()
            assert patient["MainDicomTags"]["PatientName"] == _GREEK

    await until(two_names_in_a_row)


async def test_who_changes_reads_the_change(client: httpx2.AsyncClient) -> None:
    """Written through either replica of ingest, read through the index, again and again."""
    path = "/tools/unknown-sop-class-accepted"
    for value in "10" * 6:
        assert (await client.put(path, content=value)).status_code == 200
        assert (await client.get(path)).text == value
    syntaxes = "/tools/accepted-transfer-syntaxes"
    every = (await client.put(syntaxes, content=b"*")).json()
    one = (await client.put(syntaxes, json=["1.2.840.10008.1.2.1"])).json()
    assert one == (await client.get(syntaxes)).json() == ["1.2.840.10008.1.2.1"]
    assert (await client.put(syntaxes, content=b"*")).json() == every


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/tools/execute-script", "Lua scripting is not offered by Axial"),
        ("POST", "/studies/1/anonymize", "Modifying and anonymizing are not offered by Axial yet"),
    ],
)
async def test_what_is_not_offered_is_told_as_such(
    client: httpx2.AsyncClient, method: str, path: str, told: str
) -> None:
    """Whichever service the edge sends it to."""
    answer = await client.request(method, path, content=b"{}")
    assert (answer.status_code, answer.json()["Details"]) == (404, told)
