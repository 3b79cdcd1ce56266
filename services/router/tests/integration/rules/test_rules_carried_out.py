"""Each change makes its deliveries once, by the rules that were acknowledged before it."""

from collections.abc import Sequence
from functools import partial

import pytest
from support.archive import Archive
from support.routing import Doors, OpenReplica, Replica, blocked

from axial.common.events import InstanceReceived, ResourceDeletionRequested
from axial.common.identifiers import Level, ResourceIds, resource_ids
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.common.testing.facts import instance_received

pytestmark = pytest.mark.integration


def ids(number: int, series: int = 1) -> ResourceIds:
    """Name an instance."""
    return resource_ids("P", "1", f"1.{series}", f"1.{series}.{number}")


def arrival(number: int, series: int = 1, content: str = "first", **tags: str) -> InstanceReceived:
    """Let an instance come, or come again with other bytes."""
    return instance_received(
        study="1",
        series=f"1.{series}",
        instance=f"1.{series}.{number}",
        content=f"{series}.{number} {content}",
        overwrite="always",
        **tags,  # type: ignore[arg-type] # none is `stored_at`
    )


async def test_what_comes_after_a_rule(archive: Archive, open_replica: OpenReplica) -> None:
    """What was there before is not sent, what comes then is, once for each file; what was deleted is new again."""
    await archive.project(arrival(1))
    async with open_replica() as replica:
        await replica.put("all")
        await archive.project(arrival(2), arrival(3, Modality="SR"))
        two, three = (("pacs", ids(number).instance, ["all"]) for number in (2, 3))
        await eventually(lambda: _are(replica, [(*two, "due"), (*three, "due")]))
        # Another file of an instance takes the place of the one that waits, the same file again does nothing.
        await archive.project(arrival(2, content="second"), arrival(2, content="second"))
        replaced = [(*two, "gone"), (*three, "due"), (*two, "due")]
        await eventually(lambda: _are(replica, replaced))
        # Deleted and sent again: it is routed again.
        await archive.project(ResourceDeletionRequested(resource_id=ids(3).instance))
        deleted = [(*two, "gone"), (*three, "gone"), (*two, "due")]
        await eventually(lambda: _are(replica, deleted))
        await archive.project(arrival(3, Modality="SR"))
        await eventually(lambda: _are(replica, [*deleted, (*three, "due")]))


async def test_another_file_is_another_matter(archive: Archive, replica: Replica) -> None:
    """What was wanted of a file is not sent of one that has taken its place, and which no rule wants; the rest is."""
    await replica.put("ct", Conditions={"Modality": "CT"})
    await archive.project(*(arrival(1, series) for series in (1, 2, 3)))
    one, two, three = (("pacs", ids(1, series).instance, ["ct"]) for series in (1, 2, 3))
    await eventually(lambda: _are(replica, [(*one, "due"), (*two, "due"), (*three, "due")]))
    await archive.project(arrival(1, content="hidden", Modality="OT"), arrival(1, 2))
    await eventually(lambda: _are(replica, [(*one, "gone"), (*two, "due"), (*three, "due")]))


async def test_a_rule_holds_once_it_is_acknowledged(
    archive: Archive, open_replica: OpenReplica
) -> None:
    """Whoever was told that a rule is made, changed or gone sees it so with the next instance, on any replica."""
    async with open_replica() as one, open_replica() as other:
        due = []
        for series in range(1, 5):
            modality = f"M{series}"
            await other.put("r", Conditions={"Modality": modality})
            await archive.project(arrival(1, series, Modality=modality))
            due.append(("pacs", ids(1, series).instance, ["r"], "due"))
            await eventually(partial(_are, one, due))
            if series % 2:
                await one.put("r", Conditions={"Modality": "US"})
            else:
                assert (await one.client.delete("/router/rules/r")).status_code == 200
            await archive.project(arrival(2, series, Modality=modality))
        await other.put("last", Conditions={"Modality": "XA"})
        await archive.project(arrival(1, 5, Modality="XA"))
        due.append(("pacs", ids(1, 5).instance, ["last"], "due"))
        await eventually(lambda: _are(one, due))


async def test_whole_studies(archive: Archive, open_replica: OpenReplica) -> None:
    """A stable study goes with what is in it, in the order of sending; expected series only when all are done."""
    expected = {"ExpectedSeries": [{"Modality": "CT"}, {"Modality": "SR"}]}
    async with open_replica() as replica:
        await replica.put("stable", "StableStudy")
        await replica.put("both", expected, to="ct")
        await archive.project(arrival(2), arrival(1), arrival(1, 2, Modality="SR"))
        for level, resource in ((Level.SERIES, ids(1).series), (Level.STUDY, ids(1).study)):
            await replica.stabilize(archive, level, resource)
        study = [ids(2), ids(1), ids(1, 2)]
        due = [("pacs", each.instance, ["stable"], "due") for each in study]
        await eventually(lambda: _are(replica, due))
        await replica.stabilize(archive, Level.SERIES, ids(1, 2).series)
        due += [("ct", each.instance, ["both"], "due") for each in study]
        await eventually(lambda: _are(replica, due))
        # What comes late goes when its study has come to rest again, and its series is done again.
        await archive.project(arrival(3))
        await replica.stabilize(archive, Level.STUDY, ids(1).study)
        due.append(("pacs", ids(3).instance, ["stable"], "due"))
        await eventually(lambda: _are(replica, due))
        await replica.stabilize(archive, Level.SERIES, ids(1).series)
        due.append(("ct", ids(3).instance, ["both"], "due"))
        await eventually(lambda: _are(replica, due))


