"""What each status of a C-STORE means."""

import pytest

from axial.router.destinations.dimse_verdicts import outcome_of
from axial.router.destinations.port import Verdict

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0x0000, Verdict.DELIVERED),
        (0x0107, Verdict.DELIVERED),
        (0x0111, Verdict.DELIVERED),
        (0xB000, Verdict.DELIVERED),
        (0xB006, Verdict.DELIVERED),
        (0xBFFF, Verdict.DELIVERED),
        (0x0117, Verdict.REFUSED),
        (0x0122, Verdict.REFUSED),
        (0x0124, Verdict.REFUSED),
        (0x0211, Verdict.REFUSED),
        (0xA900, Verdict.REFUSED),
        (0xA9FF, Verdict.REFUSED),
        (0x0110, Verdict.FAILED),
        (0xA800, Verdict.FAILED),
        (0xC000, Verdict.FAILED),
        (0xCFFF, Verdict.FAILED),
        (0xFE00, Verdict.FAILED),
        (0xFF00, Verdict.FAILED),
        (0x1234, Verdict.FAILED),
        (0xA700, Verdict.AWAY),
        (0xA7FF, Verdict.AWAY),
        (0x0213, Verdict.AWAY),
    ],
)
def test_each_status(status: int, verdict: Verdict) -> None:
    """It is kept with what it means; only success is without a word."""
    outcome = outcome_of(status, "CT")
    assert (outcome.verdict, outcome.protocol, outcome.status) == (verdict, "dimse", status)
    assert bool(outcome.reason) is (status != 0)
    assert not outcome.is_doubtful


def test_a_failure_is_told_in_orthancs_words() -> None:
    """Scripts look for them."""
    told = outcome_of(0xC001, "CT").reason
    assert told == 'C-STORE SCU to AET "CT" has failed with DIMSE status 0xC001'
