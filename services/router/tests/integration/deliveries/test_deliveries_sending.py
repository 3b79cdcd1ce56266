"""Deliveries reach modalities in order, once, whatever becomes of the modalities and of the replicas."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
import support.deliveries
from support.deliveries import Delivering, Replica, Reticent, Shelf, modality, receiving, wanted
from support.destinations import Destination

from axial.cli.ports import free_ports
from axial.common.testing.eventually import eventually
from axial.router.deliveries.wanted import Fallback, Terms
from axial.router.index_client import Outbound
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration


def _uids(outbounds: Sequence[Outbound]) -> list[str]:
    return [outbound.instance.sop_instance_uid for outbound in outbounds]


def _received(destination: Destination) -> list[str]:
    return [received.sop_instance_uid for received in destination.received]


async def test_in_order(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """More than a batch arrives once, in the order in which it was asked for; what is urgent first."""
    outbounds = make(70)
    with receiving(destination()) as pacs:
        async with delivering() as replica:
            urgent = wanted(outbounds[-1:], "PACS", terms=Terms(priority=1))
            await replica.enqueue([*wanted(outbounds[:-1], "PACS"), *urgent])
            replica.known.ports["PACS"] = pacs.port
            await eventually(lambda: _retry(replica, "PACS"))
            rows = await replica.until(delivered=70)
            assert _received(pacs) == _uids([outbounds[-1], *outbounds[:-1]])
            assert {(row["protocol"], row["status"]) for row in rows} == {("dimse", 0)}
            labels = {"kind": "modality", "destination": "PACS"}
            count = replica.metric(
                "axial_router_delivery_attempts_total", **labels, verdict="delivered"
            )
            assert count == 70
            assert replica.metric(
                "axial_router_delivery_duration_seconds_count", **labels
            ) == 70  # fmt: skip


async def _retry(replica: Replica, name: str) -> bool:
    answer = await replica.client.post(f"/router/destinations/modality/{name}/retry")
    return answer.status_code == 200


async def test_outage(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """A destination that takes nothing for a while holds everything, and then gets it in order; nobody dies of it."""
    outbounds = make(5)
    with receiving(destination(statuses=[0xA700] * 12 + [0])) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS", terms=Terms(maximum_attempts=2)))
            rows = await replica.until(delivered=5)
            assert _received(pacs) == _uids([outbounds[0]] * 12 + outbounds)
            assert [row["attempts"] for row in rows] == [0] * 5


async def test_statuses(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """What is refused is a dead letter at once, what fails is tried again, and the others go on meanwhile."""
    outbounds = make(5)
    with receiving(destination(statuses=[0xA900, 0xC000, 0xB000, 0])) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            rows = await replica.until(delivered=4, dead=1)
            refused, failed, warned, *_ = rows
            assert (refused["state"], refused["status"]) == ("dead", 0xA900)
            assert refused["reason"]
            assert (failed["attempts"], failed["status"]) == (1, 0)
            assert warned["status"] == 0xB000
            assert sorted(_received(pacs)[:5]) == sorted(_uids(outbounds))

            letters = (await replica.client.get("/router/dead-letters?modality=PACS")).json()
            assert [letter["ID"] for letter in letters["Deliveries"]] == [refused["id"]]
            answer = await replica.client.post(f"/router/dead-letters/{refused['id']}/replay")
            assert answer.json()["State"] in ("Due", "Sending", "Delivered")
            await replica.until(delivered=5)


@pytest.mark.parametrize("can_find", [True, False])
async def test_lost_answers(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    can_find: bool,  # noqa: FBT001 - a parameter
) -> None:
    """An answer that was lost is asked for; who cannot be asked may get it twice, and that is counted."""
    outbounds = make(4)
    with receiving(destination(aborts_at=frozenset({1}), can_find=can_find)) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            rows = await replica.until(delivered=4)
            times = 1 if can_find else 2
            assert Counter(_received(pacs))[_uids(outbounds)[1]] == times
            assert len(pacs.received) == 3 + times
            assert [row["is_duplicate"] for row in rows].count(True) == times - 1
            assert replica.metric(
                "axial_router_delivery_duplicates_total", kind="modality", destination="PACS"
            ) == times - 1  # fmt: skip


async def test_nobody_waits_for_another(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """A destination that keeps silent, and one that is not there, delay no other."""
    outbounds = make(20)
    (nobody,) = free_ports(1)
    silent = destination(silent_at=frozenset({0}))
    with receiving(silent), receiving(destination()) as fine:
        async with delivering(SILENT=silent.port, FINE=fine.port, DEAD=nobody) as replica:
            await replica.enqueue(wanted(outbounds, "SILENT", "DEAD", "FINE"))
            await eventually(lambda: len(silent.received) == 1)
            await eventually(lambda: _received(fine) == _uids(outbounds))
            # Not a word from the others until here.
            assert len(silent.received) == 1
            standings = (await replica.client.get("/router/destinations")).json()
            away = {one["Destination"]["Modality"]: one["Away"] for one in standings}
            assert away == {"SILENT": False, "DEAD": True, "FINE": False}
            silent.speak.set()
            await eventually(lambda: _received(silent) == _uids(outbounds))
            await replica.until(delivered=40, due=20)


async def test_two_replicas(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Two replicas share the destinations: each gets everything once, in order."""
    outbounds = make(20)
    with receiving(destination(can_find=True)) as one, receiving(destination(can_find=True)) as two:
        ports = {"ONE": one.port, "TWO": two.port}
        async with delivering(**ports) as replica, delivering(**ports):
            for outbound in outbounds:
                await replica.enqueue(wanted([outbound], "ONE", "TWO"))
            await replica.until(delivered=40)
            assert _received(one) == _received(two) == _uids(outbounds)


