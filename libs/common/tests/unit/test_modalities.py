"""Modalities in every form that Orthanc's configuration knows."""

from typing import Any

import pytest
from pydantic import ValidationError

from axial.common.modalities import Modality

pytestmark = pytest.mark.unit


def _read(value: object) -> Modality:
    return Modality.model_validate(value)


def test_the_short_forms() -> None:
    """Three places, or four; the port may be a text."""
    short = _read(["CT", "10.0.0.1", 104])
    assert (short.aet, short.host, short.port) == ("CT", "10.0.0.1", 104)
    assert short.manufacturer == "Generic"
    assert short == _read(["CT", "10.0.0.1", "104"])
    assert _read(["CT", "10.0.0.1", 104, "Vitrea"]).manufacturer == "Vitrea"


def test_the_long_form() -> None:
    """All may be asked unless it says otherwise."""
    long = {"AET": "CT", "Host": "ct", "Port": 104, "AllowFind": False, "LocalAet": "US"}
    modality = _read(long)
    assert not modality.allow_find
    assert modality.allow_store
    assert modality.local_aet == "US"
    assert modality.retrieve_method == "SystemDefault"


def test_storage_commitment_stands_for_two() -> None:
    """Orthanc's alias sets both, whatever they say themselves."""
    long = {"AET": "CT", "Host": "ct", "Port": 104, "AllowNAction": True}
    modality = _read({**long, "AllowStorageCommitment": False})
    assert not modality.allow_n_action
    assert not modality.allow_event_report


@pytest.mark.parametrize(
    ("former", "today"),
    [("StoreScp", "Generic"), ("SyngoVia", "GenericNoWildcardInDates"), ("GE", "GE")],
)
def test_manufacturers_of_former_versions(former: str, today: str) -> None:
    """They are read as what Orthanc makes of them today."""
    assert _read(["CT", "ct", 104, former]).manufacturer == today


@pytest.mark.parametrize(
    "value",
    [
        ["CT", "ct"],
        ["CT", "ct", 104, "Generic", 1],
        ["CT", "ct", 0],
        ["CT", "ct", 65535],
        ["CT", "ct", "http"],
        ["CT", "ct", 104, "Nobody"],
        ["CT", "ct", 104, "generic"],
        ["", "ct", 104],
        ["   ", "ct", 104],
        ["A\\B", "ct", 104],
        ["SEVENTEEN LETTERS", "ct", 104],
        {"AET": "CT", "Host": "ct"},
        {"AET": "CT", "Host": "ct", "Port": 104, "RetrieveMethod": "C-STORE"},
        "CT",
        None,
    ],
)
def test_what_is_no_modality(value: Any) -> None:
    """It is refused: a modality half understood would be let in with rights that nobody gave."""
    with pytest.raises(ValidationError):
        _read(value)
