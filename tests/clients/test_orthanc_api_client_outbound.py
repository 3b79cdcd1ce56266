"""An unmodified orthanc-api-client uses all that it has for what goes out, with a real Orthanc as modality and peer."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from orthanc_api_client import OrthancApiClient
from orthanc_api_client.job import JobStatus
from support.api_client_calls import Outbound, call_all
from support.calls import unexpected
from support.dicoms import Dicom, DicomMaker
from support.far import Far
from support.near import Near, silent
from support.waiting import eventually_sync

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.either_store]

# What Debian's Orthanc 1.10.1 does not know yet: C-GET, jobs that are deleted, C-MOVE by a job.
_SINCE_1_10_1 = {
    *(f"modalities: get_{what} 0" for what in ("study", "series", "instance", "study_async")),
    "modalities: retrieve_study 1",
    "modalities: move_study 1",
    "modalities: move_study_async 0",
    "jobs: delete 0",
    "jobs: delete 1",
    "jobs: delete_all 0",
}


def _made() -> list[Dicom]:
    maker = DicomMaker(per_series=1)
    return [maker.make(serial) for serial in (0, 4, 8, 12)]


@pytest.fixture(scope="module")
def theirs(other: Near, far: Far) -> Mapping[str, Any]:
    """Call everything of Debian's Orthanc."""
    with closing(OrthancApiClient(other.url)) as client:
        calls = Outbound(client)
        call_all(calls, other, far, _made())
    return calls.told


@pytest.fixture
def client(near: Near) -> Iterator[OrthancApiClient]:
    """Connect as its users do."""
    with closing(OrthancApiClient(near.url)) as client:
        yield client


def test_everything(
    client: OrthancApiClient, near: Near, far: Far, theirs: Mapping[str, Any]
) -> None:
    """Every method is called, and returns what it returns of Debian's Orthanc; what was retrieved is here."""
    made = _made()
    calls = Outbound(client)
    call_all(calls, near, far, made)
    assert calls.missing == set()
    assert list(unexpected(calls.told, theirs, _SINCE_1_10_1)) == []
    assert not any(
        isinstance(calls.told[call], dict) and calls.told[call].get("refused") == 404
        for call in _SINCE_1_10_1 - {"jobs: delete 1"}
    )
    assert all(client.instances.exists(dicom.id) for dicom in made)
    assert made[0].id in far.holds()


def test_a_job_that_lasts(client: OrthancApiClient) -> None:
    """A job whose modality keeps silent is paused, goes on, and is cancelled."""
    (here, *_) = _made()
    client.upload(here.body)
    with silent() as modality:
        client.modalities.configure("silent", modality)
        job = client.modalities.send_async("silent", here.id)

        def becomes(*states: JobStatus) -> bool:
            return job.refresh().info.status in states

        eventually_sync(lambda: becomes(JobStatus.RUNNING))
        client.jobs.pause(job.orthanc_id)
        eventually_sync(lambda: becomes(JobStatus.PAUSED))
        client.jobs.resume(job.orthanc_id)
        eventually_sync(lambda: becomes(JobStatus.PENDING, JobStatus.RUNNING))
        client.jobs.cancel(job.orthanc_id)
        eventually_sync(lambda: becomes(JobStatus.FAILURE))
        client.modalities.delete("silent")
