"""What operators decide about deliveries holds, whoever else is at them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from support.deliveries import Delivering, Replica, Reticent, receiving, wanted

from axial.common.identifiers import ResourceId
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.database import DeliveryDatabase
from axial.router.deliveries.intake import forget
from axial.router.deliveries.selection import Selection
from axial.router.index_client import Outbound
from axial.router.parts import Parts
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

# What each delivery to a destination that refuses at once comes to before anybody looks.
_REFUSES_AT_ONCE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state = 'dead'; RETURN NEW; END $$;
CREATE TRIGGER refused BEFORE INSERT OR UPDATE ON deliveries
    FOR EACH ROW WHEN (NEW.state = 'due') EXECUTE FUNCTION refuse();
"""
_BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_HOUR = timedelta(hours=1)


def _blocked(parts: Parts, count: int) -> Callable[[], Awaitable[bool]]:
    """Tell whether so many wait for locks."""

    async def are() -> bool:
        return bool(await parts.pool.fetchval(_BLOCKED) == count)

    return are


async def test_replayed_once(delivering: Delivering, make: Callable[[int], list[Outbound]]) -> None:
    """Dead letters that are given up again at once are each replayed once, and the request comes to its end."""
    async with delivering() as replica:
        await replica.parts.pool.execute(_REFUSES_AT_ONCE)
        await replica.enqueue(wanted(make(3), "PACS"))
        async with asyncio.timeout(20):
            answer = await replica.client.post("/router/dead-letters/replay")
        assert answer.json() == {"Count": 3}
        await replica.until(dead=3)


async def test_decided_while_it_is_written(
    delivering: Delivering, make: Callable[[int], list[Outbound]], router_settings: RouterSettings
) -> None:
    """A dead letter that somebody else is just writing is waited for, then decided about; by two at once, by one."""
    async with delivering() as replica:
        await replica.enqueue(wanted(make(1), "PACS"))
        await replica.parts.pool.execute("UPDATE deliveries SET state = 'dead'")
        other = await connect(router_settings.database_url, "router")
        async with other.transaction():
            await other.execute("UPDATE deliveries SET rules = '{another}'")
            discarded = [
                asyncio.create_task(replica.client.post("/router/dead-letters/1/discard"))
                for _ in range(2)
            ]
            await eventually(_blocked(replica.parts, 2))
        await other.close()
        answers = await asyncio.gather(*discarded)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (row,) = await replica.until(discarded=1)
        assert row["rules"] == ["another"]


