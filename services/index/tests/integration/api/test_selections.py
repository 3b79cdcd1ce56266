"""Which instances the gateway is told to send."""

import pytest
from support.archive import Archive

from axial.common.events import InstanceReceived
from axial.common.identifiers import resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration


def instance(study: str, series: str, uid: str, **tags: str) -> InstanceReceived:
    """Make an instance with bytes of its own."""
    return instance_received(study=study, series=series, instance=uid, content=uid, **tags)  # type: ignore[arg-type] # none is `stored_at`


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Store two series out of order, another study of the patient, and one UID under two patients."""
    await archive.project(
        instance("1", "1.2", "1.2.1", SeriesNumber="2", number="1", AccessionNumber="A1"),
        instance("1", "1.1", "1.1.2", SeriesNumber="1", number="2", AccessionNumber="A1"),
        instance("1", "1.1", "1.1.1", SeriesNumber="1", number="1", AccessionNumber="A1"),
        instance("2", "2.1", "2.1.1", SeriesNumber="10", number="1"),
        instance("2", "2.2", "2.2.1", SeriesNumber="9", number="1"),
        instance("3", "3.1", "3.1.1", patient="Q"),
        instance("3", "3.1", "3.1.1", patient="R"),
    )
    return archive


async def selected(archive: Archive, level: str, **keys: list[str]) -> list[str]:
    """Name the SOP instances that are selected, in their order."""
    response = await archive.client.post(
        "/internal/selected-instances", json={"level": level, "keys": keys}
    )
    assert response.status_code == 200, response.text
    return [uid for _, _, uid, _ in response.json()]


async def test_what_is_told_of_an_instance(filled: Archive) -> None:
    """An instance comes with its identifier and what presentation contexts are made of."""
    response = await filled.client.post(
        "/internal/selected-instances",
        json={"level": "Instance", "keys": {"SOPInstanceUID": ["2.1.1"]}},
    )
    fact = instance_received()
    (row,) = response.json()
    assert row == [
        resource_ids("P", "2", "2.1", "2.1.1").instance,
        fact.sop_class_uid,
        "2.1.1",
        fact.transfer_syntax_uid,
    ]


async def test_series_and_instances_come_by_their_numbers(filled: Archive) -> None:
    """A study's series come by number, not by arrival nor as text, and their instances by index."""
    assert await selected(filled, "Study", StudyInstanceUID=["1"]) == ["1.1.1", "1.1.2", "1.2.1"]
    assert await selected(filled, "Patient", PatientID=["P"]) == [
        "1.1.1",
        "1.1.2",
        "1.2.1",
        "2.2.1",
        "2.1.1",
    ]
    assert await selected(filled, "Instance", SOPInstanceUID=["1.1.2", "1.1.1"]) == [
        "1.1.1",
        "1.1.2",
    ]


async def test_lists_name_several_resources(filled: Archive) -> None:
    """A list selects what any of its values names; what nobody knows adds nothing."""
    assert await selected(filled, "Series", SeriesInstanceUID=["2.1", "1.2", "9.9"]) == [
        "1.2.1",
        "2.1.1",
    ]
    assert await selected(filled, "Study", StudyInstanceUID=["9"]) == []


async def test_every_key_narrows(filled: Archive) -> None:
    """Keys of levels above tell apart what has one UID twice; a wrong one selects nothing."""
    uids = {"SOPInstanceUID": ["3.1.1"]}
    assert await selected(filled, "Instance", **uids) == ["3.1.1", "3.1.1"]
    assert await selected(filled, "Instance", PatientID=["R"], **uids) == ["3.1.1"]
    assert await selected(filled, "Series", StudyInstanceUID=["2"], SeriesInstanceUID=["1.1"]) == []
    assert await selected(filled, "Study", AccessionNumber=["A1"]) == ["1.1.1", "1.1.2", "1.2.1"]


async def test_where_files_are(archive: Archive) -> None:
    """Each instance of a UID comes with its blob, and what that should be; what nobody knows adds nothing."""
    facts = [instance("3", "3.1", "3.1.1", patient=patient) for patient in ("Q", "R")]
    await archive.project(*facts, instance("3", "3.1", "3.1.2"))
    asked = {"sop_instance_uids": ["3.1.1", "9", "\0"]}
    response = await archive.client.post("/internal/held-instances", json=asked)
    assert sorted(response.json()["Instances"]) == sorted(
        [
            resource_ids(fact.patient_id, "3", "3.1", "3.1.1").instance,
            fact.sop_class_uid,
            "3.1.1",
            fact.blob_key,
            fact.size_bytes,
            fact.md5,
            None,
            None,
        ]
        for fact in facts
    )
    archive.projection.behind = True
    response = await archive.client.post("/internal/held-instances", json=asked)
    assert response.status_code == 503


async def test_what_is_acknowledged_is_waited_for(filled: Archive) -> None:
    """While the projection is behind the log nothing is answered that might miss an instance."""
    filled.projection.behind = True
    response = await filled.client.post(
        "/internal/selected-instances", json={"level": "Patient", "keys": {"PatientID": ["P"]}}
    )
    assert response.status_code == 503


async def test_strangers_are_refused(filled: Archive) -> None:
    """A level or a key that does not exist is refused, and so is asking for everything."""
    for body in (
        {"level": "Frame", "keys": {"PatientID": ["P"]}},
        {"level": "Patient", "keys": {"PatientName": ["P"]}},
        {"level": "Patient", "keys": {}},
        {"level": "Patient", "keys": {"PatientID": []}},
    ):
        response = await filled.client.post("/internal/selected-instances", json=body)
        assert response.status_code in (400, 422), body
