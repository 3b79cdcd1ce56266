"""The JSON of resources, without a database."""

import json

import pytest

from axial.common.attributes import MAIN_DICOM_KEYWORDS, MAIN_DICOM_TAGS, format_tag
from axial.common.identifiers import Level, resource_ids
from axial.common.orthanc_tags import TagFormat
from axial.common.ticks import Ticks
from axial.index.api.answers import encode
from axial.index.api.shapes import main_dicom_tags, shape
from axial.index.resources import Series

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("level", list(Level))
def test_every_main_tag_has_its_number(level: Level) -> None:
    """Each attribute that the projection keeps can be told by its tag, in each format."""
    tags = dict.fromkeys(MAIN_DICOM_KEYWORDS[level], "x")
    numbers = {format_tag(tag) for tag in MAIN_DICOM_TAGS[level]}
    assert main_dicom_tags(tags, TagFormat.SIMPLIFIED) == tags
    assert main_dicom_tags(tags, TagFormat.SHORT) == dict.fromkeys(numbers, "x")
    full = main_dicom_tags(tags, TagFormat.FULL)
    assert isinstance(full, dict)
    assert {tag: told["Name"] for tag, told in full.items()} == dict(
        zip(
            (format_tag(tag) for tag in MAIN_DICOM_TAGS[level]),
            MAIN_DICOM_KEYWORDS[level],
            strict=True,
        )
    )
    assert all(told["Type"] == "String" and told["Value"] == "x" for told in full.values())


def test_answers_are_utf_8_in_the_order_of_their_keys() -> None:
    """A resource is written as Orthanc writes it: keys sorted, characters as they are."""
    ids = resource_ids("A", "1", "1.1", "1.1.1")
    series = Series(
        labels=(),
        id=ids.series,
        study=ids.study,
        main_dicom_tags={"SeriesDescription": "Schädel", "Modality": "CT"},
        updated=Ticks(0),
        is_stable=True,
        instances=(ids.instance,),
        expected_instances=1,
        status="Complete",
    )
    body = encode(shape(series, TagFormat.SIMPLIFIED))
    assert "Schädel".encode() in body
    told = json.loads(body)
    assert list(told) == sorted(told)
    assert told["LastUpdate"] == "19700101T000000"
