"""When whose turn is, and how fast blobs are read."""

import pytest

from axial.index.scrub.pace import Pass, Throttle, share_before

pytestmark = pytest.mark.unit


class Time:
    """A clock that goes on by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        """Tell the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += max(0.0, seconds)


def test_turns_are_spread_over_the_pass() -> None:
    """By the identifier alone: whatever comes or goes, a resource has its turn at the same time."""
    present = Pass(began_at=100.0, seconds=1000.0)
    assert present.due_at("") == 100.0
    assert present.due_at("80000000-00000000-00000000-00000000-00000000") == 600.0
    assert 1099.9 < present.due_at("ffffffff-ffffffff-ffffffff-ffffffff-ffffffff") < 1100.0
    assert present.ends_at == 1100.0
    assert share_before("40000000-12345678") == 0.25


async def test_no_more_passes_than_the_rate() -> None:
    """Over any time, however large the pieces; and what was not used before is not made up for."""
    time = Time()
    throttle = Throttle(1000, time.clock, time.sleep)
    for size_bytes in (1, 500, 4000, 499):
        await throttle.pass_through(size_bytes)
    assert time.now == pytest.approx(1005.0)
    await time.sleep(3600)
    started = time.now
    await throttle.pass_through(2000)
    assert time.now - started == pytest.approx(2.0)
