"""Archives that nobody waits for: made by jobs, on both blob stores."""

from typing import Any

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.media import unpacked

from axial.common.testing.eventually import eventually

pytestmark = pytest.mark.e2e

_SERIES = 2
_PER_SERIES = 3


async def test_an_archive_by_a_job_is_the_one_that_is_waited_for(
    client: httpx2.AsyncClient,
) -> None:
    """Member for member, as archive and as medium, of one study and of several; deleted, nothing is left of it."""
    maker = DicomMaker(per_series=_PER_SERIES)
    dicoms = [maker.make(serial) for serial in range(_SERIES * _PER_SERIES)]
    for dicom in dicoms:
        assert (await client.post("/instances", content=dicom.body)).is_success
    patient, study, series, _ = dicoms[0].names.orthanc_ids
    size_bytes = sum(len(dicom.body) for dicom in dicoms)
    for path, body, kind in (
        (f"/studies/{study}/archive", {}, "Archive"),
        (f"/patients/{patient}/media", {"Extended": True}, "Media"),
        ("/tools/create-media-extended", {"Resources": [study, series]}, "Media"),
    ):
        waited_for = await client.post(path, json=body)
        begun = await client.post(path, json={**body, "Asynchronous": True, "UserData": path})
        assert begun.is_success, begun.text
        job_path = begun.json()["Path"]
        job = await _ended(client, job_path)
        assert (job["State"], job["Type"], job["UserData"]) == ("Success", kind, path)
        archive = (await client.get(f"{job_path}/archive")).content
        assert _contents(archive) == _contents(waited_for.content)
        assert job["Content"]["InstancesCount"] == len(dicoms)
        assert job["Content"]["UncompressedSize"] == str(size_bytes)
        assert job["Content"]["ArchiveSize"] == str(len(archive))
        assert job["ID"] in (await client.get("/jobs")).json()
        assert (await client.delete(job_path)).is_success
        assert (await client.get(f"{job_path}/archive")).status_code == 404


async def _ended(client: httpx2.AsyncClient, job_path: str) -> Any:
    async def look() -> Any:
        job = (await client.get(job_path)).json()
        return job if job["State"] in ("Success", "Failure") else False

    return await eventually(look)


def _contents(archive: bytes) -> dict[str, bytes]:
    """Unpack; each DICOMDIR has a UID of its own, of a length of its own."""
    return {
        name: content[:132] if name == "DICOMDIR" else content
        for name, content in unpacked(archive).items()
    }
