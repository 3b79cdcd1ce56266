"""A destination stays in hand while instances come one by one."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx2
import pytest
from support.deliveries import Replica, Reticent, Shelf, known, receiving, wanted

from axial.router.deliveries.delivery import Patience
from axial.router.deliveries.opening import open_deliveries
from axial.router.index_client import Outbound
from axial.router.parts import Parts

pytestmark = pytest.mark.integration

# Notes whenever somebody takes a destination in hand, or lets go of it.
_NOTING = """
CREATE TABLE takings (replica uuid);
CREATE FUNCTION note_taking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO takings VALUES (NEW.replica);
    RETURN NULL;
END $$;
CREATE TRIGGER noting AFTER UPDATE ON destinations FOR EACH ROW
    WHEN (OLD.replica IS DISTINCT FROM NEW.replica) EXECUTE FUNCTION note_taking();
"""


async def test_one_by_one(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]],
    asking: Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]],
    shelf: Shelf,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """It is taken for the first one and kept for the others; a stop does not wait for more, and lets go of it."""
    patience = Patience(longest_idle=3600.0)
    with receiving(destination()) as pacs:
        async with (
            open_parts() as parts,
            known(shelf, {"PACS": pacs.port}, parts.configuration) as destinations,
        ):
            await parts.pool.execute(_NOTING)
            async with (
                open_deliveries(parts, destinations.all, patience) as routes,
                asking(routes) as client,
            ):
                replica = Replica(parts, destinations, client)
                for count, outbound in enumerate(make(3), start=1):
                    await replica.enqueue(wanted([outbound], "PACS"))
                    await replica.until(delivered=count)
            takings = await parts.pool.fetch("SELECT replica FROM takings")
    assert [row["replica"] for row in takings] == [parts.presence.id, None]
