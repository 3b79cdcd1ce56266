"""Each thing that a rule may ask of an instance."""

from dataclasses import replace
from typing import Any

import pytest
from support.routing import CT, facts

from axial.common.dictionary import Dictionary
from axial.common.dictionary_option import read_dictionary
from axial.common.errors import BadParameter
from axial.router.rules.bodies import read
from axial.router.rules.changes import read_moment
from axial.router.rules.conditions import Conditions, Understanding
from axial.router.rules.facts import Facts
from axial.router.rules.matching import Case, explain, holds

pytestmark = pytest.mark.unit

FACTS = replace(
    facts(),
    tags={
        0x00080060: "CT",
        0x00080008: "ORIGINAL\\PRIMARY\\AXIAL",
        0x00081030: "Thorax nativ",
        0x00100010: "Müller^Änne",
        0x00080020: "20260211",
        0x00080030: "181500.5",
        0x00180050: " 2.50",
        0x00280010: "512",
        0x00200013: "+7",
        0x00104000: "",
    },
)
NOON = read_moment("2026-11-21T12:00:00Z")


def admitted(written: dict[str, Any], known: Facts = FACTS, *, strict: bool = False) -> bool:
    """Hold conditions against an instance; what is explained must say the same."""
    condition = Understanding(Dictionary(), strict).condition(read(Conditions, written), "C")
    case = Case(known, NOON)
    assert explain(condition, case)["Holds"] is holds(condition, case)
    return holds(condition, case)


@pytest.mark.parametrize(
    ("test", "tag", "verdict"),
    [
        ("CT", "Modality", True),
        ("ct", "Modality", False),
        ({"Equals": "ct", "IgnoreCase": True}, "0008,0060", True),
        (["MR", "CT"], "Modality", True),
        ({"OneOf": ["mr", "ct"], "IgnoreCase": True}, "Modality", True),
        (["MR", "US"], "Modality", False),
        # One of several values, or all of them as they stand.
        ("PRIMARY", "ImageType", True),
        ("ORIGINAL\\PRIMARY\\AXIAL", "ImageType", True),
        ("ORIGINAL\\PRIMARY", "ImageType", False),
        # Everything of the same value.
        ({"Wildcard": "*A*", "From": "P"}, "ImageType", True),
        ({"Wildcard": "O*", "From": "P"}, "ImageType", False),
        ({"Wildcard": "Thorax*"}, "StudyDescription", True),
        ({"Wildcard": "thorax*"}, "StudyDescription", False),
        ({"Wildcard": "thorax*", "IgnoreCase": True}, "StudyDescription", True),
        ({"Wildcard": "?horax nati?"}, "StudyDescription", True),
        ({"Wildcard": "Thorax"}, "StudyDescription", False),
        ({"Wildcard": "*.*"}, "StudyDescription", False),
        ({"Wildcard": "M?ller^*"}, "PatientName", True),
        ({"Regex": "nativ$"}, "StudyDescription", True),
        ({"Regex": "^nativ"}, "StudyDescription", False),
        ({"Regex": "^thorax", "IgnoreCase": True}, "StudyDescription", True),
        ({"Regex": "^Müller.Ä"}, "PatientName", True),
        # Texts as texts; what begins with the upper bound is within it.
        ({"From": "20260101", "To": "20261231"}, "StudyDate", True),
        ({"From": "20260212"}, "StudyDate", False),
        ({"To": "2026"}, "StudyDate", True),
        ({"To": "2025"}, "StudyDate", False),
        ({"From": "08", "To": "18"}, "StudyTime", True),
        ({"From": "08", "To": "17"}, "StudyTime", False),
        # Numbers as numbers.
        ({"From": 2.5, "To": 2.5}, "SliceThickness", True),
        ({"From": 3}, "SliceThickness", False),
        ({"From": 64, "To": 1024}, "Rows", True),
        ({"To": 64}, "Rows", False),
        ({"From": 7, "To": 7}, "InstanceNumber", True),
        ({"From": 0}, "StudyDescription", False),
        ({"Present": True}, "Modality", True),
        ({"Present": False}, "Modality", False),
        ({"Present": True}, "PatientComments", False),
        ({"Present": False}, "PatientComments", True),
        ({"Present": True}, "AccessionNumber", False),
        ({"Present": False}, "AccessionNumber", True),
        ("", "PatientComments", True),
        ("", "AccessionNumber", False),
        ({"Wildcard": "*"}, "AccessionNumber", False),
        ({"To": "z"}, "AccessionNumber", False),
    ],
)
def test_texts(test: Any, tag: str, verdict: bool) -> None:  # noqa: FBT001 - a column of the table
    """Each question about a text has the answer that the table says."""
    assert admitted({"Tags": {tag: test}}) is verdict


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        ({}, True),
        ({"Modality": "CT"}, True),
        ({"Modality": ["MR"]}, False),
        ({"SopClass": CT}, True),
        ({"SopClass": {"Wildcard": "1.2.840.10008.5.1.4.1.1.4*"}}, False),
        ({"TransferSyntax": "1.2.840.10008.1.2.1"}, True),
        ({"TransferSyntax": {"Wildcard": "1.2.840.10008.1.2.4.*"}}, False),
        ({"RemoteAET": "CT1"}, True),
        ({"RemoteAET": " ct1 "}, True),
        ({"RemoteAET": {"Wildcard": "ct*"}}, True),
        ({"RemoteAET": ["CT2", "CT3"]}, False),
        ({"CalledAET": "axial"}, True),
        ({"CalledAET": "RESEARCH"}, False),
        ({"Origin": "DicomProtocol"}, True),
        ({"Origin": ["RestApi"]}, False),
        ({"RemoteIP": "10.0.0.0/8"}, True),
        ({"RemoteIP": ["192.168.0.0/16", "10.1.2.3"]}, True),
        ({"RemoteIP": "::ffff:10.1.2.3/128"}, False),
        ({"RemoteIP": "2001:db8::/32"}, False),
        ({"HttpUsername": {"Present": True}}, False),
        ({"HttpUsername": {"Present": False}}, True),
        ({"TimeOfDay": {"TimeZone": "Europe/Berlin", "From": "13:00", "To": "13:01"}}, True),
        ({"TimeOfDay": {"TimeZone": "UTC", "From": "13:00", "To": "13:01"}}, False),
        # Everything that is given, and what is given of lists.
        ({"Modality": "CT", "RemoteAET": "CT1"}, True),
        ({"Modality": "CT", "RemoteAET": "CT2"}, False),
        ({"Tags": {"Modality": "CT", "Rows": "256"}}, False),
        ({"All": [{"Modality": "CT"}, {"Origin": "DicomProtocol"}]}, True),
        ({"All": [{"Modality": "CT"}, {"Origin": "RestApi"}]}, False),
        ({"Any": [{"Modality": "MR"}, {"RemoteAET": "CT1"}]}, True),
        ({"Any": [{"Modality": "MR"}, {"RemoteAET": "CT2"}]}, False),
        ({"Not": {"Modality": "MR"}}, True),
        ({"Not": {"Modality": "CT", "RemoteAET": "CT1"}}, False),
        ({"Modality": "CT", "Not": {"RemoteAET": "CT1"}}, False),
    ],
)
def test_facts(written: dict[str, Any], verdict: bool) -> None:  # noqa: FBT001 - a column of the table
    """Each question about an instance has the answer that the table says."""
    assert admitted(written) is verdict


