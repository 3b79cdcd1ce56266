"""What the router's rules are told of instances."""

import pytest
import zstandard
from pydicom import Dataset
from support.archive import Archive

from axial.common.events import ResourceDeletionRequested
from axial.common.identifiers import resource_ids
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

A = resource_ids("A", "1", "1.1", "1.1.1")
B = resource_ids("B", "2", "2.1", "2.1.1")


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store an instance of a modality's, one of somebody else's, and one that is deleted again."""
    item = Dataset()
    item.CodeValue = "1"
    header = zstandard.compress(
        dicom_file(
            KVP="120",
            ManufacturerModelName="",
            AnatomicRegionSequence=[item, item],
            RequestAttributesSequence=[],
        )
    )
    a = instance_received("A", "1", "1.1", "1.1.1", PatientName="Müller^Änne")
    origin = a.origin.model_copy(
        update={
            "protocol": "DicomProtocol",
            "remote_aet": "CT1",
            "called_aet": "AXIAL",
            "remote_ip": "10.0.0.7",
        }
    )
    await archive.project(
        a.model_copy(update={"header": header, "origin": origin}),
        instance_received("B", "2", "2.1", "2.1.1", content="other"),
        instance_received("C", "3", "3.1", "3.1.1"),
        ResourceDeletionRequested(resource_id=resource_ids("C", "3", "3.1", "3.1.1").instance),
    )
    return archive


async def test_what_rules_are_told(filled: Archive) -> None:
    """Main tags of all levels, other tags of the header, the origin, and what it takes to send it."""
    tags = [0x00100010, 0x00080060, 0x00180060, 0x00081090, 0x00081030, 0x00200013]
    tags += [0x00082218, 0x00400275, *range(0x00090010, 0x00091000)]
    gone = resource_ids("C", "3", "3.1", "3.1.1").instance
    response = await filled.client.post(
        "/internal/routing-facts",
        json={"instances": [B.instance, gone, A.instance, "no\0body"], "tags": tags},
    )
    assert response.status_code == 200, response.text
    b, a = response.json()
    assert (b["ID"], a["ID"]) == (B.instance, A.instance)
    assert b["Tags"] == {"0008,0060": "CT", "0020,0013": "1"}
    fact = instance_received("A", "1", "1.1", "1.1.1")
    assert a | {"ReceivedTicks": 0} == {
        "ID": A.instance,
        "SOPClassUID": fact.sop_class_uid,
        "SOPInstanceUID": "1.1.1",
        "TransferSyntaxUID": fact.transfer_syntax_uid,
        "Size": fact.size_bytes,
        "MD5": fact.md5,
        "Study": A.study,
        "Series": A.series,
        "SeriesIsDone": False,
        "ReceivedTicks": 0,
        "Origin": "DicomProtocol",
        "RemoteAET": "CT1",
        "CalledAET": "AXIAL",
        "RemoteIP": "10.0.0.7",
        "HttpUsername": "",
        "Tags": {
            "0008,0060": "CT",
            "0008,1090": "",
            "0008,2218": "2",
            "0010,0010": "Müller^Änne",
            "0018,0060": "120",
            "0020,0013": "1",
            "0040,0275": "",
        },
    }


async def test_a_series_is_done(archive: Archive) -> None:
    """A series is done when all that it promised is there, and not before."""
    one, two = (resource_ids("A", "1", "1.1", uid).instance for uid in ("1.1.1", "1.1.2"))
    question = {"instances": [one, two], "tags": []}
    await archive.project(
        instance_received("A", "1", "1.1", "1.1.1", number="1", CardiacNumberOfImages="2")
    )
    (before,) = (await archive.client.post("/internal/routing-facts", json=question)).json()
    await archive.project(
        instance_received("A", "1", "1.1", "1.1.2", number="2", CardiacNumberOfImages="2")
    )
    after = (await archive.client.post("/internal/routing-facts", json=question)).json()
    assert before["SeriesIsDone"] is False
    assert [row["SeriesIsDone"] for row in after] == [True, True]
