"""Random histories, by concurrent writers, with crashes: every kind of reader ends with the same one."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.acts import PER_SERIES, SLOTS, Act, Kind, Writers, assert_coherent
from support.dicoms import DicomMaker
from support.killing import Accidents, until_it_serves, until_more
from support.readers.crowd import Crowd, reading
from support.system import Axial, Wishes, running

pytestmark = [pytest.mark.chaos, pytest.mark.e2e]

_WRITERS = 6
_MOST_ACTS = 12
_MOST_ROUNDS = 3
_KINDS = [
    *[Kind.STORE] * 5,
    *[Kind.DELETE_INSTANCE] * 2,
    *[Kind.WRITE_METADATA] * 2,
    Kind.DELETE_SERIES,
    Kind.DELETE_STUDY,
]
_VICTIMS = ("index", "changefeed", "ingest", "ingest-2", "nats", "postgres")

# One system lives through all examples: what one leaves is where the next begins. A failure depends on what ran
# beside it, so there is nothing to shrink.
_FEW = settings(
    max_examples=3,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_MANY = settings(
    _FEW, max_examples=int(os.environ.get("AXIAL_CHAOS_ROUNDS", "40")), derandomize=False
)


@dataclass(frozen=True, slots=True)
class Round:
    """What the writers do, and what is killed when they are half through."""

    acts: list[list[Act]]
    kills: list[str]


_ACTS = st.builds(
    Act,
    kind=st.sampled_from(_KINDS),
    slot=st.integers(0, SLOTS - 1),
    revision=st.integers(0, 2),
)
_ROUNDS = st.builds(
    Round,
    acts=st.lists(
        st.lists(_ACTS, min_size=3, max_size=_MOST_ACTS), min_size=_WRITERS, max_size=_WRITERS
    ),
    kills=st.lists(st.sampled_from(_VICTIMS), max_size=2, unique=True),
)
_HISTORIES = st.lists(_ROUNDS, min_size=1, max_size=_MOST_ROUNDS)


class Stage:
    """A system, its writers, and the readers that have followed it since its first event."""

    def __init__(self, axial: Axial, client: httpx2.AsyncClient, crowd: Crowd) -> None:
        self._axial = axial
        self._client = client
        self._crowd = crowd
        self._accidents = Accidents()
        self._writers = Writers(client, DicomMaker(per_series=PER_SERIES))

    async def play(self, history: list[Round]) -> None:
        """Let it happen; whatever has been promised is told, and told to every reader alike."""
        for one in history:
            await self._play_round(one)
        await until_it_serves(self._client)
        await self._crowd.check()
        self._writers.promises.check(self._crowd.history)
        await assert_coherent(self._client, self._crowd.history)

    async def _play_round(self, one: Round) -> None:
        writing = asyncio.create_task(self._writers.run(one.acts))

        def fail_early() -> None:
            self._crowd.fail_early()
            if writing.done():
                writing.result()

        half = sum(map(len, one.acts)) // 2
        try:
            await until_more(lambda: self._writers.acknowledged, half, fail_early)
            await self._accidents.happen(self._axial, self._accidents.eligible(one.kills))
            await writing
        finally:
            writing.cancel()


@pytest.fixture
def stage(own_data: Path) -> Iterator[tuple[asyncio.Runner, Stage]]:
    """Run a system with a reader of each kind, in a loop that lives through all examples."""
    wishes = Wishes(
        configuration={"OverwriteInstances": "IfChanged", "StableAge": 1},
        environment={"AXIAL_QUIET_AFTER_SECONDS": "1"},
    )
    with running(own_data, wishes) as axial, asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Stage:
            client = await stack.enter_async_context(axial.async_client())
            crowd = await stack.enter_async_context(reading(axial))
            return Stage(axial, client, crowd)

        try:
            yield runner, runner.run(begin())
        finally:
            runner.run(stack.aclose())


@given(history=_HISTORIES)
@_FEW
def test_every_reader_ends_with_the_same_history(
    stage: tuple[asyncio.Runner, Stage], history: list[Round]
) -> None:
    """Store, overwrite, delete, store again, annotate, while processes die: all readers agree on what happened."""
    runner, on_stage = stage
    runner.run(on_stage.play(history))


@pytest.mark.long
@given(history=_HISTORIES)
@_MANY
def test_every_reader_ends_with_the_same_long_history(
    stage: tuple[asyncio.Runner, Stage], history: list[Round]
) -> None:
    """The same for longer."""
    runner, on_stage = stage
    runner.run(on_stage.play(history))
