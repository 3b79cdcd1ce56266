"""What clients send to change a setting, read as Orthanc reads it."""

from typing import get_args

import pytest

from axial.common.errors import BadFormat, BadParameter
from axial.common.events import SettingChanged, SettingName
from axial.common.runtime.bodies import Value, read_value
from axial.common.runtime.catalogue import STORAGE_SOP_CLASSES, TRANSFER_SYNTAXES

pytestmark = pytest.mark.unit

_SYNTAXES: SettingName = "accepted-transfer-syntaxes"
_IMPLICIT = "1.2.840.10008.1.2"
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_ORTHANCS = (*range(50, 67), 70, 80, 81, *range(90, 96), *range(100, 109))
_VALUES: list[tuple[SettingName, bytes, Value]] = [
    ("default-encoding", b"Utf8", "Utf8"),
    ("default-encoding", b"wINDOWS1251", "Windows1251"),
    ("metrics", b"1", True),
    ("metrics", b" 0\n", False),
    ("unknown-sop-class-accepted", b"true", True),
    ("unknown-sop-class-accepted", b"false", False),
    ("log-level", b"trace", "trace"),
    ("log-level-http", b"verbose", "verbose"),
    (_SYNTAXES, b"*", TRANSFER_SYNTAXES),
    (_SYNTAXES, b"1.2.840.10008.1.2", (_IMPLICIT,)),
    (_SYNTAXES, b'"1.2.840.10008.1.2"', (_IMPLICIT,)),
    (_SYNTAXES, b'["1.2.840.10008.1.2.4.8?", "1.2.840.10008.1.2"]', (_IMPLICIT, *_JPEG_LS)),
    # Orthanc leaves out what it does not know, too, down to nothing.
    (_SYNTAXES, b'["1.2.3"]', ()),
    (_SYNTAXES, b"[]", ()),
    (_SYNTAXES, b"", ()),
]
_REFUSALS: list[tuple[SettingName, bytes, type[Exception]]] = [
    ("default-encoding", b"nope", BadParameter),
    ("default-encoding", b"Latin1\n", BadParameter),
    ("default-encoding", b"", BadParameter),
    ("metrics", b"True", BadFormat),
    ("metrics", b"", BadFormat),
    ("unknown-sop-class-accepted", b"\xff", BadFormat),
    ("log-level", b"VERBOSE", BadParameter),
    ("log-level-dicom", b"verbose\n", BadParameter),
    (_SYNTAXES, b"[1]", BadFormat),
    (_SYNTAXES, b"{}", BadFormat),
    (_SYNTAXES, b"null", BadFormat),
    (_SYNTAXES, b"[bad", BadFormat),
    (_SYNTAXES, b"[" * 50_000, BadFormat),
]


@pytest.mark.parametrize(("name", "body", "value"), _VALUES)
def test_values(name: SettingName, body: bytes, value: Value) -> None:
    """Each is what the event of the change takes."""
    assert read_value(name, body) == value
    assert SettingChanged(name=name, value=value).value == value


@pytest.mark.parametrize(("name", "body", "error"), _REFUSALS, ids=lambda each: str(each)[:20])
def test_refusals(name: SettingName, body: bytes, error: type[Exception]) -> None:
    """What Orthanc refuses is refused, with its error."""
    with pytest.raises(error):
        read_value(name, body)


def test_an_event_refuses_another_settings_value() -> None:
    """No process can meet a value that it would not know what to do with."""
    for name in get_args(SettingName):
        with pytest.raises(ValueError, match="not a value of"):
            SettingChanged(name=name, value=() if name != _SYNTAXES else True)


def test_the_catalogue_is_orthancs() -> None:
    """All that Orthanc 1.10.1 lists is known here, in its order; so is what is stored most."""
    last = [
        "",
        ".1",
        ".1.99",
        ".2",
        *(f".4.{number}" for number in _ORTHANCS),
        ".5",
        ".6.1",
        ".6.2",
    ]
    orthancs = [f"1.2.840.10008.1.2{numbers}" for numbers in last]
    assert [uid for uid in TRANSFER_SYNTAXES if uid in orthancs] == orthancs
    assert {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"} <= set(STORAGE_SOP_CLASSES)
    # A directory is no instance, and commitment no storage.
    assert not {"1.2.840.10008.1.3.10", "1.2.840.10008.1.20.1"} & set(STORAGE_SOP_CLASSES)
