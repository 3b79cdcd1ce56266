"""`/trash`: what can come back, and until when."""

import pytest
from support.archive import Archive

from axial.common.events import ResourceDeletionRequested, TrashEmptied, TrashRestoreRequested
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

FIRST, SECOND = instance_received(), instance_received(instance="1.1.2", content="second")
IDS = FIRST.resource_ids()


async def test_the_trash_is_listed(archive: Archive) -> None:
    """The newest deletion first, with what was to go; one is found by its number."""
    assert await archive.json("/trash") == []
    other = SECOND.resource_ids().instance
    await archive.project(
        FIRST,
        SECOND,
        ResourceDeletionRequested(resource_id=other, grace_seconds=60),
        ResourceDeletionRequested(resource_id=IDS.patient, grace_seconds=86_400),
    )
    listed = await archive.json("/trash")
    assert listed == [
        {
            "CountInstances": 1,
            "DeletedAt": "20261120T235804",
            "Deletion": 4,
            "DiskSize": str(FIRST.size_bytes),
            "ID": IDS.patient,
            "Level": "Patient",
            "Path": f"/patients/{IDS.patient}",
            "Until": "20261121T235804",
        },
        {
            "CountInstances": 1,
            "DeletedAt": "20261120T235803",
            "Deletion": 3,
            "DiskSize": str(SECOND.size_bytes),
            "ID": other,
            "Level": "Instance",
            "Path": f"/instances/{other}",
            "Until": "20261120T235903",
        },
    ]
    assert await archive.json("/trash?since=1&limit=1") == listed[1:]
    assert await archive.json("/trash/4") == listed[0]
    statistics = await archive.json("/statistics")
    assert (statistics["CountInstances"], statistics["TotalDiskSize"]) == (0, "0")
    await archive.project(TrashRestoreRequested(deletion=3), TrashEmptied(deletion=4, by="user"))
    assert await archive.json("/trash") == []
    assert [each["ID"] for each in await archive.json("/instances?expand")] == [other]
    assert await archive.json(f"/instances/{other}/tags?simplify") != {}


@pytest.mark.parametrize("deletion", ["1", "0", "03", "x", "-3", "9" * 40])
async def test_what_is_not_in_the_trash_is_not_found(archive: Archive, deletion: str) -> None:
    """Neither a number of another event, nor what is none."""
    await archive.project(FIRST)
    answer = await archive.get(f"/trash/{deletion}")
    assert (answer.status_code, answer.json()["OrthancStatus"]) == (404, 17)
