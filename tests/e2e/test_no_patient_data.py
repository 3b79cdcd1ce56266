"""Nothing that a process writes down names a patient."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dicoms import DicomMaker, Names
from support.finding import ask, question
from support.killing import kill_and_wait, until_it_serves, victims
from support.system import Axial, Wishes, running

pytestmark = pytest.mark.e2e

_LEVELS = ("patients", "studies", "series", "instances")


@pytest.fixture
def system(own_data: Path) -> Iterator[Axial]:
    """Run a system whose logs are this test's alone."""
    with running(own_data, Wishes("s3", {"DicomAlwaysAllowFind": True})) as system:
        yield system


def _ask_by_dicom(system: Axial, names: Names, patient_name: str) -> None:
    """Ask for what is there, and for what is refused."""
    assert system.dicom_port is not None
    asked = question("STUDY", PatientName=f"{patient_name}*", PatientID=names.patient_id)
    assert len(ask(system.dicom_port, asked).answers) == 1
    refused = question("STUDY", StudyInstanceUID=f"{names.study_instance_uid}*")
    assert ask(system.dicom_port, refused).status == 0xC000


async def test_logs(system: Axial) -> None:
    """Uploads, reads, refusals and crashes leave no name, no patient ID and no UID in any log, however much is told."""
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
        assert (await client.put("/tools/log-level", content=b"trace")).status_code == 200
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
        await asyncio.to_thread(_ask_by_dicom, system, names, secrets[0])
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
    # All processes heed the level, those that were killed included: only debugging tells of requests.
    for name in ("ingest.log", "index.log", "changefeed.log"):
        after_the_crash = written[name].rpartition("service_started")[2]
        assert "request_answered" in after_the_crash, name
    told = [
        (name, secret) for name, text in written.items() for secret in secrets if secret in text
    ]
    assert told == []
