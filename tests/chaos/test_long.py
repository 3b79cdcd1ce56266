"""Many rounds of storing, overwriting and deleting while anything is killed, alone or together."""

import asyncio
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.evidence import assert_replays, read_history
from support.feeds import get_json
from support.killing import Accidents, until_it_serves, until_more, victims
from support.logged import read_logged
from support.owner import PER_SERIES, Owner
from support.remover import BUSY, Remover
from support.sender import Sender
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e, pytest.mark.long]

_ROUNDS = int(os.environ.get("AXIAL_CHAOS_ROUNDS", "40"))
# Named in the output, so that a failure can be asked to happen again.
_SEED = int(os.environ.get("AXIAL_CHAOS_SEED", str(random.randrange(10**6))))  # noqa: S311
_CLIENTS = 16
_ACTS_BETWEEN = 64
_MOST_AT_ONCE = 3
_REPLACING = {"OverwriteInstances": "IfChanged"}
# One in so many rounds also kills the edge: only then does a client not know what became of its request.
_EDGE_EVERY = 8


@pytest.fixture(params=["directory", "s3"])
def axial(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system that replaces what comes again with other content."""
    with running(own_data, Wishes(request.param, _REPLACING)) as system:
        yield system


@pytest.fixture(params=["directory", "s3"])
def busy(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run one that also compresses what it keeps, recycles all the time, and deletes with grace."""
    with running(own_data, Wishes(request.param, {**_REPLACING, **BUSY})) as system:
        yield system


class Worker(Protocol):
    """Somebody who works, through every outage."""

    acknowledged: int

    async def work(self, over: asyncio.Event) -> None:
        """Do one thing after another until it is over."""
        ...


class Killer:
    """Chooses victims, several at once, none more often than an accident would."""

    def __init__(self, axial: Axial, chance: random.Random) -> None:
        self._axial = axial
        self._chance = chance
        self._accidents = Accidents()

    async def round(self, number: int) -> list[str]:
        """Kill something; return what, when it runs again."""
        candidates = await self._accidents.until_eligible(victims(self._axial))
        names = self._chance.sample(
            candidates, min(len(candidates), self._chance.randint(1, _MOST_AT_ONCE))
        )
        if number % _EDGE_EVERY == 0:
            names += self._accidents.eligible(["edge"])
        await self._accidents.happen(self._axial, names)
        return names


async def _kill_for_long(
    axial: Axial, client: httpx2.AsyncClient, chance: random.Random, workers: Sequence[Worker]
) -> None:
    """Kill in rounds what the workers work with; end them."""
    print(f"AXIAL_CHAOS_SEED={_SEED} AXIAL_CHAOS_ROUNDS={_ROUNDS}")
    killer = Killer(axial, chance)
    over = asyncio.Event()
    tasks = [asyncio.create_task(worker.work(over)) for worker in workers]

    def acts() -> int:
        return sum(worker.acknowledged for worker in workers)

    def fail_early() -> None:
        for task in tasks:
            if task.done():
                task.result()

    for number in range(1, _ROUNDS + 1):
        await until_more(acts, _ACTS_BETWEEN, fail_early)
        names = await killer.round(number)
        await until_it_serves(client)
        print(f"round {number}: {', '.join(names)}; {acts()} acts")
    over.set()
    await asyncio.gather(*tasks)


def _owners(
    client: httpx2.AsyncClient, chance: random.Random, *, are_alone: bool = True
) -> list[Owner]:
    maker = DicomMaker(per_series=PER_SERIES)
    return [
        Owner(
            Sender(client),
            maker,
            number,
            random.Random(chance.random()),  # noqa: S311
            is_alone=are_alone,
        )
        for number in range(_CLIENTS)
    ]


async def test_long(axial: Axial) -> None:
    """After every round of kills, what is there is what was acknowledged last."""
    chance = random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    async with axial.async_client() as client:
        owners = _owners(client, chance)
        await _kill_for_long(axial, client, chance, owners)
        await _assert_as_expected(client, owners)
        await assert_replays(axial, client)


async def test_long_and_busy(busy: Axial) -> None:
    """Where patients are recycled, and deletions taken back, what is there is what the log tells."""
    chance = random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    async with busy.async_client() as client:
        remover = Remover(Sender(client), random.Random(_SEED))  # noqa: S311
        owners = _owners(client, chance, are_alone=False)
        await _kill_for_long(busy, client, chance, [*owners, remover])
        logged = await read_logged(busy.nats_url)
        remover.check(logged)
        for owner in owners:
            for expected in owner.expected.values():
                assert expected.content is None or logged.archive.was_told(expected.content)
        await logged.assert_holds(client, await read_history(client))
        await assert_replays(busy, client)


async def _assert_as_expected(client: httpx2.AsyncClient, owners: list[Owner]) -> None:
    """Lists, files and feeds all tell what the owners know."""
    listed = set(await get_json(client, "/instances"))
    names: set[str] = set()
    for owner in owners:
        for instance, expected in owner.expected.items():
            answer = await client.get(f"/instances/{instance}/file")
            found = answer.content if answer.status_code == 200 else None
            assert answer.status_code in (200, 404)
            assert expected.allows(found), instance
            assert (instance in listed) == (found is not None)
            if found is not None:
                tags = await get_json(client, f"/instances/{instance}/simplified-tags")
                names.add(tags["SOPInstanceUID"])
                listed.discard(instance)
    assert not listed
    assert (await read_history(client)).alive == names
