"""`/exports`, answer by answer as Debian's Orthanc gave them with `LogExportedResources`."""

from collections.abc import Mapping

import pytest
from support.archive import Archive

from axial.common.events import ExportsCleared, ResourceDeletionRequested, ResourceExported
from axial.common.identifiers import Level, resource_ids
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

IDS = resource_ids("P", "1", "1.1", "1.1.1")
EMPTY = {"Done": True, "Exports": [], "Last": 0}


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Send one instance at each level, then delete it: the log stays."""
    sent = [
        ResourceExported(level=level, resource_id=IDS.at(level), remote_modality="pacs")
        for level in Level
    ]
    deletion = ResourceDeletionRequested(level=Level.PATIENT, resource_id=IDS.patient)
    await archive.project(instance_received(), *sent, deletion)
    return archive


async def test_nothing_was_exported(archive: Archive) -> None:
    """The last number is the one that was asked behind."""
    assert await archive.json("/exports") == EMPTY
    assert await archive.json("/exports?last") == EMPTY
    assert await archive.json("/exports?since=5&limit=2") == EMPTY | {"Last": 5}


async def test_an_export_at_each_level(filled: Archive) -> None:
    """With the DICOM identifiers down to its level."""
    told = await filled.json("/exports")
    assert (told["Done"], told["Last"]) == (True, 4)
    identifiers = {
        "PatientID": "P",
        "StudyInstanceUID": "1",
        "SeriesInstanceUID": "1.1",
        "SOPInstanceUID": "1.1.1",
    }
    for level, export in zip(Level, told["Exports"], strict=True):
        assert export.pop("Date").startswith("20261120T")
        assert export == {
            "ID": IDS.at(level),
            "Path": f"/{level.path_name}/{IDS.at(level)}",
            "RemoteModality": "pacs",
            "ResourceType": level.type_name,
            "Seq": int(level),
            **dict(list(identifiers.items())[:level]),
        }


@pytest.mark.parametrize(
    ("query", "found", "done", "last"),
    [
        ("last", [4], True, 4),
        ("last&since=1", [4], True, 4),
        ("since=1&limit=2", [2, 3], False, 3),
        ("since=2&limit=2", [3, 4], True, 4),
        ("limit=0", [], False, 0),
        ("since=4", [], True, 4),
        ("since=99", [], True, 99),
        ("since=-1&limit=3", [1, 2, 3], False, 3),
        ("since=2&limit=x", [1, 2, 3, 4], True, 4),
    ],
)
async def test_pages(
    filled: Archive, query: str, found: list[int], *, done: bool, last: int
) -> None:
    """What is no number is no error, as in `/changes`."""
    told: Mapping[str, object] = await filled.json(f"/exports?{query}")
    exports = told["Exports"]
    assert isinstance(exports, list)
    assert [export["Seq"] for export in exports] == found
    assert (told["Done"], told["Last"]) == (done, last)


async def test_after_a_clearing(filled: Archive) -> None:
    """It is as if nothing had been sent, and the next number is the next."""
    await filled.project(ExportsCleared())
    assert await filled.json("/exports") == EMPTY
    again = ResourceExported(level=Level.STUDY, resource_id=IDS.study, remote_modality="pacs")
    await filled.project(instance_received(), again)
    assert [export["Seq"] for export in (await filled.json("/exports"))["Exports"]] == [5]


async def test_what_was_sent_just_before(filled: Archive) -> None:
    """It is told or the question is refused: nobody who was told that it has arrived misses it here."""
    filled.projection.behind = True
    assert (await filled.client.get("/exports")).status_code == 503
