"""`/tools/damaged-blobs`: what somebody has to restore."""

import pytest
from support.archive import Archive

from axial.common.events import AttachmentWriteRequested, BlobFoundDamaged, BlobFoundSound
from axial.common.identifiers import Level
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration

INSTANCE = instance_received()
IDS = INSTANCE.resource_ids()


async def test_damaged_blobs_are_listed(archive: Archive) -> None:
    """Those found first before the others, each with what is kept in it and where it is to be put."""
    assert await archive.json("/tools/damaged-blobs") == []
    attached = AttachmentWriteRequested(
        level=Level.STUDY,
        resource_id=IDS.study,
        number=1025,
        blob_key="attached",
        size_bytes=1,
        md5=INSTANCE.md5,
        stored_at=INSTANCE.stored_at,
    )
    file, other = (
        BlobFoundDamaged(
            level=level, resource_id=resource_id, number=number, blob_key=key, damage="missing"
        )
        for level, resource_id, number, key in (
            (Level.INSTANCE, IDS.instance, 1, INSTANCE.blob_key),
            (Level.STUDY, IDS.study, 1025, "attached"),
        )
    )
    await archive.project(
        INSTANCE, attached, other, file, file.model_copy(update={"damage": "corrupted"})
    )
    listed = await archive.json("/tools/damaged-blobs")
    assert all(each.pop("Since").startswith("20261120T") for each in listed)
    assert listed == [
        {
            "Level": "Study",
            "ID": IDS.study,
            "Path": f"/studies/{IDS.study}",
            "Attachment": "1025",
            "AttachmentNumber": 1025,
            "BlobKey": "attached",
            "Damage": "missing",
        },
        {
            "Level": "Instance",
            "ID": IDS.instance,
            "Path": f"/instances/{IDS.instance}",
            "Attachment": "dicom",
            "AttachmentNumber": 1,
            "BlobKey": INSTANCE.blob_key,
            "Damage": "corrupted",
        },
    ]
    page = await archive.json("/tools/damaged-blobs?since=1&limit=1")
    assert [each["ID"] for each in page] == [IDS.instance]
    sound = file.model_dump(exclude={"damage"})
    await archive.project(BlobFoundSound.model_validate(sound))
    assert [each["ID"] for each in await archive.json("/tools/damaged-blobs")] == [IDS.study]
