"""Unmodified Orthanc clients browse the index over a socket."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from orthanc_api_client import OrthancApiClient
from orthanc_api_client.exceptions import ResourceNotFound
from pyorthanc import (
    Orthanc,
    Patient,
    Series,
    Study,
    find_patients,
    find_studies,
    query_orthanc,
)
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


@pytest.mark.filterwarnings("ignore:Use .content=:DeprecationWarning")
async def test_pyorthanc_finds(url: str) -> None:
    """Pyorthanc finds resources in its own several ways, and looks identifiers up."""

    def find() -> None:
        client = Orthanc(url.rstrip("/"))
        (study,) = find_studies(client, {"StudyDate": "2006-", "PatientID": "a"})
        assert study.id_ == IDS.study
        assert find_patients(client, {"PatientID": "B*"}) == []
        everything = query_orthanc(client, "Series", {"Modality": "CT"}, limit=1)
        assert [found.id_ for found in everything][:1] == [IDS.series]
        assert len(everything) == 2
        query = {"Level": "Instance", "Query": {"PatientID": "A"}}
        assert len(client.post_tools_find(query)) == 2 * PAGE_ROWS + 1
        assert client.post_tools_count_resources(query) == {"Count": 2 * PAGE_ROWS + 1}
        (told,) = client.post_tools_lookup("1.1.1")
        assert told["ID"] == IDS.instance
        (told,) = client.post_tools_bulk_content({"Resources": [IDS.series]})
        assert told["ID"] == IDS.series
        client.close()

    await asyncio.to_thread(find)


async def test_orthanc_api_client_finds(url: str) -> None:
    """Orthanc-api-client finds studies and patients, and looks identifiers up."""

    def find() -> None:
        client = OrthancApiClient(url)
        order = [{"Type": "Metadata", "Key": "LastUpdate", "Direction": "DESC"}]
        (study,) = client.studies.find(
            {"PatientID": "A"}, order_by=order, requested_tags=["NumberOfStudyRelatedSeries"]
        )
        assert study.orthanc_id == IDS.study
        assert study.requested_tags.get("NumberOfStudyRelatedSeries") == "2"
        assert client.studies.find({"PatientID": "a"}) == []
        (patient,) = client.patients.find({"PatientID": "a"}, case_sensitive=False)
        assert patient.orthanc_id == IDS.patient
        assert client.patients.lookup("A") == IDS.patient
        assert client.studies.lookup("1") == IDS.study
        assert client.instances.lookup("1.1.1") == IDS.instance
        assert client.series.lookup("nothing") is None
        client._http_session.close()  # noqa: SLF001 - it has no close of its own

    await asyncio.to_thread(find)


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
