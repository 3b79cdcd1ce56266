"""What answers over HTTP mean for an instance that was sent."""

import json
from typing import Any

import pytest

from axial.router.destinations.http_servers import Answer
from axial.router.destinations.http_verdicts import of_orthanc
from axial.router.destinations.port import Verdict
from axial.router.destinations.stow_verdicts import of_stow

pytestmark = pytest.mark.unit


def _answer(status: int, told: object = None, headers: dict[str, str] | None = None) -> Answer:
    content = b"" if told is None else json.dumps(told).encode()
    return Answer(status, headers or {}, content)


@pytest.mark.parametrize(
    ("status", "told", "verdict"),
    [
        (200, {"Status": "Success"}, Verdict.DELIVERED),
        (200, {"Status": "AlreadyStored"}, Verdict.DELIVERED),
        (200, {"Status": "FilteredOut"}, Verdict.REFUSED),
        (202, {"Status": "Accepted", "Sequence": 7}, Verdict.DELIVERED),
        (400, None, Verdict.REFUSED),
        (413, None, Verdict.REFUSED),
        (415, None, Verdict.REFUSED),
        (421, None, Verdict.AWAY),
        (426, None, Verdict.AWAY),
        (301, None, Verdict.AWAY),
        (401, None, Verdict.AWAY),
        (403, None, Verdict.AWAY),
        (404, None, Verdict.AWAY),
        (405, None, Verdict.AWAY),
        (406, None, Verdict.AWAY),
        (407, None, Verdict.AWAY),
        (409, None, Verdict.REFUSED),
        (408, None, Verdict.AWAY),
        (429, None, Verdict.AWAY),
        (500, None, Verdict.FAILED),
        (500, {"OrthancStatus": 15}, Verdict.FAILED),
        (500, {"OrthancStatus": 19}, Verdict.AWAY),
        (503, None, Verdict.AWAY),
        (507, None, Verdict.AWAY),
    ],
)
def test_an_orthancs_answers(status: int, told: object, verdict: Verdict) -> None:
    """Refused for good, failed this once, or nobody there: told apart by the status, success by its words."""
    outcome = of_orthanc(_answer(status, told))
    assert (outcome.verdict, outcome.protocol, outcome.status) == (verdict, "http", status)
    assert not outcome.is_doubtful
    assert bool(outcome.reason) == (verdict is not Verdict.DELIVERED)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, None),
        (200, []),
        (200, {"ok": 1}),
        (204, None),
        (202, None),
        (200, {"Status": ["x"]}),
        (200, {"Status": "Success", "ID": float("nan")}),
    ],
)
def test_success_in_words_that_are_not_orthancs(status: int, told: object) -> None:
    """A page that welcomes everybody with 200 has stored nothing; what was sent may be asked for."""
    outcome = of_orthanc(_answer(status, told))
    assert outcome.verdict is Verdict.AWAY
    assert outcome.is_doubtful


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_asks_to_wait_is_heard(status: int) -> None:
    """Retry-After is handed on."""
    answer = _answer(status, headers={"retry-after": "17"})
    for outcome in (of_orthanc(answer), of_stow(answer, "1.2")):
        assert (outcome.verdict, outcome.retry_after_seconds) == (Verdict.AWAY, 17)


def _sequence(tag: str, **elements: object) -> dict[str, Any]:
    item = {name[1:]: {"vr": "US", "Value": [value]} for name, value in elements.items()}
    return {tag: {"vr": "SQ", "Value": [item]}}


def _failed(reason: int) -> dict[str, Any]:
    return _sequence("00081198", _00081155="1.2", _00081197=reason)


_STORED = _sequence("00081199", _00081155="1.2")


