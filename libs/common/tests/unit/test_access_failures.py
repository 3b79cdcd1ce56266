"""How long whoever guesses has to wait."""

import pytest

from axial.common.access.failures import Failures

pytestmark = pytest.mark.unit


class Clock:
    """Time that passes when told."""

    now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_addresses_of_one_network_count_as_one() -> None:
    """Who has a network of IPv6 has more addresses than there are guesses; an IPv4 address is one, however written."""
    failures = Failures(Clock())
    told = [failures.note(f"2001:db8:1:2::{number:x}") for number in range(10)]
    assert told == [False] * 9 + [True]
    assert failures.wait_seconds("2001:db8:1:2:ffff::1") == 60
    assert failures.wait_seconds("2001:db8:1:3::1") == 0
    for number in range(10):
        failures.note("192.0.2.1" if number % 2 else "::ffff:192.0.2.1")
    assert failures.wait_seconds("192.0.2.1") == 60
    assert failures.wait_seconds("192.0.2.2") == 0


def test_a_minute_later_all_is_forgotten() -> None:
    """Nine failures a minute are never too many."""
    clock = Clock()
    failures = Failures(clock)
    for _ in range(5):
        for _ in range(9):
            assert not failures.note("192.0.2.1")
        assert failures.wait_seconds("192.0.2.1") == 0
        clock.now += 60


def test_memory_is_bounded() -> None:
    """However many addresses fail, the newest few thousand are remembered."""
    failures = Failures(Clock())
    for _ in range(10):
        failures.note("first")
    assert failures.wait_seconds("first") == 60
    for number in range(10_000):
        failures.note(f"10.0.{number // 256}.{number % 256}")
    assert failures.wait_seconds("first") == 0
    assert len(failures) == 4096
