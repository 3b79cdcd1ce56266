"""Many rounds of storing, overwriting and deleting while anything is killed, alone or together."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from support.dicoms import DicomMaker
from support.evidence import assert_replays, read_history
from support.feeds import get_json
from support.killing import Accidents, until_it_serves, until_more, victims
from support.owner import PER_SERIES, Owner
from support.sender import Sender
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e, pytest.mark.long]

_ROUNDS = int(os.environ.get("AXIAL_CHAOS_ROUNDS", "40"))
# Named in the output, so that a failure can be asked to happen again.
_SEED = int(os.environ.get("AXIAL_CHAOS_SEED", str(random.randrange(10**6))))  # noqa: S311
_CLIENTS = 16
_ACTS_BETWEEN = 64
_MOST_AT_ONCE = 3
# One in so many rounds also kills the edge: only then does a client not know what became of its request.
_EDGE_EVERY = 8


@pytest.fixture(params=["directory", "s3"])
def axial(request: pytest.FixtureRequest, own_data: Path) -> Iterator[Axial]:
    """Run a system that replaces what comes again with other content."""
    wishes = Wishes(request.param, {"OverwriteInstances": "IfChanged"})
    with running(own_data, wishes) as system:
        yield system


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


async def test_long(axial: Axial) -> None:
    """After every round of kills, what is there is what was acknowledged last."""
    print(f"AXIAL_CHAOS_SEED={_SEED} AXIAL_CHAOS_ROUNDS={_ROUNDS}")
    chance = random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    maker = DicomMaker(per_series=PER_SERIES)
    killer = Killer(axial, chance)
    over = asyncio.Event()
    async with axial.async_client() as client:
        owners = [
            Owner(Sender(client), maker, number, random.Random(chance.random()))  # noqa: S311
            for number in range(_CLIENTS)
        ]
        tasks = [asyncio.create_task(owner.work(over)) for owner in owners]

        def fail_early() -> None:
            for task in tasks:
                if task.done():
                    task.result()

        for number in range(1, _ROUNDS + 1):
            await until_more(lambda: sum(o.acknowledged for o in owners), _ACTS_BETWEEN, fail_early)
            names = await killer.round(number)
            await until_it_serves(client)
            print(f"round {number}: {', '.join(names)}; {sum(o.acknowledged for o in owners)} acts")
        over.set()
        await asyncio.gather(*tasks)
        await _assert_as_expected(client, owners)
        await assert_replays(axial, client)


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
