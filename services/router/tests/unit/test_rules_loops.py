"""What came from where."""

from dataclasses import replace

import pytest
from support.routing import facts

from axial.router.rules.facts import Facts
from axial.router.rules.loops import Whereabouts, came_from

pytestmark = pytest.mark.unit

BY_DICOM = facts()
BY_REST = replace(facts(), origin="RestApi", remote_aet="", called_aet="", remote_ip="192.0.2.7")


@pytest.mark.parametrize(
    ("of", "destination", "strict", "verdict"),
    [
        (BY_DICOM, Whereabouts(aet="CT1"), False, True),
        (BY_DICOM, Whereabouts(aet=" ct1 "), False, True),
        (BY_DICOM, Whereabouts(aet="ct1"), True, False),
        (BY_DICOM, Whereabouts(aet="CT1 "), True, True),
        (BY_DICOM, Whereabouts(aet="CT11"), False, False),
        # Somebody who has no title has not sent it by DICOM.
        (BY_REST, Whereabouts(aet="CT1"), False, False),
        # A modality at the peer's address is not the peer.
        (BY_DICOM, Whereabouts(addresses=frozenset({"10.1.2.3"})), False, False),
        (BY_REST, Whereabouts(addresses=frozenset({"192.0.2.7"})), False, True),
        (BY_REST, Whereabouts(addresses=frozenset({"192.0.2.8", "::ffff:192.0.2.7"})), False, True),
        (BY_REST, Whereabouts(addresses=frozenset({"192.0.2.8"})), False, False),
        (BY_REST, Whereabouts(), False, False),
        # Everybody on this machine has a loopback address, and an old event may lack one.
        (
            replace(BY_REST, remote_ip="127.0.0.1"),
            Whereabouts(addresses=frozenset({"127.0.0.1"})),
            False,
            False,
        ),
        # Whoever has a user here is told by it, wherever it sends from; and nobody else is taken for it.
        (
            replace(BY_REST, remote_ip="127.0.0.1", http_username="far"),
            Whereabouts(http_username="far"),
            False,
            True,
        ),
        (
            replace(BY_REST, http_username="near"),
            Whereabouts(http_username="far", addresses=frozenset({"192.0.2.7"})),
            False,
            False,
        ),
        (BY_REST, Whereabouts(http_username="far"), False, False),
        (replace(BY_DICOM, http_username="far"), Whereabouts(http_username="far"), False, False),
        (replace(BY_REST, remote_ip=""), Whereabouts(addresses=frozenset({""})), False, False),
        (
            replace(BY_REST, remote_ip="2001:db8::1"),
            Whereabouts(addresses=frozenset({"2001:db8:0:0::1"})),
            False,
            True,
        ),
    ],
)
def test_came_from(of: Facts, destination: Whereabouts, strict: bool, verdict: bool) -> None:  # noqa: FBT001 - columns of the table
    """An instance came from the modality whose title it bears, or from the peer that has its user, or its address."""
    assert came_from(of, destination, strict_aets=strict) is verdict