def test_titles_strictly() -> None:
    """With `StrictAetComparison` case matters in AE titles, spaces around them never do."""
    assert not admitted({"RemoteAET": "ct1"}, strict=True)
    assert admitted({"RemoteAET": " CT1"}, strict=True)


def test_addresses_of_sockets_for_both_kinds() -> None:
    """An IPv4 address that a socket shows as IPv6 is the same one; none is within no network."""
    mapped = replace(FACTS, remote_ip="::ffff:10.1.2.3")
    assert admitted({"RemoteIP": "10.0.0.0/8"}, mapped)
    assert not admitted({"RemoteIP": "0.0.0.0/0"}, replace(FACTS, remote_ip=""))


def test_attributes_of_the_configuration() -> None:
    """A name of the configuration's `Dictionary` may be asked for; which attributes are looked at is noted."""
    added = read_dictionary({"0009,0010": ["LO", "Scanner", 1, 1, "ACME"]})
    understanding = Understanding(Dictionary(added), strict_aets=False)
    written = read(Conditions, {"Tags": {"Scanner": "A1"}, "Not": {"Modality": "MR"}})
    condition = understanding.condition(written, "C")
    assert understanding.tags == {0x00091010, 0x00080060}
    assert holds(condition, Case(replace(FACTS, tags={0x00091010: "A1"}), NOON))


@pytest.mark.parametrize("tag", ["NoSuchName", "0002,0010", ""])
def test_what_is_no_attribute(tag: str) -> None:
    """An unknown name and file meta information are refused, with the place where they stand."""
    with pytest.raises(BadParameter, match=r"^C\.Any\.0\.Tags: "):
        admitted({"Any": [{"Tags": {tag: "x"}}]})


def test_a_hostile_pattern_costs_little() -> None:
    """A pattern that makes other engines try for ever is matched in linear time."""
    long = replace(FACTS, tags={0x00081030: "a" * 5000 + "!"})
    assert not admitted({"Tags": {"StudyDescription": {"Regex": "^(a+)+$"}}}, long)
    assert not admitted({"Tags": {"StudyDescription": {"Wildcard": "*a" * 200}}}, long)