async def test_killed(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    router_settings: RouterSettings,
    shelf: Shelf,
) -> None:
    """A replica that is killed in the middle is succeeded by another: all arrive, none twice."""
    outbounds = make(120)
    with receiving(destination(can_find=True)) as pacs:
        ports = {"PACS": pacs.port}
        async with delivering(**ports) as replica:
            replica.parts.stopping.set()  # it leaves it to the other
            await replica.enqueue(wanted(outbounds, "PACS"))
            other = await asyncio.create_subprocess_exec(
                sys.executable,
                str(support.deliveries.__file__),
                router_settings.database_url,
                str(shelf.folder),
                json.dumps(ports),
                env={"PYTHONPATH": str(Path(support.deliveries.__file__).parents[1])},
            )
            try:
                await eventually(lambda: len(pacs.received) >= 30)
            finally:
                other.kill()
                await other.wait()
            assert (await replica.states())["sending"] > 0
            replica.parts.stopping.clear()
            await replica.until(delivered=120)
            assert Counter(_received(pacs)) == Counter(_uids(outbounds))
            assert _received(pacs) == _uids(outbounds)


async def test_stopped(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Whoever is asked to stop finishes what is in hand, and gives the rest back without any doubt."""
    outbounds = make(5)
    with receiving(destination(silent_at=frozenset({1}))) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            await eventually(lambda: len(pacs.received) == 2)
            replica.parts.stopping.set()
            pacs.speak.set()
            rows = await replica.until(delivered=2, due=3)
            assert not any(row["is_doubtful"] for row in rows)
            assert len(pacs.received) == 2


async def test_postgres_interrupted(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """Connections to Postgres that break cost time: what was sent is remembered until it is written down."""
    outbounds = make(40)
    with receiving(destination(silent_at=frozenset({3}))) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            await eventually(lambda: len(pacs.received) == 4)
            await replica.parts.pool.expire_connections()
            await replica.parts.pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            pacs.speak.set()
            await replica.until(delivered=40)
            assert _received(pacs) == _uids(outbounds)


async def test_fallback(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """After failures in a row everything goes to the fallback, in order, and is told so."""
    outbounds = make(6)
    (nobody,) = free_ports(1)
    terms = Terms(fallback=Fallback(modality("SPARE"), 2))
    with receiving(destination()) as spare:
        async with delivering(DEAD=nobody, SPARE=spare.port) as replica:
            await replica.enqueue(wanted(outbounds, "DEAD", terms=terms))
            await replica.until(diverted=6, delivered=6)
            assert sorted(_received(spare)) == sorted(_uids(outbounds))
            assert spare.received[0].sop_instance_uid == _uids(outbounds)[0]


async def test_given_up(delivering: Delivering, make: Callable[[int], list[Outbound]]) -> None:
    """What was to be there by now is a dead letter, while its destination is away too; it may be discarded."""
    (nobody,) = free_ports(1)
    async with delivering(DEAD=nobody) as replica:
        await replica.enqueue(wanted(make(2), "DEAD", terms=Terms(give_up_after_seconds=3600)))
        await replica.enqueue(wanted(make(1), "ELSEWHERE"))
        await replica.until(due=3)
        await replica.parts.pool.execute("UPDATE deliveries SET give_up_at = now() WHERE id <= 2")
        rows = await replica.until(due=1, dead=2)
        assert all(row["reason"].startswith("Not delivered in time") for row in rows[:2])
        assert rows[2]["reason"] == ""

        body = json.dumps({"Modality": "DEAD"})
        answer = await replica.client.post("/router/dead-letters/discard", content=body)
        assert answer.json() == {"Count": 2}
        again = await replica.client.post("/router/dead-letters/1/replay")
        assert again.status_code == 409
        await replica.until(due=1, discarded=2)
        standings = (await replica.client.get("/router/destinations")).json()
        assert [
            one["Reason"] for one in standings if one["Destination"]["Modality"] == "ELSEWHERE"
        ] == ["This destination is not known."]


async def test_instance_gone(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
    shelf: Shelf,
) -> None:
    """An instance that is not here any more ends by itself."""
    outbounds = make(3)
    (shelf.folder / outbounds[1].instance.id).unlink()
    with receiving(destination()) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            rows = await replica.until(delivered=2, gone=1)
            assert rows[1]["reason"] == "The instance is not here any more."


async def test_dead_for_a_while(
    delivering: Delivering,
    make: Callable[[int], list[Outbound]],
    destination: Callable[..., Reticent],
) -> None:
    """A replica that was taken for dead sends nothing more of what it had in hand, though it is alive again."""
    outbounds = make(4)
    with receiving(destination(silent_at=frozenset({1}))) as pacs:
        async with delivering(PACS=pacs.port) as replica:
            await replica.enqueue(wanted(outbounds, "PACS"))
            await eventually(lambda: len(pacs.received) == 2)
            presence, pool = replica.parts.presence, replica.parts.pool
            await presence.leave()
            # Somebody who lives takes over.
            await pool.execute("INSERT INTO replicas (id) VALUES ($1)", other := uuid4())
            await pool.execute("UPDATE destinations SET replica = $1", other)
            await pool.execute("UPDATE deliveries SET replica = $1 WHERE state = 'sending'", other)
            await presence.keep()
            pacs.speak.set()

            async def is_heard() -> bool:
                labels = {"kind": "modality", "destination": "PACS", "verdict": "delivered"}
                return replica.metric("axial_router_delivery_attempts_total", **labels) == 2

            await eventually(is_heard)
    assert _received(pacs) == _uids(outbounds[:2])
