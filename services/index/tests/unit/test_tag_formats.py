"""Tags in the full format, made into the others and compared."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from axial.common.dicom_modules import MODULES
from axial.common.identifiers import Level
from axial.common.orthanc_tags import TagFormat, instance_tags
from axial.common.tag_formats import in_format, shared, within
from axial.common.testing.dicom_files import dicom_file

pytestmark = pytest.mark.unit


def tags_of(**attributes: Any) -> dict[str, Any]:
    """Make a file, and read its tags in the full format."""
    return instance_tags(dicom_file(**attributes), TagFormat.FULL)


@pytest.mark.parametrize("format_", TagFormat)
def test_formats(format_: TagFormat) -> None:
    """The full format made into another is what reading in the other gives."""
    item = Dataset()
    item.PatientComments = "long " * 100
    file = dicom_file(ReferencedImageSequence=Sequence([item]), PatientName="Doe^J", Rows=7)
    full = instance_tags(file, TagFormat.FULL)
    assert in_format(full, format_) == instance_tags(file, format_)


def test_shared() -> None:
    """Texts that are the same in all are kept; sequences, long texts and what one has not are not."""
    common = {
        "PatientName": "Doe^J",
        "ReferencedImageSequence": Sequence([Dataset()]),
        "PatientComments": "long " * 100,
    }
    first = shared(None, tags_of(**common, StudyID="1", SeriesDescription="only here"))
    assert set(in_format(first, TagFormat.SIMPLIFIED)) >= {"PatientName", "StudyID", "PatientID"}
    assert {"0008,1140", "0010,4000"}.isdisjoint(first)
    second = shared(first, tags_of(**common, StudyID="2", StudyDescription="nor here"))
    assert second["0010,0010"] == {"Name": "PatientName", "Type": "String", "Value": "Doe^J"}
    assert {"0020,0010", "0008,103e", "0008,1030"}.isdisjoint(second)
    assert shared({}, tags_of()) == {}


def test_modules() -> None:
    """A module is the attributes that the standard gives it, as far as they are there."""
    full = tags_of(PatientName="Doe^J", StudyID="1", Modality="CT", InstanceNumber=7)
    expected = {
        Level.PATIENT: ["0010,0010", "0010,0020"],
        Level.STUDY: ["0020,000d", "0020,0010"],
        Level.SERIES: ["0008,0060", "0020,000e"],
        Level.INSTANCE: ["0008,0016", "0008,0018", "0020,0013"],
    }
    assert {level: list(within(full, MODULES[level])) for level in Level} == expected
