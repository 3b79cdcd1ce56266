"""Everything that orthanc-api-client has for modalities, peers and jobs, called once at least."""

import inspect
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from orthanc_api_client import OrthancApiClient
from orthanc_api_client.exceptions import OrthancApiException
from orthanc_api_client.modalities import DicomModalities
from orthanc_api_client.peers import Peers
from orthanc_api_client.resources import Jobs
from orthanc_api_client.retrieve_method import RetrieveMethod

from support.calls import Calls, names_of
from support.dicoms import Dicom
from support.far import Far
from support.near import TITLE, Near

_NAME = "api-client"
_NOBODY = "api-client-nobody"
# Jobs are resources in this library; most of what resources have means nothing to a job.
_OF_RESOURCES = {"get_json", "get_all_ids", "delete", "delete_all", "exists"}


class Outbound:
    """The calls of one client, by what they are about."""

    def __init__(self, client: OrthancApiClient) -> None:
        self.modalities, self.peers, self.jobs = (
            Calls(part, (OrthancApiException,))
            for part in (client.modalities, client.peers, client.jobs)
        )

    def means(self, name: str, value: object) -> None:
        """Say what a value is called in what is told."""
        for calls in (self.modalities, self.peers, self.jobs):
            calls.means(name, value)

    @property
    def missing(self) -> set[str]:
        """The methods that were not called."""
        return (
            (_methods(DicomModalities) - self.modalities.called)
            | (_methods(Peers) - self.peers.called)
            | ((_methods(Jobs) & set(vars(Jobs)) | _OF_RESOURCES) - self.jobs.called)
        )

    @property
    def told(self) -> dict[str, Any]:
        """What all of them returned."""
        return {
            f"{kind}: {call}": value
            for kind, calls in (
                ("modalities", self.modalities),
                ("peers", self.peers),
                ("jobs", self.jobs),
            )
            for call, value in calls.told.items()
        }


def _methods(kind: type) -> set[str]:
    return {
        name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")
    }


def call_all(call: Outbound, near: Near, far: Far, made: Sequence[Dicom]) -> None:
    """Call all: of the files the first is here, the others are there."""
    for name, value in names_of(made):
        call.means(name, value)
    far.knows(TITLE, near.dicom_port)
    far.begins_with(*(dicom.body for dicom in made[1:]))
    near.stores(made[0].body)
    call.modalities.configure(_NAME, far.modality)
    call.modalities.configure(_NOBODY, ["API-NOBODY", "127.0.0.1", 1])
    call.modalities.lists("get_all_ids", _NAME)
    call.modalities.get_configuration(_NAME)
    call.modalities.get_configuration("api-client-unknown")
    call.modalities.get_id_from_aet("API-NOBODY")
    call.modalities.get_id_from_aet("API-UNKNOWN")
    _sending(call, near, far, made[0])
    _asking(call, made[1])
    _retrieving(call, near, made)
    _jobs(call, near, made[0])
    for name in (_NAME, _NOBODY, "api-client-unknown"):
        call.modalities.delete(name)


def _sending(call: Outbound, near: Near, far: Far, here: Dicom) -> None:
    study = here.names.orthanc_ids[1]
    call.modalities.send(_NAME, study)
    call.modalities.send(_NAME, [study, here.id], timeout=9.6, local_aet="OTHER")
    call.modalities.store(_NAME, here.id)
    call.modalities.send(_NOBODY, study)
    call.modalities.send("api-client-unknown", study)
    job = call.modalities.send_async(_NAME, [study], local_aet="OTHER")
    call.means("sent", job.orthanc_id)
    near.waits(f"/jobs/{job.orthanc_id}", "State", "Success", "Failure")
    call.jobs.get_json(job.orthanc_id)
    with closing(OrthancApiClient(near.url)) as client:
        client.put(f"peers/{_NAME}", json=[far.url])
        call.peers.send(_NAME, study)
        call.peers.send(_NAME, [here.id])
        call.peers.send("api-client-unknown", study)
        job = call.peers.send_async(_NAME, study)
        call.means("peered", job.orthanc_id)
        near.waits(f"/jobs/{job.orthanc_id}", "State", "Success", "Failure")
        client.delete(f"peers/{_NAME}")


def _asking(call: Outbound, there: Dicom) -> None:
    names = there.names
    study = {"StudyInstanceUID": names.study_instance_uid}
    series = {**study, "SeriesInstanceUID": names.series_instance_uid}
    call.modalities.query_studies(_NAME, {**study, "PatientName": "", "StudyDate": "1990-"})
    call.modalities.query_series(_NAME, {**study, "Modality": ""})
    call.modalities.query_instances(_NAME, {**series, "InstanceNumber": ""})
    call.modalities.query_studies(_NOBODY, study)
    call.modalities.query_studies("api-client-unknown", study)
    call.modalities.find_worklist(_NAME, {"PatientID": ""})


def _retrieving(call: Outbound, near: Near, made: Sequence[Dicom]) -> None:
    """Retrieve each of them in another way."""
    study, series, instance = (
        (names.study_instance_uid, names.series_instance_uid, names.sop_instance_uid)
        for names in (dicom.names for dicom in made[1:4])
    )
    call.modalities.retrieve_study(_NAME, study[0])
    call.modalities.retrieve_study(_NAME, study[0], RetrieveMethod.GET)
    call.modalities.move_study(_NAME, study[0], TITLE)
    call.modalities.move_series(_NAME, series[1], series[0])
    call.modalities.move_instance(_NAME, instance[2], instance[1], instance[0], TITLE)
    call.modalities.move_study(_NAME, study[0], "API-NOBODY")
    call.modalities.get_study(_NAME, study[0])
    call.modalities.get_series(_NAME, series[1], series[0])
    call.modalities.get_instance(_NAME, instance[2], instance[1], instance[0])
    for name in ("move_study_async", "get_study_async"):
        job = getattr(call.modalities, name)(_NAME, study[0])
        # Debian's Orthanc moves at once, and gets nothing.
        if not isinstance(job, dict) and job.orthanc_id:
            call.means(name, job.orthanc_id)
            near.waits(f"/jobs/{job.orthanc_id}", "State", "Success", "Failure")


def _jobs(call: Outbound, near: Near, here: Dicom) -> None:
    job = call.modalities.send_async(_NOBODY, here.id)
    path = f"/jobs/{job.orthanc_id}"
    call.means("lost", job.orthanc_id)
    near.waits(path, "State", "Failure")
    call.jobs.lists("get_all_ids", job.orthanc_id)
    call.jobs.exists(job.orthanc_id)
    call.jobs.exists("00000000-0000-0000-0000-000000000000")
    call.jobs.get(job.orthanc_id)
    for action in ("cancel", "pause", "resume", "resubmit"):
        getattr(call.jobs, action)(job.orthanc_id)
    near.waits(path, "State", "Failure")
    call.jobs.retry(job.orthanc_id)
    near.waits(path, "State", "Failure")
    call.jobs.get_json(job.orthanc_id)
    call.jobs.delete(job.orthanc_id)
    call.jobs.delete(job.orthanc_id)
    call.jobs.delete_all(ignore_errors=True)
