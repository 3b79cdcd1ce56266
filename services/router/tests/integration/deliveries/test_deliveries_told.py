"""What operators are told of deliveries, and the log of exports."""

from collections.abc import Callable

import pytest
from support.deliveries import Delivering, Reticent, receiving, wanted

from axial.common.configuration import Configuration
from axial.common.event_log import EventLog
from axial.common.events import ResourceExported
from axial.common.recorded import LogSequence
from axial.common.testing.eventually import eventually
from axial.router.index_client import Outbound

pytestmark = pytest.mark.integration


@pytest.fixture
def configuration() -> Configuration:
    """Want exports to be told."""
    return Configuration(LogExportedResources=True)


async def test_exports(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    log: EventLog,
) -> None:
    """Each instance that was delivered is told once, none that was refused, none twice when somebody tells again."""
    outbounds = make(4)
    with receiving(destination(statuses=[0, 0xA900, 0])) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            await replica.until(delivered=3, dead=1)

            async def all_told() -> bool:
                untold = "SELECT count(*) FROM deliveries WHERE is_to_tell"
                return not await replica.parts.pool.fetchval(untold)

            await eventually(all_told)
            await replica.parts.pool.execute("UPDATE deliveries SET is_to_tell = true WHERE id = 1")
            await replica.parts.pool.execute("SELECT pg_notify('router', 'ended')")
            await eventually(all_told)
    async with log.read(LogSequence(0), ResourceExported) as reader:
        told = [recorded.event for recorded in await reader.next_batch(100, 1.0)]
    assert {
        (event.resource_id, event.remote_modality)
        for event in told
        if isinstance(event, ResourceExported)
    } == {(outbounds[place].instance.id, "PACS") for place in (0, 2, 3)}
    assert len(told) == 3


async def test_lists(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Deliveries are listed page by page, by what is asked for; destinations with their counts; figures agree."""
    outbounds = make(3)
    with receiving(destination(statuses=[0, 0, 0xA900])) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(
                [*wanted(outbounds, "PACS", rule="a"), *wanted(outbounds[:1], "B", rule="b")]
            )
            await replica.until(delivered=2, dead=1, due=1)
            get = replica.client.get

            page = (await get("/router/deliveries?limit=3")).json()
            assert (len(page["Deliveries"]), page["Last"], page["Done"]) == (3, 3, False)
            rest = (await get("/router/deliveries?limit=3&since=3")).json()
            assert (len(rest["Deliveries"]), rest["Last"], rest["Done"]) == (1, 4, True)

            for query, ids in {
                "state=delivered": [1, 2],
                "modality=B": [4],
                "peer=B": [],
                "rule=a&state=Dead": [3],
                f"instance={outbounds[0].instance.id}": [1, 4],
            }.items():
                found = (await get(f"/router/deliveries?{query}")).json()["Deliveries"]
                assert [one["ID"] for one in found] == ids, query
            one = (await get("/router/deliveries/3")).json()
            assert one["Destination"] == {"Modality": "PACS"}
            assert (one["State"], one["Status"], one["Protocol"]) == ("Dead", 0xA900, "dimse")
            assert (await get("/router/deliveries/99")).status_code == 404
            assert (await get("/router/deliveries/x")).status_code == 404
            assert (await get("/router/deliveries?state=x")).status_code == 400
            assert (await get("/router/deliveries?rule=%00")).status_code == 400
            for path in (
                "/router/destinations/modality/X/retry",
                "/router/destinations/modality/%00/retry",
                "/router/destinations/fax/B/retry",
                "/router/dead-letters/99/replay",
            ):
                assert (await replica.client.post(path)).status_code == 404

            b, pacs_standing = (await get("/router/destinations")).json()
            assert (b["Destination"], b["Away"]) == ({"Modality": "B"}, True)
            assert b["OldestAgeSeconds"] > 0
            counts = {state: count for state, count in pacs_standing["Deliveries"].items() if count}
            assert counts == {"Delivered": 2, "Dead": 1}
            assert pacs_standing["DeliveredLastMinute"] == 2

            async def shown() -> None:
                labels = {"kind": "modality", "destination": "PACS"}
                shown = {
                    state: replica.metric("axial_router_deliveries", **labels, state=state)
                    for state in ("delivered", "dead", "due")
                }
                assert shown == {"delivered": 2, "dead": 1, "due": 0}
                assert replica.metric(
                    "axial_router_destination_away", kind="modality", destination="B"
                ) == 1  # fmt: skip
                rows = await replica.parts.pool.fetch("SELECT FROM delivery_counts")
                assert len(rows) == 3

            await eventually(shown)
