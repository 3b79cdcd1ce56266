"""The JSON of patients, studies, series and instances (orthanc-rest.md, C.4)."""

from pydicom.datadict import tag_for_keyword

from axial.common.attributes import format_tag
from axial.common.orthanc_tags import TagFormat
from axial.common.ticks import orthanc_date
from axial.index.resources import Instance, Patient, Resource, Series, Study, Tags


def shape(resource: Resource, tags: TagFormat) -> dict[str, object]:
    """Write one resource."""
    match resource:
        case Patient():
            return _patient(resource, tags)
        case Study():
            return _study(resource, tags)
        case Series():
            return _series(resource, tags)
        case Instance():
            return _instance(resource, tags)


def _patient(patient: Patient, tags: TagFormat) -> dict[str, object]:
    return {
        "ID": patient.id,
        "IsProtected": patient.is_protected,
        "IsStable": patient.is_stable,
        "Labels": patient.labels,
        "LastUpdate": orthanc_date(patient.updated),
        "MainDicomTags": main_dicom_tags(patient.main_dicom_tags, tags),
        "Studies": patient.studies,
        "Type": "Patient",
    }


def _study(study: Study, tags: TagFormat) -> dict[str, object]:
    return {
        "ID": study.id,
        "IsStable": study.is_stable,
        "Labels": study.labels,
        "LastUpdate": orthanc_date(study.updated),
        "MainDicomTags": main_dicom_tags(study.main_dicom_tags, tags),
        "ParentPatient": study.patient,
        "PatientMainDicomTags": main_dicom_tags(study.patient_main_dicom_tags, tags),
        "Series": study.series,
        "Type": "Study",
    }


def _series(series: Series, tags: TagFormat) -> dict[str, object]:
    return {
        "ExpectedNumberOfInstances": series.expected_instances,
        "ID": series.id,
        "Instances": series.instances,
        "IsStable": series.is_stable,
        "Labels": series.labels,
        "LastUpdate": orthanc_date(series.updated),
        "MainDicomTags": main_dicom_tags(series.main_dicom_tags, tags),
        "ParentStudy": series.study,
        "Status": series.status,
        "Type": "Series",
    }


def _instance(instance: Instance, tags: TagFormat) -> dict[str, object]:
    return {
        "FileSize": instance.size_bytes,
        "FileUuid": str(instance.event_id),
        "ID": instance.id,
        "IndexInSeries": instance.index_in_series,
        "Labels": instance.labels,
        "MainDicomTags": main_dicom_tags(instance.main_dicom_tags, tags),
        "ParentSeries": instance.series,
        "Type": "Instance",
    }


def main_dicom_tags(tags: Tags, format_: TagFormat) -> object:
    """Write main DICOM tags, which are kept by keyword, in the format asked for."""
    if format_ is TagFormat.SIMPLIFIED:
        return tags
    spelled = {_spell(keyword): (keyword, value) for keyword, value in tags.items()}
    if format_ is TagFormat.SHORT:
        return {tag: value for tag, (_, value) in spelled.items()}
    return {
        tag: {"Name": keyword, "Type": "String", "Value": value}
        for tag, (keyword, value) in spelled.items()
    }


def _spell(keyword: str) -> str:
    tag = tag_for_keyword(keyword)
    assert tag is not None, "the projection keeps attributes of the standard only"
    return format_tag(tag)
