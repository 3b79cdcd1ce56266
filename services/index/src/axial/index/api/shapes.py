"""The JSON of patients, studies, series and instances (orthanc-rest.md, C.4)."""

from dataclasses import dataclass

from pydicom.datadict import tag_for_keyword

from axial.common.attributes import format_tag
from axial.common.ticks import TICKS_PER_SECOND, Ticks, orthanc_date
from axial.index.orthanc_tags import TagFormat
from axial.index.resources import Instance, Patient, Resource, Series, Study, Tags


@dataclass(frozen=True, slots=True)
class View:
    """What the answer depends on besides the resource itself."""

    tags: TagFormat
    now: Ticks
    #: Orthanc's `StableAge`.
    stable_age_seconds: int

    def is_stable(self, updated: Ticks) -> bool:
        """Tell whether nothing has reached a resource for long enough."""
        return self.now - updated > self.stable_age_seconds * TICKS_PER_SECOND


def shape(resource: Resource, view: View) -> dict[str, object]:
    """Write one resource."""
    match resource:
        case Patient():
            return _patient(resource, view)
        case Study():
            return _study(resource, view)
        case Series():
            return _series(resource, view)
        case Instance():
            return _instance(resource, view)


def _patient(patient: Patient, view: View) -> dict[str, object]:
    return {
        "ID": patient.id,
        "IsProtected": False,  # nothing is recycled, so there is nothing to protect from
        "IsStable": view.is_stable(patient.updated),
        "Labels": [],
        "LastUpdate": orthanc_date(patient.updated),
        "MainDicomTags": main_dicom_tags(patient.main_dicom_tags, view.tags),
        "Studies": patient.studies,
        "Type": "Patient",
    }


def _study(study: Study, view: View) -> dict[str, object]:
    return {
        "ID": study.id,
        "IsStable": view.is_stable(study.updated),
        "Labels": [],
        "LastUpdate": orthanc_date(study.updated),
        "MainDicomTags": main_dicom_tags(study.main_dicom_tags, view.tags),
        "ParentPatient": study.patient,
        "PatientMainDicomTags": main_dicom_tags(study.patient_main_dicom_tags, view.tags),
        "Series": study.series,
        "Type": "Study",
    }


def _series(series: Series, view: View) -> dict[str, object]:
    return {
        "ExpectedNumberOfInstances": series.expected_instances,
        "ID": series.id,
        "Instances": series.instances,
        "IsStable": view.is_stable(series.updated),
        "Labels": [],
        "LastUpdate": orthanc_date(series.updated),
        "MainDicomTags": main_dicom_tags(series.main_dicom_tags, view.tags),
        "ParentStudy": series.study,
        "Status": series.status,
        "Type": "Series",
    }


def _instance(instance: Instance, view: View) -> dict[str, object]:
    return {
        "FileSize": instance.size_bytes,
        "FileUuid": str(instance.event_id),
        "ID": instance.id,
        "IndexInSeries": instance.index_in_series,
        "Labels": [],
        "MainDicomTags": main_dicom_tags(instance.main_dicom_tags, view.tags),
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
