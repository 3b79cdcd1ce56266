"""Fallbacks of fallbacks: what is given up at one destination is somebody's to deliver still."""

from collections.abc import Callable

import pytest
from support.deliveries import Delivering, Replica, Reticent, modality, receiving, wanted

from axial.cli.ports import free_ports
from axial.common.testing.eventually import eventually
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.index_client import Outbound

pytestmark = pytest.mark.integration


def _to(name: str) -> Terms:
    return Terms(fallback=Fallback(modality(name), 1))


async def test_in_a_circle(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Destinations that fall back to each other, and are all away, lose nothing: the first that is back gets all."""
    outbounds = make(3)
    dead, gone = free_ports(2)
    async with delivering(A=dead, B=gone, C=dead) as replica:
        # At once: what is sent on to a destination that was not asked for yet would go no further.
        await replica.enqueue(
            [
                *wanted(outbounds, "A", terms=_to("B")),
                *wanted(outbounds[:2], "B", terms=_to("C")),
                *wanted(outbounds[:2], "C", terms=_to("A")),
            ]
        )
        await eventually(lambda: _are_diverted(replica))
        with receiving(destination()) as back:
            replica.known.ports |= dict.fromkeys("ABC", back.port)
            uids = {one.instance.sop_instance_uid for one in outbounds}
            await eventually(lambda: {one.sop_instance_uid for one in back.received} == uids)


async def _are_diverted(replica: Replica) -> bool:
    return (await replica.states())["diverted"] > 0
