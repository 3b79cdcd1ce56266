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
        (301, None, Verdict.AWAY),
        (401, None, Verdict.AWAY),
        (403, None, Verdict.AWAY),
        (404, None, Verdict.AWAY),
        (408, None, Verdict.AWAY),
        (429, None, Verdict.AWAY),
        (500, None, Verdict.FAILED),
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
    [(200, None), (200, []), (200, {"ok": 1}), (204, None), (202, None), (200, {"Status": ["x"]})],
)
def test_success_in_words_that_are_not_orthancs(status: int, told: object) -> None:
    """A page that welcomes everybody with 200 has stored nothing; what was sent may be asked for."""
    outcome = of_orthanc(_answer(status, told))
    assert outcome.verdict is Verdict.AWAY
    assert outcome.is_doubtful


def test_whoever_asks_to_wait_is_heard() -> None:
    """Retry-After is handed on."""
    outcome = of_orthanc(_answer(503, headers={"retry-after": "17"}))
    assert outcome.retry_after_seconds == 17


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


@pytest.mark.parametrize(
    ("status", "told"), [(202, None), (204, None), (200, _sequence("00081199", _00081155="9.9"))]
)
def test_success_that_does_not_name_the_instance(status: int, told: object) -> None:
    """It is not believed, and may be asked for."""
    outcome = of_stow(_answer(status, told), "1.2")
    assert outcome.verdict is not Verdict.DELIVERED
    assert outcome.is_doubtful
