"""The connection to NATS: whenever it is given up, nothing of it is left."""

import asyncio
import gc

import pytest

from axial.common.nats import open_nats

pytestmark = pytest.mark.integration

_ATTEMPTS = 300
_CANCEL_AGAIN_SECONDS = 0.1


async def test_cancelled_at_any_moment_it_leaves_no_socket(nats_url: str) -> None:
    """A service that stops while it starts lets go of what it had begun; the garbage collector finds nothing."""

    async def stay() -> None:
        async with open_nats(nats_url, "test"):
            await asyncio.Event().wait()

    for attempt in range(_ATTEMPTS):
        staying = asyncio.create_task(stay())
        # So many turns of the loop into connecting.
        for _ in range(attempt % 60):
            await asyncio.sleep(0)
        while not staying.done():
            staying.cancel()
            await asyncio.wait({staying}, timeout=_CANCEL_AGAIN_SECONDS)
    # What was left open would warn here, and warnings are errors.
    gc.collect()
