"""Whatever is asked, `/tools/find` answers or refuses; it never fails."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archive import Archive

from axial.common.testing.facts import instance_received
from axial.index.api.expansion import Content

pytestmark = pytest.mark.integration

_TAGS = st.sampled_from(
    [
        *("PatientID", "PatientName", "StudyDate", "StudyTime", "Modality", "InstanceNumber"),
        *("ModalitiesInStudy", "NumberOfStudyRelatedInstances", "SOPInstanceUID", "KVP"),
        *("0008,0201", "0010-0020", "0002,0010", "0009,1001", "7fe00010", "PixelData"),
        *("InstanceAvailability", "ReferencedStudySequence", "SOPClassesInStudy"),
    ]
)
_TEXTS = st.text(st.sampled_from("aÄ1*?\\-%_'\"\0 ^$(["), max_size=6)
_METADATA = st.sampled_from(
    ["LastUpdate", "RemoteAET", "ReceptionDate", "IndexInSeries", "HttpUsername", "1024"]
)
_ORDERS = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(
            [
                f"{kind}{cast}"
                for kind in ("DicomTag", "Metadata")
                for cast in ("", "AsInt", "AsFloat")
            ]
        ),
        "Key": st.one_of(_TAGS, _METADATA),
        "Direction": st.sampled_from(["ASC", "DESC"]),
    }
)
_BODIES = st.fixed_dictionaries(
    {
        "Level": st.sampled_from(["Patient", "Study", "Series", "Instance"]),
        "Query": st.dictionaries(_TAGS, _TEXTS, max_size=3),
    },
    optional={
        "MetadataQuery": st.dictionaries(_METADATA, _TEXTS, max_size=2),
        "OrderBy": st.lists(_ORDERS, max_size=2),
        "Labels": st.lists(_TEXTS, max_size=2),
        "LabelsConstraint": st.sampled_from(["All", "Any", "None"]),
        "CaseSensitive": st.booleans(),
        "Expand": st.booleans(),
        "Full": st.booleans(),
        "Since": st.integers(0, 2**70),
        "Limit": st.integers(0, 2**70),
        "RequestedTags": st.lists(_TAGS, max_size=3),
        "ResponseContent": st.lists(st.sampled_from([str(each) for each in Content]), max_size=3),
        "ParentPatient": _TEXTS,
    },
)


@pytest.fixture
async def filled(archive: Archive) -> Archive:
    """Fill an archive with little."""
    await archive.project(
        instance_received("A", "1", "1.1", "1.1.1", PatientName="Ä^B", StudyDate="20040119"),
        instance_received("B", "2", "2.1", "2.1.1", PatientName="a'%_\\$"),
    )
    return archive


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=_BODIES)
async def test_anything_may_be_asked(filled: Archive, body: dict[str, Any]) -> None:
    """It is answered with a list, or refused as the sender's fault; and so is the count."""
    content = json.dumps(body)
    for path in ("/tools/find", "/tools/count-resources"):
        response = await filled.client.post(path, content=content)
        assert response.status_code in {200, 400}, (content, response.text)
