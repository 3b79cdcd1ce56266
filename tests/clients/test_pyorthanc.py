"""An unmodified pyorthanc does its ordinary things."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pydicom
import pyorthanc
import pytest
from support.dicoms import Dicom, DicomMaker
from support.media import file_set, unpacked, write_medium
from support.system import Axial

pytestmark = [pytest.mark.e2e, pytest.mark.either_store]


@pytest.fixture
def orthanc(axial: Axial) -> Iterator[pyorthanc.Orthanc]:
    """Connect as pyorthanc's users do; its own timeout of 5 s is for smaller machines' patience."""
    with pyorthanc.Orthanc(axial.url, timeout=60) as orthanc:
        yield orthanc


@pytest.fixture
def dicoms() -> list[Dicom]:
    """Give four files of one patient: two series of two."""
    maker = DicomMaker(per_series=2)
    return [maker.make(serial) for serial in range(4)]


def test_upload(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom], tmp_path: Path) -> None:
    """Bytes, a data set, a file and a folder are uploaded; what is there is recognised."""
    answer = orthanc.post_instances(dicoms[0].body)
    assert (answer["ID"], answer["Status"]) == (dicoms[0].id, "Success")
    dataset = pydicom.dcmread(BytesIO(dicoms[1].body))
    assert [one.id_ for one in pyorthanc.upload(orthanc, dataset)] == [dicoms[1].id]
    for dicom in dicoms:
        (tmp_path / f"{dicom.id}.dcm").write_bytes(dicom.body)
    one = pyorthanc.upload(orthanc, tmp_path / f"{dicoms[2].id}.dcm")
    assert [instance.id_ for instance in one] == [dicoms[2].id]
    everything = pyorthanc.upload(orthanc, tmp_path, check_before_upload=True)
    assert {instance.id_ for instance in everything} == {dicom.id for dicom in dicoms}


def test_browse(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """From patient to instance and back, with the values a user asks for."""
    for dicom in dicoms:
        orthanc.post_instances(dicom.body)
    names = dicoms[0].names
    patient_id, study_id, series_id, instance_id = names.orthanc_ids

    for listed, known in (
        (orthanc.get_patients(), patient_id),
        (orthanc.get_studies(), study_id),
        (orthanc.get_series(), series_id),
        (orthanc.get_instances(), instance_id),
    ):
        assert known in listed
    assert len(orthanc.get_instances(params={"expand": "", "since": 0, "limit": 2})) == 2

    patient = pyorthanc.Patient(patient_id, orthanc)
    assert patient.patient_id == names.patient_id
    assert patient.name == "CompressedSamples^CT1"
    (study,) = patient.studies
    assert (study.id_, study.uid) == (study_id, names.study_instance_uid)
    assert study.parent_patient == patient
    assert study.patient_information["PatientID"] == names.patient_id
    assert len(study.series) == 2
    series = pyorthanc.Series(series_id, orthanc)
    assert (series.uid, series.modality) == (names.series_instance_uid, "CT")
    assert [one.id_ for one in series.instances] == [dicoms[0].id, dicoms[1].id]
    instance = pyorthanc.Instance(instance_id, orthanc)
    assert instance.uid == names.sop_instance_uid
    assert instance.file_size == len(dicoms[0].body)
    assert instance.parent_series == series
    assert instance.parent_study == study
    assert instance.parent_patient == patient
    assert isinstance(patient.is_stable, bool)
    assert patient.last_update.year >= 2026


def test_content(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """The file comes back whole, also as a stream and as a data set; its tags in each form."""
    orthanc.post_instances(dicoms[0].body)
    instance = pyorthanc.Instance(dicoms[0].id, orthanc)
    assert instance.get_dicom_file_content() == dicoms[0].body
    stream = BytesIO()
    instance.download(stream)
    assert stream.getvalue() == dicoms[0].body
    assert instance.get_pydicom().SOPInstanceUID == dicoms[0].names.sop_instance_uid
    assert instance.tags["0010,0020"]["Value"] == dicoms[0].names.patient_id
    assert instance.simplified_tags["Modality"] == "CT"
    assert bytes(orthanc.get_instances_id_preview(dicoms[0].id)).startswith(b"\x89PNG")


def test_archives(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom], tmp_path: Path) -> None:
    """Patients, studies and series come as ZIP files, several resources as one, and media with a DICOMDIR."""
    for dicom in dicoms:
        orthanc.post_instances(dicom.body)
    patient_id, study_id, series_id, _ = dicoms[0].names.orthanc_ids
    bodies = sorted(dicom.body for dicom in dicoms)
    patient, study = pyorthanc.Patient(patient_id, orthanc), pyorthanc.Study(study_id, orthanc)
    assert sorted(unpacked(patient.get_zip()).values()) == bodies
    assert sorted(unpacked(study.get_zip()).values()) == bodies
    series = unpacked(pyorthanc.Series(series_id, orthanc).get_zip())
    assert [name.rpartition("/")[2] for name in series] == ["CT000000.dcm", "CT000001.dcm"]
    assert list(series.values()) == [dicom.body for dicom in dicoms[:2]]
    wanted = {"Resources": [dicoms[3].id, dicoms[0].id], "Transcode": "1.2.840.10008.1.2.1"}
    archive = orthanc.post_tools_create_archive(wanted)
    assert sorted(unpacked(archive).values()) == sorted([dicoms[0].body, dicoms[3].body])
    medium = orthanc.post_tools_create_media_extended({"Resources": [study_id]})
    write_medium(medium, tmp_path)
    with file_set(tmp_path) as found:
        assert {instance.load().SOPInstanceUID for instance in found} == {
            dicom.names.sop_instance_uid for dicom in dicoms
        }


def test_changes(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """A poller that goes on from `Last` sees the new instances."""
    since = orthanc.get_changes(params={"last": ""})["Last"]
    for dicom in dicoms:
        orthanc.post_instances(dicom.body)
    page = orthanc.get_changes(params={"since": since, "limit": 100})
    new = [change["ID"] for change in page["Changes"] if change["ChangeType"] == "NewInstance"]
    assert new == [dicom.id for dicom in dicoms]
    assert page["Done"]


def test_delete(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """A deletion tells the remaining ancestor; what is gone raises."""
    for dicom in dicoms:
        orthanc.post_instances(dicom.body)
    answer = orthanc.delete_instances_id(dicoms[0].id)
    assert answer["RemainingAncestor"]["Type"] == "Series"
    assert orthanc.delete_patients_id(dicoms[0].names.orthanc_ids[0]) == {"RemainingAncestor": None}
    with pytest.raises(httpx.HTTPError, match="HTTP code: 404"):
        orthanc.get_instances_id(dicoms[1].id)


def test_system(orthanc: pyorthanc.Orthanc) -> None:
    """The system tells its version and its statistics."""
    assert orthanc.get_system()["ApiVersion"] >= 20
    assert set(orthanc.get_statistics()) >= {"CountInstances", "TotalDiskSize"}


def test_annotations(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """What Orthanc knows of a resource by itself, and what users attach to it."""
    orthanc.post_instances(dicoms[0].body)
    patient_id, study_id, _, instance_id = dicoms[0].names.orthanc_ids
    assert "ReceptionDate" in orthanc.get_instances_id_metadata(instance_id)
    assert orthanc.get_instances_id_attachments(instance_id) == ["dicom"]
    study = pyorthanc.Study(study_id, orthanc)
    study.add_label("seen")
    assert study.labels == ["seen"]
    patient = pyorthanc.Patient(patient_id, orthanc)
    patient.protected = True
    assert patient.protected


def test_jobs(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """A medium is made by a job, which is waited for, fetched and deleted."""
    orthanc.post_instances(dicoms[0].body)
    _, study, _, _ = dicoms[0].names.orthanc_ids
    begun = orthanc.post_studies_id_media(study, json={"Asynchronous": True})
    job = pyorthanc.Job(begun["ID"], orthanc)
    job.wait_until_completion(time_interval=0.05)
    assert (job.state.value, job.error_details) == ("Success", "")
    assert job.type == "Media"
    assert job.progress == 100
    assert job.content["InstancesCount"] == 1
    assert job.creation_time <= job.completion_time <= job.timestamp
    assert begun["ID"] in orthanc.get_jobs()
    assert orthanc.get_jobs_id_key(begun["ID"], "archive")[:2] == b"PK"
    with pytest.raises(httpx.HTTPError):
        orthanc.post_jobs_id_resubmit(begun["ID"])
    orthanc.delete_jobs_id(begun["ID"])
    assert begun["ID"] not in orthanc.get_jobs()


def test_find(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """Patients by identifier, instances by what only their files say."""
    for dicom in dicoms:
        orthanc.post_instances(dicom.body)
    names = dicoms[0].names
    (patient,) = pyorthanc.find_patients(orthanc, {"PatientID": names.patient_id})
    assert patient.id_ == names.orthanc_ids[0]
    found = pyorthanc.find_instances(
        orthanc, {"PatientID": names.patient_id, "SOPInstanceUID": names.sop_instance_uid}
    )
    assert [one.id_ for one in found] == [dicoms[0].id]


def test_tags(orthanc: pyorthanc.Orthanc, dicoms: list[Dicom]) -> None:
    """What instances share, one module of a patient, and one value from within a file."""
    orthanc.post_instances(dicoms[0].body)
    names = dicoms[0].names
    patient, _, series, instance = names.orthanc_ids
    shared = pyorthanc.Series(series, orthanc).shared_tags
    assert shared["SeriesInstanceUID"] == names.series_instance_uid
    module = pyorthanc.Patient(patient, orthanc).get_patient_module()
    assert module["0010,0020"]["Value"] == names.patient_id
    content = pyorthanc.Instance(instance, orthanc).get_content_by_tag("0010-0020")
    assert names.patient_id in str(content)
    assert orthanc.get_exports()["Exports"] == []
