"""Nothing that a process writes down names a patient."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dicoms import DicomMaker
from support.killing import kill_and_wait, until_it_serves, victims
from support.system import Axial, Wishes, running

pytestmark = pytest.mark.e2e

_LEVELS = ("patients", "studies", "series", "instances")


@pytest.fixture
def system(own_data: Path) -> Iterator[Axial]:
    """Run a system whose logs are this test's alone."""
    with running(own_data, Wishes("s3")) as system:
        yield system


async def test_logs(system: Axial) -> None:
    """Uploads, reads, refusals and crashes leave no name, no patient ID and no UID in any log."""
    dicom = DicomMaker().make(0)
    names = dicom.names
    secrets = [
        "CompressedSamples",
        names.patient_id,
        names.study_instance_uid,
        names.series_instance_uid,
        names.sop_instance_uid,
    ]
    async with system.async_client() as client:
        for _ in range(2):
            assert (await client.post("/instances", content=dicom.body)).status_code == 200
        for path in (f"/instances/{dicom.id}/tags", "/v1/changefeed", "/v2/changefeed?limit=9"):
            assert (await client.get(path)).status_code == 200
        # Cut short within an element, a header may be quoted by whoever fails on it.
        cuts = [
            await client.post("/instances", content=dicom.body[:end])
            for end in range(401, 6000, 200)
        ]
        assert {answer.status_code for answer in cuts} >= {400}
        for secret in secrets:
            for path in (*_LEVELS, "changes", "v2/changefeed", "nowhere"):
                await client.get(f"/{path}", params={"startTime": secret, "type": secret})
                await client.get(f"/{path}/{secret}")
            await client.request("PATCH", f"/instances/{secret}", headers={"X-Patient": secret})
        for name in victims(system):
            await kill_and_wait(system, [name])
            await client.post("/instances", content=dicom.body, params={"patient": secrets[0]})
        await until_it_serves(client)
    written = {
        file.name: file.read_text(errors="replace")
        for file in [*(system.folder / "logs").iterdir(), system.folder.with_name("data.out")]
    }
    assert len(written) > len(victims(system))
    assert "service_started" in written["ingest.log"]
    told = [
        (name, secret) for name, text in written.items() for secret in secrets if secret in text
    ]
    assert told == []
