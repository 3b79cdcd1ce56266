"""Unmodified Orthanc clients browse the index over a socket."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from orthanc_api_client import OrthancApiClient
from orthanc_api_client.exceptions import ResourceNotFound
from pyorthanc import Orthanc, Patient, Series, Study
from support.archive import Archive

from axial.cli.ports import LOOPBACK, free_ports
from axial.common.identifiers import resource_ids
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received
from axial.index.database import PAGE_ROWS

pytestmark = pytest.mark.integration

IDS = resource_ids("A", "1", "1.1", "1.1.1")
FILE = b"file" * 100_000


@pytest.fixture
async def url(archive: Archive) -> AsyncIterator[str]:
    """Serve an archive that has an instance and a long series."""
    event = instance_received("A", "1", "1.1", "1.1.1", number="1", StudyDate="20061201")
    await archive.blobs.put(event.blob_key, FILE)
    await archive.project(event.model_copy(update={"size_bytes": len(FILE)}))
    await archive.project(
        *(instance_received("A", "1", "1.2", f"1.2.{n}") for n in range(2 * PAGE_ROWS))
    )
    (port,) = free_ports(1)
    server = uvicorn.Server(
        uvicorn.Config(archive.app, LOOPBACK, port, log_config=None, lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield f"http://{LOOPBACK}:{port}/"
    server.should_exit = True
    await serving


async def test_pyorthanc(url: str) -> None:
    """Pyorthanc reads lists, resources, tags and files."""

    def browse() -> None:
        client = Orthanc(url.rstrip("/"))
        assert client.get_system()["Version"] == "1.12.11"
        assert client.get_patients() == [IDS.patient]
        assert client.get_studies(params={"expand": True})[0]["ID"] == IDS.study
        window = client.get_instances(params={"since": 0, "limit": 1, "expand": True})
        assert [found["ID"] for found in window] == [IDS.instance]
        assert len(client.get_instances(params={"expand": True})) == 2 * PAGE_ROWS + 1
        assert Patient(IDS.patient, client).patient_id == "A"
        assert Study(IDS.study, client).date.year == 2006
        series = Series(IDS.series, client)
        assert (series.modality, series.is_stable, series.labels) == ("CT", False, [])
        (instance,) = series.instances
        assert instance.get_dicom_file_content() == FILE
        assert instance.file_size == len(FILE)
        assert instance.parent_series.parent_study.parent_patient.id_ == IDS.patient
        client.close()

    await asyncio.to_thread(browse)


async def test_orthanc_api_client(url: str) -> None:
    """Orthanc-api-client reads lists, resources, statistics and files."""

    def browse() -> None:
        client = OrthancApiClient(url)
        assert client.is_alive()
        assert client.is_orthanc_version_at_least(1, 12, 11)
        assert client.capabilities.has_extended_changes
        assert client.capabilities.has_label_support
        assert client.get_statistics().instances_count == 2 * PAGE_ROWS + 1
        assert client.patients.get_all_ids() == [IDS.patient]
        assert client.studies.get(IDS.study).main_dicom_tags.get("StudyDate") == "20061201"
        assert client.series.get(IDS.series).statistics.instances_count == 1
        assert client.instances.get_parent_patient_id(IDS.instance) == IDS.patient
        assert client.instances.get_file(IDS.instance) == FILE
        with pytest.raises(ResourceNotFound):
            client.patients.get_json(IDS.study)
        client._http_session.close()  # noqa: SLF001 - it has no close of its own

    await asyncio.to_thread(browse)
