"""Which replicas have failed lately."""

import pytest

from axial.common.clients.suspects import Suspects

pytestmark = pytest.mark.unit


def test_suspicion_passes() -> None:
    """Who failed is suspected for five seconds, and again with the next failure; nobody else is."""
    now = 100.0
    suspects: Suspects[str] = Suspects(lambda: now)
    assert "one" not in suspects
    suspects.note("one")
    assert ("one" in suspects, "other" in suspects) == (True, False)
    now = 104.0
    suspects.note("one")
    now = 108.0
    assert "one" in suspects
    now = 109.5
    assert "one" not in suspects