@pytest.mark.parametrize(
    ("status", "told", "verdict"),
    [
        (200, _STORED, Verdict.DELIVERED),
        (200, None, Verdict.DELIVERED),
        (202, _STORED, Verdict.DELIVERED),
        (202, [_STORED], Verdict.DELIVERED),
        (409, _failed(0x0110), Verdict.FAILED),
        (409, _failed(0xC000), Verdict.FAILED),
        (409, _failed(0xA700), Verdict.AWAY),
        (409, _failed(0xA900), Verdict.REFUSED),
        (409, _failed(0x0122), Verdict.REFUSED),
        (409, _failed(0x0124), Verdict.AWAY),
        (406, None, Verdict.AWAY),
        (200, {"00081190": {"vr": "UR", "Value": ["http://a/studies/1"]}}, Verdict.DELIVERED),
        (409, _failed(45070), Verdict.DELIVERED),
        (409, _failed(0x0111), Verdict.DELIVERED),
        (202, _failed(0xA900), Verdict.REFUSED),
        (200, _failed(0xA900), Verdict.REFUSED),
        (409, None, Verdict.FAILED),
        (415, None, Verdict.REFUSED),
        (401, None, Verdict.AWAY),
        (503, None, Verdict.AWAY),
    ],
)
def test_a_dicomweb_servers_answers(status: int, told: object, verdict: Verdict) -> None:
    """Each instance's own failure counts, whatever the status; that it is there already is as good as stored."""
    outcome = of_stow(_answer(status, told), "1.2")
    assert (outcome.verdict, outcome.status) == (verdict, status)


def _xml(tag: str, **elements: object) -> bytes:
    """Write a sequence of one item in the Native DICOM Model."""
    attributes = "".join(
        f'<DicomAttribute tag="{name[1:]}" vr="{"US" if isinstance(value, int) else "UI"}">'
        f'<Value number="1">{value}</Value></DicomAttribute>'
        for name, value in elements.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">'
        f'<DicomAttribute tag="{tag}" vr="SQ"><Item number="1">{attributes}</Item></DicomAttribute>'
        "</NativeDicomModel>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "content", "verdict"),
    [
        (200, _xml("00081199", _00081155="1.2"), Verdict.DELIVERED),
        (202, b"\xef\xbb\xbf" + _xml("00081199", _00081155="1.2"), Verdict.DELIVERED),
        (202, _xml("00081198", _00081155="1.2", _00081197=0xA900), Verdict.REFUSED),
        (409, _xml("00081198", _00081155="1.2", _00081197=0xA700), Verdict.AWAY),
        (409, _xml("00081198", _00081155="1.2", _00081197=0xB00E), Verdict.DELIVERED),
        (409, b"<html>", Verdict.FAILED),
    ],
)
def test_a_dicomweb_servers_answers_in_xml(status: int, content: bytes, verdict: Verdict) -> None:
    """The Native DICOM Model, which many write although JSON is asked for, means the same."""
    outcome = of_stow(Answer(status, {}, content), "1.2")
    assert (outcome.verdict, outcome.status) == (verdict, status)


_BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><NativeDicomModel>&b;</NativeDicomModel>'
)


@pytest.mark.parametrize(
    "content",
    [
        b"welcome",
        b"<!DOCTYPE html><html><body>welcome</body></html>",
        b"<html><body>welcome</body></html>",
        b"<NativeDicomModel>",
        b'<?xml version="1.0" encoding="none"?><NativeDicomModel/>',
        _BOMB,
        b'{"ok": true}',
        b'"welcome"',
        b"[{}, {}]",
    ],
)
def test_success_in_words_that_are_not_of_dicom(content: bytes) -> None:
    """A page that welcomes everybody with 200 has stored nothing, and what is not safe to read is not read."""
    outcome = of_stow(Answer(200, {}, content), "1.2")
    assert outcome.verdict is Verdict.AWAY
    assert outcome.is_doubtful


def test_sequences_without_an_end_are_read_to_some_depth() -> None:
    """Whoever nests them ten thousand times breaks nothing."""
    opening = b'<DicomAttribute tag="00081199" vr="SQ"><Item>'
    closing = b"</Item></DicomAttribute>"
    nested = b"<NativeDicomModel>" + opening * 10_000 + closing * 10_000 + b"</NativeDicomModel>"
    assert of_stow(Answer(200, {}, nested), "1.2").verdict is Verdict.AWAY


@pytest.mark.parametrize(
    ("status", "told"), [(202, None), (204, None), (200, _sequence("00081199", _00081155="9.9"))]
)
def test_success_that_does_not_name_the_instance(status: int, told: object) -> None:
    """It is not believed, and may be asked for."""
    outcome = of_stow(_answer(status, told), "1.2")
    assert outcome.verdict is not Verdict.DELIVERED
    assert outcome.is_doubtful
