"""The parameters and the answer of `/changes`."""

import json

import pytest

from axial.changefeed.orthanc.query import ChangesQuery, read_changes_query
from axial.changefeed.orthanc.rendering import render_changes
from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.rows import Change
from axial.common.errors import BadParameter
from axial.common.identifiers import Level, ResourceId
from axial.common.ticks import Ticks

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({}, ChangesQuery()),
        ({"since": "5", "limit": "7", "to": "9"}, ChangesQuery(since=5, limit=7, to=9)),
        ({"since": "5", "limit": "x"}, ChangesQuery()),
        ({"since": "5", "to": ""}, ChangesQuery()),
        ({"since": " 5"}, ChangesQuery()),
        ({"since": "9223372036854775808"}, ChangesQuery()),
        ({"since": "-5", "to": "-1"}, ChangesQuery()),
        ({"limit": "1000000"}, ChangesQuery(limit=10_000)),
        ({"limit": "-1"}, ChangesQuery(limit=10_000)),
        ({"last": "", "since": "3"}, ChangesQuery(last=True, limit=1)),
        ({"include-deleted": ""}, ChangesQuery(include_deleted=True)),
        ({"include-deleted": "FALSE"}, ChangesQuery()),
        (
            {"type": "NewStudy;StableStudy"},
            ChangesQuery(types=(ChangeType.NEW_STUDY, ChangeType.STABLE_STUDY)),
        ),
        ({"type": "NewStudy;all"}, ChangesQuery()),
        ({"type": ""}, ChangesQuery()),
    ],
)
def test_parameters(parameters: dict[str, str], query: ChangesQuery) -> None:
    """Parameters are read as Orthanc reads them: what is no integer resets all three."""
    assert read_changes_query(parameters) == query


def test_unknown_type() -> None:
    """A type that does not exist is an error, unless `last` makes it meaningless."""
    with pytest.raises(BadParameter):
        read_changes_query({"type": "newstudy"})
    assert read_changes_query({"type": "newstudy", "last": ""}).last


def test_backwards() -> None:
    """`to` without `since` browses from the end; so does `last`."""
    assert ChangesQuery(to=5).backwards
    assert ChangesQuery(last=True).backwards
    assert not ChangesQuery(since=1, to=5).backwards
    assert not ChangesQuery().backwards


def test_all_types_have_orthancs_names() -> None:
    """The names and numbers of Orthanc's ServerEnumerations.h."""
    assert [f"{kind.type_name} {kind:d}" for kind in ChangeType] == [
        "CompletedSeries 1", "NewInstance 2", "NewPatient 3", "NewSeries 4", "NewStudy 5",
        "AnonymizedStudy 6", "AnonymizedSeries 7", "ModifiedStudy 8", "ModifiedSeries 9",
        "AnonymizedPatient 10", "ModifiedPatient 11", "StablePatient 12", "StableStudy 13",
        "StableSeries 14", "UpdatedAttachment 15", "UpdatedMetadata 16", "Deleted 4096",
        "NewChildInstance 4097",
    ]  # fmt: skip
    assert all(ChangeType.from_type_name(kind.type_name) is kind for kind in ChangeType)


def test_spelling() -> None:
    """The answer looks as Orthanc prints it, and is JSON."""
    row = Change(921, 2, Level.INSTANCE, ResourceId("8e-f4"), Ticks(13_679_375_420_000_000))
    text = render_changes([row], done=True, highest=1000)
    assert text.decode() == (
        '{\n   "Changes" : [\n      {\n         "ChangeType" : "NewInstance",\n'
        '         "Date" : "20130507T143902",\n         "ID" : "8e-f4",\n'
        '         "Path" : "/instances/8e-f4",\n         "ResourceType" : "Instance",\n'
        '         "Seq" : 921\n      }\n   ],\n   "Done" : true,\n   "First" : 921,\n'
        '   "Last" : 921\n}\n'
    )
    assert json.loads(text)["Changes"][0]["Seq"] == 921
    assert json.loads(render_changes([], done=False, highest=7)) == {
        "Changes": [],
        "Done": False,
        "Last": 7,
    }
