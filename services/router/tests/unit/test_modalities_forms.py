"""What clients write of modalities, and how Orthanc refuses it."""

from typing import Any

import pytest

from axial.common.errors import AxialError, BadFormat, BadParameter, BadType, Inexistent
from axial.common.modalities import Modality
from axial.common.problems import problem_of
from axial.router.modalities.forms import (
    modality_named,
    overruled,
    read_modality,
    read_originator,
    read_timeout,
)

pytestmark = pytest.mark.unit

CT = {"AET": "CT", "Host": "ct", "Port": 104}


@pytest.mark.parametrize(
    ("value", "status", "told"),
    [
        # Numbers and words as Orthanc 1.10.1 gave them, but for a port or a title that it echoes.
        (["CT", "ct"], 15, "Bad file format."),
        (["CT", "ct", 0], 3, "A TCP port number must be in range [1..65534]"),
        (["CT", "ct", "x"], 15, "Integer value expected in field: Port"),
        (["CT", "ct", True], 15, "Integer value expected in field: Port"),
        (["CT", "ct", 104, "Nobody"], 3, "Unknown modality manufacturer"),
        (["CT", "ct", 104, 5], 15, "Bad file format."),
        ({"AET": "CT"}, 15, "String value expected in field: Host"),
        (CT | {"AllowEcho": "x"}, 15, "Boolean value expected in field: AllowEcho"),
        (CT | {"AllowEcho": "yes"}, 15, "Boolean value expected in field: AllowEcho"),
        (CT | {"Timeout": "3"}, 15, "Unsigned integer value expected in field: Timeout"),
        (CT | {"UseDicomTls": "x"}, 15, "Boolean value expected in field: UseDicomTls"),
        (CT | {"Timeout": -1}, 15, "Unsigned integer value expected in field: Timeout"),
        (CT | {"Timeout": 2**32}, 15, "Unsigned integer value expected in field: Timeout"),
        (CT | {"Port": 104.5}, 15, "Integer value expected in field: Port"),
        (CT | {"Port": True}, 15, "Integer value expected in field: Port"),
        (CT | {"Port": 104.0}, 15, "Integer value expected in field: Port"),
        (CT | {"AET": 1}, 15, "String value expected in field: AET"),
        (CT | {"Manufacturer": {}}, 15, "String value expected in field: Manufacturer"),
        ("CT", 15, "Bad file format."),
        (None, 15, "Bad file format."),
        # What Orthanc takes, and could not send to.
        (CT | {"AET": "SEVENTEEN LETTERS"}, 3, "Not an AE title in field: AET"),
        (CT | {"LocalAet": "A\\B"}, 3, "Not an AE title in field: LocalAet"),
        (CT | {"Host": ""}, 3, "Not a possible value in field: Host"),
    ],
)
def test_what_is_no_modality(value: Any, status: int, told: str) -> None:
    """Each is refused by Orthanc's number, and told which field is wrong."""
    with pytest.raises(AxialError) as refused:
        read_modality(value)
    assert (problem_of(refused.value).orthanc_status, refused.value.message) == (status, told)


def test_a_request_overrules_a_modality() -> None:
    """Only what it says, and nothing for what comes later."""
    modality = Modality.model_validate(CT | {"AllowStore": False})
    assert overruled(modality, {"Synchronous": False}) is modality
    other = overruled(modality, {"CalledAet": "US", "Host": "us", "Port": 11112, "LocalAet": "WE"})
    assert (other.aet, other.host, other.port, other.local_aet) == ("US", "us", 11112, "WE")
    assert not other.allow_store
    assert overruled(other, {"LocalAet": "US"}).local_aet == "WE"
    assert modality.aet == "CT"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"LocalAet": 1}, BadType),
        ({"CalledAet": None}, BadType),
        ({"Host": ["h"]}, BadType),
        ({"Port": "104"}, BadType),
        ({"Port": True}, BadType),
        ({"Port": 70000}, BadParameter),
        ({"CalledAet": "SEVENTEEN LETTERS"}, BadParameter),
    ],
)
def test_what_overrules_nothing(options: dict[str, Any], error: type[AxialError]) -> None:
    """A half-understood request must not go elsewhere than it was meant to."""
    with pytest.raises(error):
        overruled(Modality.model_validate(CT), options)


def test_whose_c_move_it_is() -> None:
    """By default nobody's; with a number ours, or whose the request says."""
    assert read_originator({"MoveOriginatorAet": "X"}, "AXIAL") is None
    assert read_originator({"MoveOriginatorID": 5}, "AXIAL") == ("AXIAL", 5)
    assert read_originator({"MoveOriginatorAet": "X", "MoveOriginatorID": 5}, "A") == ("X", 5)
    for number, error in ((70000, BadParameter), (-1, BadParameter), ("5", BadType)):
        with pytest.raises(error):
            read_originator({"MoveOriginatorID": number}, "AXIAL")


def test_how_long_a_modality_may_take() -> None:
    """Seconds; 0 is for ever, and nothing is the modality's own."""
    assert read_timeout({}) is None
    assert read_timeout({"Timeout": 0}) == 0
    for wrong in ("x", -1, True, 1.5, 2**40):
        with pytest.raises(BadFormat):
            read_timeout({"Timeout": wrong})


def test_a_modality_that_there_is_not() -> None:
    """It is an inexistent item, as in Orthanc."""
    with pytest.raises(Inexistent, match="No modality with symbolic name: zz"):
        modality_named({}, "zz")