async def test_what_is_complete(archive: Archive, open_replica: OpenReplica) -> None:
    """A series goes when all that it promised is there, whenever that comes to rest; a patient with all studies."""
    async with open_replica() as replica:
        await replica.put("complete", "CompletedSeries")
        await replica.put("patient", "StablePatient", to="ct")
        first, last = (arrival(n, InstanceNumber=str(n), CardiacNumberOfImages="2") for n in (1, 2))
        await archive.project(first, arrival(1, 2, Modality="SR"), last)
        due = [("pacs", each.instance, ["complete"], "due") for each in (ids(1), ids(2))]
        await eventually(lambda: _are(replica, due))
        await replica.stabilize(archive, Level.PATIENT, ids(1).patient)
        everything = (ids(1), ids(2), ids(1, 2))
        due += [("ct", each.instance, ["patient"], "due") for each in everything]
        await eventually(lambda: _are(replica, due))


async def test_series_that_go_and_come_again(archive: Archive, open_replica: OpenReplica) -> None:
    """A series that was done and is deleted is not there for those who expect it; once it is done again, all go."""
    expected = {"ExpectedSeries": [{"Modality": "CT"}, {"Modality": "SR"}]}
    async with open_replica() as replica:
        await replica.put("both", expected)
        # The second one is there first.
        await archive.project(arrival(1, 2, Modality="SR"), arrival(1))
        await replica.stabilize(archive, Level.SERIES, ids(1, 2).series)
        await archive.project(ResourceDeletionRequested(resource_id=ids(1, 2).series))
        await replica.stabilize(archive, Level.SERIES, ids(1).series)
        await archive.project(arrival(1, 2, Modality="SR"))
        end = archive.writer.position.change_sequence
        await replica.put("seen", Conditions={"Modality": "none"})
        await eventually(partial(_has_seen, replica, end))
        assert await replica.deliveries() == []
        await replica.stabilize(archive, Level.SERIES, ids(1, 2).series)
        due = [("pacs", each.instance, ["both"], "due") for each in (ids(1), ids(1, 2))]
        await eventually(lambda: _are(replica, due))


async def test_killed_in_the_middle(archive: Archive, open_replica: OpenReplica) -> None:
    """Whoever is cut off between its writes and their commit has done nothing; another replica does it, once."""
    async with open_replica() as one, open_replica() as other:
        await one.put("all")
        await archive.project(arrival(1))
        await eventually(lambda: _are(one, [("pacs", ids(1).instance, ["all"], "due")]))
        url = one.parts.settings.database_url
        lock, operator = await connect(url, "router"), await connect(url, "router")
        try:
            # The position has moved on in a transaction that now cannot write its deliveries.
            async with lock.transaction():
                await lock.execute("LOCK TABLE deliveries IN SHARE MODE")
                await archive.project(*(arrival(number) for number in range(2, 40)))
                victims: set[int] = set()
                for _ in range(2):
                    victim = await eventually(partial(blocked, operator, but=victims))
                    victims.add(victim)
                    await operator.execute("SELECT pg_terminate_backend($1)", victim)
        finally:
            await lock.close()
            await operator.close()
        due = [("pacs", ids(number).instance, ["all"], "due") for number in range(1, 40)]
        await eventually(lambda: _are(other, due))
        interruptions = [
            replica.parts.registry.get_sample_value("axial_router_rules_interruptions_total")
            for replica in (one, other)
        ]
        assert sum(value or 0 for value in interruptions) >= 2


async def test_neighbours_away(archive: Archive, replica: Replica, doors: Doors) -> None:
    """While the index or the changefeed is away nothing is lost, nor given up; then it goes on."""
    await replica.put("all")
    due = []
    for number, port in enumerate((8102, 8103), start=1):
        doors.away.add(port)
        # A question that was asked before it went away is answered still.
        await archive.project(arrival(2 * number))
        refused = doors.refused
        await eventually(partial(_refuses, doors, refused + 1))
        await archive.project(arrival(2 * number + 1))
        doors.away.clear()
        due += [("pacs", ids(2 * number + n).instance, ["all"], "due") for n in range(2)]
        await eventually(partial(_are, replica, due))


async def _has_seen(replica: Replica, sequence: int) -> bool:
    return (await replica.position() or 0) >= sequence


def _refuses(doors: Doors, times: int) -> bool:
    return doors.refused >= times


async def _are(replica: Replica, expected: Sequence[tuple[str, str, list[str], str]]) -> None:
    assert await replica.deliveries() == expected
