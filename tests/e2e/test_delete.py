"""Deleting a resource at each level, as Orthanc documents it, and as both feeds tell of it."""

import httpx2
import pytest
from support.dicoms import Dicom, DicomMaker
from support.feeds import all_changes, get_json, last_change, last_sequence, times, v1_entries
from support.waiting import until

pytestmark = pytest.mark.e2e


async def _store(client: httpx2.AsyncClient, *serials: int, per_series: int = 2) -> list[Dicom]:
    """Store files of a new patient: two a series, four a study, eight in all."""
    maker = DicomMaker(per_series=per_series)
    dicoms = [maker.make(serial) for serial in serials]
    for dicom in dicoms:
        answer = await client.post("/instances", content=dicom.body)
        assert answer.json()["Status"] == "Success"
    return dicoms


async def _delete(client: httpx2.AsyncClient, path: str) -> object:
    answer = await client.delete(path)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["RemainingAncestor"]
    return answer.json()["RemainingAncestor"]


async def _are_gone(client: httpx2.AsyncClient, *paths: str) -> None:
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.json()["OrthancStatus"] == 17


def _ancestor(kind: str, path: str) -> dict[str, str]:
    return {"ID": path.rpartition("/")[2], "Path": path, "Type": kind}


async def test_remaining_ancestor(client: httpx2.AsyncClient) -> None:
    """The answer names the lowest ancestor that still has children; those without go too."""
    dicoms = await _store(client, 0, 1, 2, 4)
    ids = [dicom.names.orthanc_ids for dicom in dicoms]
    patient = f"/patients/{ids[0][0]}"
    study, other_study = f"/studies/{ids[0][1]}", f"/studies/{ids[3][1]}"
    series, other_series = f"/series/{ids[0][2]}", f"/series/{ids[2][2]}"
    instances = [f"/instances/{dicom.id}" for dicom in dicoms]

    assert await _delete(client, instances[0]) == _ancestor("Series", series)
    assert await _delete(client, instances[1]) == _ancestor("Study", study)
    await _are_gone(client, instances[0], instances[1], series)
    assert await _delete(client, other_series) == _ancestor("Patient", patient)
    await _are_gone(client, instances[2], other_series, study)
    assert await _delete(client, other_study) is None
    await _are_gone(client, *instances, other_study, patient)


async def test_a_patient_goes_with_everything(client: httpx2.AsyncClient) -> None:
    """Deleting a patient deletes all below it, and the statistics and lists know."""
    before = await get_json(client, "/statistics")
    dicoms = await _store(client, *range(8))
    assert await _delete(client, f"/patients/{dicoms[0].names.orthanc_ids[0]}") is None
    await _are_gone(client, *(f"/instances/{dicom.id}" for dicom in dicoms))
    assert await get_json(client, "/statistics") == before
    listed = await get_json(client, "/instances")
    assert not {dicom.id for dicom in dicoms} & set(listed)


@pytest.mark.parametrize("level", ["patients", "studies", "series", "instances"])
@pytest.mark.parametrize("name", ["00000000-00000000-00000000-00000000-00000000", "nonsense"])
async def test_unknown(client: httpx2.AsyncClient, level: str, name: str) -> None:
    """What is not there cannot be deleted: 404 with Orthanc's error, and no word in the feeds."""
    before = await last_change(client), await last_sequence(client)
    answer = await client.delete(f"/{level}/{name}")
    assert answer.status_code == 404
    assert answer.json()["OrthancStatus"] == 17
    assert (await last_change(client), await last_sequence(client)) == before


async def test_twice(client: httpx2.AsyncClient) -> None:
    """The second deletion of the same instance finds nothing."""
    (dicom,) = await _store(client, 0)
    assert await _delete(client, f"/instances/{dicom.id}") is None
    assert (await client.delete(f"/instances/{dicom.id}")).status_code == 404


async def test_respond_async(client: httpx2.AsyncClient) -> None:
    """Who does not want to wait gets 202 with the event's sequence; the deletion follows."""
    (dicom,) = await _store(client, 0)
    answer = await client.delete(f"/instances/{dicom.id}", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.json()["Sequence"] > 0
    await until(lambda: _are_gone(client, f"/instances/{dicom.id}"))


async def test_orthanc_feed(client: httpx2.AsyncClient) -> None:
    """`/changes` hides what tells of the deleted, and keeps it for those who ask."""
    since = await last_change(client)
    dicoms = await _store(client, 0, 1)
    await _delete(client, f"/instances/{dicoms[0].id}")

    shown = await all_changes(client, since)
    assert [(c["ChangeType"], c["ID"]) for c in shown if c["ResourceType"] == "Instance"] == [
        ("NewInstance", dicoms[1].id)
    ]
    history = await all_changes(client, since, include_deleted=True)
    assert [(c["ChangeType"], c["ID"]) for c in history if c["ResourceType"] == "Instance"] == [
        ("NewInstance", dicoms[0].id),
        ("NewInstance", dicoms[1].id),
        ("Deleted", dicoms[0].id),
    ]
    assert [c["Seq"] for c in history] == list(range(since + 1, since + 1 + len(history)))


async def test_azure_feed(client: httpx2.AsyncClient) -> None:
    """A study's deletion is one entry per instance; stored again, the older entries are replaced."""
    offset = await last_sequence(client)
    dicoms = await _store(client, 0, 1, 2)
    await _delete(client, f"/studies/{dicoms[0].names.orthanc_ids[1]}")
    await client.post("/instances", content=dicoms[0].body)

    entries = await v1_entries(client, offset)
    uids = [dicom.names.sop_instance_uid for dicom in dicoms]
    assert [e["Sequence"] for e in entries] == list(range(offset + 1, offset + 8))
    assert [e["SopInstanceUid"] for e in entries[:3]] == uids
    assert {e["SopInstanceUid"] for e in entries[3:6]} == set(uids)
    told = {(e["SopInstanceUid"], e["Action"], e["State"]) for e in entries}
    assert told == {
        (uids[0], "create", "replaced"),
        (uids[0], "delete", "replaced"),
        (uids[0], "create", "current"),
        (uids[1], "create", "deleted"),
        (uids[1], "delete", "deleted"),
        (uids[2], "create", "deleted"),
        (uids[2], "delete", "deleted"),
    }
    assert times(entries) == sorted(times(entries))


async def test_bulk(client: httpx2.AsyncClient) -> None:
    """Resources of all levels go in one request; what is not there, or gone with another, is no error."""
    dicoms = await _store(client, 0, 1, 2, 4)
    others = await _store(client, 0, 1)
    ids = [dicom.names.orthanc_ids for dicom in dicoms]
    unknown = "00000000-00000000-00000000-00000000-00000000"
    named = [others[0].names.orthanc_ids[0], ids[3][1], ids[2][2], dicoms[0].id, dicoms[0].id]
    answer = await client.post(
        "/tools/bulk-delete", json={"Resources": [*named, others[1].id, unknown, "nonsense"]}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    gone = [f"/patients/{named[0]}", f"/studies/{named[1]}", f"/series/{named[2]}"]
    await _are_gone(client, *gone, f"/instances/{dicoms[0].id}", f"/instances/{others[1].id}")
    assert (await get_json(client, f"/series/{ids[0][2]}"))["Instances"] == [dicoms[1].id]


async def test_the_log_of_exports(client: httpx2.AsyncClient) -> None:
    """It is read at the index and cleared through the log, both under one path."""
    assert (await client.delete("/exports")).content == b""
    assert await get_json(client, "/exports") == {"Done": True, "Exports": [], "Last": 0}