async def test_retried(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Who tries a destination again tries what waits there for its own sake, too."""
    with receiving(destination()) as pacs:
        async with delivering() as replica:
            await _put_off(replica, make(2), by=_HOUR)
            replica.known.ports["PACS"] = pacs.port
            path = "/router/destinations/modality/PACS/retry"
            assert (await replica.client.post(path)).is_success
            await replica.until(delivered=2)


async def test_the_clock_is_set_back(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """What was attempted at a time that is yet to come waits no longer than anything else."""
    with receiving(destination()) as pacs:
        async with delivering() as replica:
            await _put_off(replica, make(2), by=_HOUR, attempted_in=_HOUR)
            replica.known.ports["PACS"] = pacs.port
            await replica.until(delivered=2)


async def test_who_died_before_the_clock_was_set_back(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """A replica that was last heard of at a time that is yet to come is missed as soon as any other."""
    with receiving(destination()) as pacs:
        async with delivering() as replica:
            await replica.enqueue(wanted(make(2), "PACS"))
            await replica.parts.pool.execute(
                "WITH dead AS (INSERT INTO replicas (id, alive_at) VALUES ($1, now() + $2))"
                " UPDATE destinations SET replica = $1, open_until = NULL",
                uuid.uuid4(),
                _HOUR,
            )
            replica.known.ports["PACS"] = pacs.port
            await replica.until(delivered=2)


async def _put_off(
    replica: Replica,
    outbounds: list[Outbound],
    *,
    by: timedelta,
    attempted_in: timedelta = timedelta(0),
) -> None:
    """Have deliveries wait, and their destination, which is not known yet."""
    await replica.enqueue(wanted(outbounds, "PACS"))

    async def is_away(_: Any = None) -> bool:
        return bool(await replica.parts.pool.fetchval("SELECT failures FROM destinations"))

    await eventually(is_away)
    await replica.parts.pool.execute(
        "WITH away AS (UPDATE destinations SET open_until = now() + $1, attempted_at = now() + $2)"
        " UPDATE deliveries SET next_attempt_at = now() + $1, attempted_at = now() + $2",
        by,
        attempted_in,
    )


async def test_one_breaker_for_all_replicas(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """A destination that was away for one replica is not tried by another one until it is time."""
    outbounds = make(3)
    with receiving(destination()) as pacs, receiving(destination()) as other:
        async with delivering(PACS=pacs.port, OTHER=other.port) as replica:
            replica.parts.stopping.set()
            await replica.enqueue(wanted(outbounds, "PACS", "OTHER"))
            await replica.parts.pool.execute(
                "UPDATE destinations SET failures = 1, open_until = now() + $1 WHERE name = 'PACS'",
                _HOUR,
            )
            async with delivering(PACS=pacs.port, OTHER=other.port):
                await replica.until(delivered=3, due=3)
                assert not pacs.received
                await replica.parts.pool.execute("UPDATE destinations SET open_until = now()")
                await replica.parts.pool.execute("SELECT pg_notify('router', 'deliveries')")
                await replica.until(delivered=6)


async def test_forgotten_while_it_is_reduced(
    parts: Parts, make: Callable[[int], list[Outbound]], router_settings: RouterSettings
) -> None:
    """An instance that is deleted while its old delivery is reduced to a key is new when it comes again."""
    database = DeliveryDatabase(parts.pool, parts.presence.id, tells_exports=False)
    replica = Replica(parts, None, None)  # type: ignore[arg-type] # it delivers nothing
    outbounds = make(1)
    await replica.enqueue(wanted(outbounds, "PACS"))
    await parts.pool.execute(
        "UPDATE deliveries SET state = 'delivered', ended_at = now() - interval '31 days'"
    )
    other = await connect(router_settings.database_url, "router")
    async with other.transaction():
        # Reducing comes as far as the row, and forgetting must not pass it meanwhile.
        await other.execute("SELECT FROM deliveries FOR UPDATE")
        reducing = asyncio.create_task(database.reduce(30, 10))
        await eventually(_blocked(parts, 1))
        forgetting = asyncio.create_task(_forget(parts, outbounds[0]))
        await eventually(_blocked(parts, 2))
    await other.close()
    assert await reducing == 1
    await forgetting
    assert not await parts.pool.fetchval("SELECT count(*) FROM delivery_keys")
    await replica.enqueue(wanted(outbounds, "PACS"))
    assert await replica.states() == {"due": 1}


async def _forget(parts: Parts, outbound: Outbound) -> None:
    async with parts.pool.acquire() as connection, connection.transaction():
        await forget(connection, [ResourceId(outbound.instance.id)])  # type: ignore[arg-type] # what a pool lends is one


async def test_all_at_once(parts: Parts, make: Callable[[int], list[Outbound]]) -> None:
    """Several operators who decide about all dead letters at once decide about each one once."""
    replica = Replica(parts, None, None)  # type: ignore[arg-type] # it delivers nothing
    await replica.enqueue(wanted(make(40), "PACS"))
    await parts.pool.execute("UPDATE deliveries SET state = 'dead'")
    administration = Administration(parts.pool)
    counts = await asyncio.gather(
        *(administration.discard(Selection()) for _ in range(2)),
        *(administration.replay(Selection()) for _ in range(2)),
    )
    assert sum(counts) == 40
    states = await replica.states()
    assert (states["discarded"], states["due"]) == (sum(counts[:2]), sum(counts[2:]))


async def test_given_up_by_an_operator(
    delivering: Delivering, make: Callable[[int], list[Outbound]]
) -> None:
    """What is due at a destination that nobody will bring back becomes dead letters; at others nothing changes."""
    async with delivering() as replica:
        await replica.enqueue(wanted(make(3), "LOST", "PACS"))
        post = replica.client.post
        answer = await post("/router/destinations/modality/LOST/give-up")
        assert answer.json() == {"Count": 3}
        assert (await post("/router/destinations/modality/LOST/give-up")).json() == {"Count": 0}
        assert (await post("/router/destinations/peer/LOST/give-up")).status_code == 404
        rows = await replica.until(dead=3, due=3)
        assert {row["reason"].partition(":")[0].rstrip(".") for row in rows} == {
            "Given up by an operator",
            "",
        }
        await post("/router/dead-letters/discard")
        await replica.until(discarded=3, due=3)
