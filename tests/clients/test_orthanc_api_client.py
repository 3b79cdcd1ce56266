"""An unmodified orthanc-api-client does its ordinary things."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from orthanc_api_client import ChangeType, InstancesSet, OrthancApiClient
from orthanc_api_client import exceptions as errors
from orthanc_api_client.job import JobStatus, JobType
from support.dicoms import Dicom, DicomMaker
from support.media import unpacked
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]

NOBODY = "-".join(["00000000"] * 5)


@pytest.fixture
def orthanc(axial: Axial) -> Iterator[OrthancApiClient]:
    """Connect as its users do."""
    orthanc = OrthancApiClient(axial.url)
    yield orthanc
    orthanc.close()


@pytest.fixture
def dicoms() -> list[Dicom]:
    """Give four files of one patient: two series of two."""
    maker = DicomMaker(per_series=2)
    return [maker.make(serial) for serial in range(4)]


def _upload(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    for dicom in dicoms:
        assert orthanc.upload(dicom.body) == [dicom.id]


def test_start(orthanc: OrthancApiClient) -> None:
    """The client finds a living server of a version it knows."""
    assert orthanc.wait_started(timeout=10)
    assert orthanc.is_orthanc_version_at_least(1, 12, 0)
    assert orthanc.capabilities.has_extended_changes
    assert orthanc.get_statistics().total_disk_size >= 0


def test_upload(orthanc: OrthancApiClient, dicoms: list[Dicom], tmp_path: Path) -> None:
    """Buffers, files, folders and ZIPs are uploaded; what is not DICOM raises, or is passed over."""
    _upload(orthanc, dicoms[:1])
    (tmp_path / "one.dcm").write_bytes(dicoms[1].body)
    assert orthanc.upload_file(str(tmp_path / "one.dcm")) == [dicoms[1].id]
    (tmp_path / "README").write_text("not DICOM")
    assert orthanc.upload_folder(str(tmp_path), ignore_errors=True) == [dicoms[1].id]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for dicom in dicoms:
            members.writestr(dicom.id, dicom.body)
    assert orthanc.upload(archive.getvalue()) == [dicom.id for dicom in dicoms]
    with pytest.raises(errors.BadFileFormat):
        orthanc.upload(b"not DICOM")


def test_browse(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """From patient to instance and back, with tags and statistics at each level."""
    _upload(orthanc, dicoms)
    names = dicoms[0].names
    patient_id, study_id, series_id, instance_id = names.orthanc_ids

    for resources, known in (
        (orthanc.patients, patient_id),
        (orthanc.studies, study_id),
        (orthanc.series, series_id),
        (orthanc.instances, instance_id),
    ):
        assert known in resources.get_all_ids()

    patient = orthanc.patients.get(patient_id)
    assert patient.dicom_id == names.patient_id
    assert patient.statistics.instances_count == 4
    study = orthanc.studies.get(study_id)
    assert (study.orthanc_id, study.dicom_id) == (study_id, names.study_instance_uid)
    assert study.patient_main_dicom_tags.get("PatientID") == names.patient_id
    assert (study.statistics.series_count, len(study.series)) == (2, 2)
    assert isinstance(study.is_stable, bool)
    series = orthanc.series.get(series_id)
    assert series.dicom_id == names.series_instance_uid
    assert series.study.orthanc_id == study_id
    assert [one.orthanc_id for one in series.instances] == [dicoms[0].id, dicoms[1].id]
    instance = orthanc.instances.get(instance_id)
    assert instance.tags["PatientID"] == names.patient_id
    assert instance.series.orthanc_id == series_id
    assert orthanc.instances.get_parent_patient_id(instance_id) == patient_id
    assert orthanc.studies.get_instances_ids(study_id) == [dicom.id for dicom in dicoms]
    snapshot = InstancesSet.from_study(orthanc, study_id)
    assert set(snapshot.instances_ids) == {dicom.id for dicom in dicoms}


def test_content(orthanc: OrthancApiClient, dicoms: list[Dicom], tmp_path: Path) -> None:
    """Files come back whole."""
    _upload(orthanc, dicoms)
    assert orthanc.instances.get_file(dicoms[0].id) == dicoms[0].body
    downloaded = orthanc.studies.download_instances(dicoms[0].names.orthanc_ids[1], str(tmp_path))
    found = {one.instance_id: Path(one.path).read_bytes() for one in downloaded}
    assert found == {dicom.id: dicom.body for dicom in dicoms}


def test_archives(orthanc: OrthancApiClient, dicoms: list[Dicom], tmp_path: Path) -> None:
    """Archives and media of a study are downloaded into files."""
    _upload(orthanc, dicoms)
    study_id = dicoms[0].names.orthanc_ids[1]
    orthanc.studies.download_archive(study_id, str(tmp_path / "archive.zip"))
    orthanc.studies.download_media(study_id, str(tmp_path / "media.zip"))
    archive = unpacked((tmp_path / "archive.zip").read_bytes())
    medium = unpacked((tmp_path / "media.zip").read_bytes())
    bodies = sorted(dicom.body for dicom in dicoms)
    assert sorted(archive.values()) == bodies
    assert sorted(data for name, data in medium.items() if name.startswith("IMAGES/")) == bodies
    assert list(medium)[-1] == "DICOMDIR"
    with pytest.raises(errors.ResourceNotFound):
        orthanc.studies.download_archive(NOBODY, str(tmp_path / "nothing.zip"))


def test_changes(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """A poller that goes on from where it was sees the new instances."""
    _, since, _ = orthanc.get_changes(since=10**12)
    _upload(orthanc, dicoms)
    changes, last, done = orthanc.get_changes(since=since)
    new = [c.resource_id for c in changes if c.change_type == ChangeType.NEW_INSTANCE]
    assert new == [dicom.id for dicom in dicoms]
    assert (last, done) == (changes[-1].sequence_id, True)


def test_delete(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """What was deleted is gone, and a second time there is nothing to delete."""
    _upload(orthanc, dicoms)
    orthanc.instances.delete(orthanc_ids=[dicoms[0].id, dicoms[1].id])
    orthanc.patients.delete(dicoms[0].names.orthanc_ids[0])
    for dicom in dicoms:
        with pytest.raises(errors.ResourceNotFound):
            orthanc.instances.get_file(dicom.id)
        with pytest.raises(errors.ResourceNotFound):
            orthanc.instances.delete(dicom.id)


def test_annotations(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """Metadata and attachments with their revisions, and labels."""
    _upload(orthanc, dicoms[:1])
    study = dicoms[0].names.orthanc_ids[1]
    studies = orthanc.studies
    assert not studies.has_metadata(study, "1024")
    studies.set_string_metadata(study, "1024", "first")
    value, revision = studies.get_string_metadata_with_revision(study, "1024")
    assert value == "first"
    studies.set_string_metadata(study, "1024", "second", match_revision=revision)
    with pytest.raises(errors.Conflict):
        studies.set_string_metadata(study, "1024", "third", match_revision=revision)
    assert studies.get_string_metadata(study, "1024") == "second"
    studies.set_attachment(study, "1025", content="attached")
    content, revision = studies.get_attachment_with_revision(study, "1025")
    assert content == b"attached"
    studies.set_attachment(study, "1025", content="again", match_revision=revision)
    assert studies.get_attachment(study, "1025") == b"again"
    studies.add_labels(study, ["seen", "reported"])
    studies.delete_label(study, "seen")
    assert studies.get_labels(study) == ["reported"]
    assert studies.get(study).labels == ["reported"]


def test_bulk_delete(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """A set of instances is deleted by one request, and no other."""
    _upload(orthanc, dicoms)
    _, _, _, instance = dicoms[0].names.orthanc_ids
    InstancesSet.from_instance(orthanc, instance).delete()
    assert not orthanc.instances.exists(instance)
    assert orthanc.instances.exists(dicoms[1].id)


def test_jobs(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """An archive is made by a job, which is watched, fetched, and cannot be resumed any more."""
    _upload(orthanc, dicoms)
    _, study, _, _ = dicoms[0].names.orthanc_ids
    begun = orthanc.post(f"studies/{study}/archive", json={"Asynchronous": True}).json()
    job = orthanc.jobs.get(begun["ID"])
    assert job.wait_completed(timeout=30, polling_interval=0.05)
    assert (job.info.status, job.info.type) == (JobStatus.SUCCESS, JobType.ARCHIVE)
    assert job.content["InstancesCount"] == len(dicoms)
    assert begun["ID"] in orthanc.jobs.get_all_ids()
    assert len(unpacked(orthanc.get_binary(f"jobs/{begun['ID']}/archive"))) == len(dicoms)
    orthanc.jobs.cancel(begun["ID"])
    with pytest.raises(errors.HttpError):
        orthanc.jobs.resume(begun["ID"])


def test_find(orthanc: OrthancApiClient, dicoms: list[Dicom]) -> None:
    """By UID at each level, and by what a study says."""
    _upload(orthanc, dicoms)
    names = dicoms[0].names
    patient, study, series, instance = names.orthanc_ids
    assert orthanc.patients.lookup(names.patient_id) == patient
    assert orthanc.studies.lookup(names.study_instance_uid) == study
    assert orthanc.series.lookup(names.series_instance_uid) == series
    assert orthanc.instances.lookup(names.sop_instance_uid) == instance
    assert orthanc.instances.lookup("1.2.3.4.5") is None
    found = orthanc.studies.find({"PatientID": names.patient_id, "PatientName": "*CT1"})
    assert [one.orthanc_id for one in found] == [study]
