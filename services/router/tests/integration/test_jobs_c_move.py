"""A C-MOVE that the gateway has handed over: a job sends what was asked for."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

import httpx2
import pytest
from support.destinations import Destination, listening
from support.outbound import Outbox

from axial.cli.ports import LOOPBACK
from axial.common.configuration import Configuration
from axial.common.dictionary import STANDARD
from axial.common.testing.dicom_files import CT_IMAGE_STORAGE, dicom_file
from axial.common.testing.eventually import eventually
from axial.common.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from axial.router.destinations.modality import Means
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.modalities.c_move import c_move_routes
from axial.router.modalities.opening import store_job
from axial.router.parts import Parts

pytestmark = pytest.mark.integration


@pytest.fixture
def destination() -> Iterator[Destination]:
    """Start a workstation."""
    takes = [(CT_IMAGE_STORAGE, [EXPLICIT_VR_LITTLE_ENDIAN])]
    with listening(Destination(takes), title="WORKSTATION") as destination:
        yield destination


@pytest.fixture
def configuration(destination: Destination) -> Configuration:
    """Know it."""
    known = {"station": ["WORKSTATION", LOOPBACK, destination.port]}
    return Configuration.model_validate({"DicomModalities": known})


async def test_handed_over(
    destination: Destination,
    configuration: Configuration,
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]],
    asking: Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]],
) -> None:
    """It is Orthanc's job of a C-STORE, which tells the destination who asked; nobody unknown is sent to."""
    outbox = Outbox()
    instances = [outbox.put(dicom_file(SOPInstanceUID=f"1.2.3.{number}")) for number in (1, 2)]
    async with open_parts() as parts:
        means = Means(parts.reach, outbox, STANDARD, parts.associations, parts.index)
        jobs = prepare_jobs(parts)
        routes = c_move_routes(parts.modalities, means, jobs.jobs, configuration)
        async with (
            open_jobs(parts, jobs, [store_job(parts, means)]) as job_routes,
            asking(routes, job_routes) as client,
        ):
            wish = {
                "destination": "workstation",
                "instances": [
                    [one.id, one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid]
                    for one in instances
                ],
                "originator_aet": "ASKER",
                "originator_id": 77,
            }
            answer = await client.post("/internal/jobs/c-move", json=wish)
            path = answer.json()["Path"]

            async def ended() -> object:
                job = (await client.get(path)).json()
                return job if job["State"] in ("Success", "Failure") else False

            job = await eventually(ended)
            unknown = {**wish, "destination": "NOBODY"}
            refused = await client.post("/internal/jobs/c-move", json=unknown)
    assert refused.status_code == 404
    assert (job["Type"], job["State"]) == ("DicomModalityStore", "Success")
    assert job["Content"] == {
        "Description": "C-MOVE",
        "InstancesCount": 2,
        "FailedInstancesCount": 0,
        "LocalAet": "AXIAL",
        "RemoteAet": "WORKSTATION",
        "MoveOriginatorAET": "ASKER",
        "MoveOriginatorID": 77,
    }
    assert [one.originator for one in destination.received] == [("ASKER", 77)] * 2
