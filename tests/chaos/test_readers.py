"""Fifty writers and a reader of each kind, while index and changefeed are killed again and again."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.acts import assert_coherent
from support.dicoms import DicomMaker
from support.killing import Accidents, until_it_serves, until_more
from support.owner import PER_SERIES, Owner
from support.readers.crowd import reading
from support.sender import Sender
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_WRITERS = 50
_ACTS_BETWEEN = 100
_FEW_ROUNDS = 3
_MANY_ROUNDS = int(os.environ.get("AXIAL_CHAOS_ROUNDS", "40"))
_SEED = int(os.environ.get("AXIAL_CHAOS_SEED", "20261121"))
_VICTIMS = ("index", "changefeed")
# Of each; one less than what the supervisor takes for no accident.
_KILLS_A_MINUTE = 4


@pytest.fixture
def axial(own_data: Path) -> Iterator[Axial]:
    """Run a system that tells of every kind of change, and soon."""
    wishes = Wishes(
        configuration={"OverwriteInstances": "IfChanged", "StableAge": 1},
        environment={"AXIAL_QUIET_AFTER_SECONDS": "1"},
    )
    with running(own_data, wishes) as system:
        yield system


@pytest.mark.parametrize(
    "rounds", [_FEW_ROUNDS, pytest.param(_MANY_ROUNDS, marks=pytest.mark.long)]
)
async def test_readers_of_each_kind(axial: Axial, rounds: int) -> None:
    """Nothing is missed and nothing comes twice; to named consumers all comes at least once, and in order."""
    chance = random.Random(_SEED)  # noqa: S311 - repeatable on purpose
    maker = DicomMaker(per_series=PER_SERIES)
    accidents = Accidents(_KILLS_A_MINUTE)
    over = asyncio.Event()
    async with axial.async_client() as client, reading(axial) as crowd:
        owners = [
            Owner(Sender(client), maker, number, random.Random(chance.random()))  # noqa: S311
            for number in range(_WRITERS)
        ]
        writing = [asyncio.create_task(owner.work(over)) for owner in owners]

        def fail_early() -> None:
            crowd.fail_early()
            for task in writing:
                if task.done():
                    task.result()

        try:
            for number in range(rounds):
                await until_more(
                    lambda: sum(o.acknowledged for o in owners), _ACTS_BETWEEN, fail_early
                )
                # In turn, and every third time both at one moment.
                names = _VICTIMS if number % 3 == 2 else (_VICTIMS[number % 3],)
                await accidents.until_eligible(names)
                await accidents.happen(axial, accidents.eligible(names))
            await until_it_serves(client)
            over.set()
            await asyncio.gather(*writing)
        finally:
            for task in writing:
                task.cancel()
        await crowd.check()
        await assert_coherent(client, crowd.history)
