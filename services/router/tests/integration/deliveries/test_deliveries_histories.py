"""Whatever destinations answer and replicas die of, every delivery ends, in order, and is there once."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from support.deliveries import wanted

from axial.common.errors import Unavailable
from axial.common.service import background
from axial.common.testing.eventually import eventually
from axial.dimse.sending.contexts import Kind
from axial.dimse.sending.instances import Instance
from axial.dimse.sending.sub_operation import Originator
from axial.router.deliveries.administration import Administration
from axial.router.deliveries.backoff import Backoff
from axial.router.deliveries.circumstances import Circumstances
from axial.router.deliveries.database import DeliveryDatabase, Settled, Taken
from axial.router.deliveries.deciding import Breaker, Next
from axial.router.deliveries.delivery import Delivery, Patience, State
from axial.router.deliveries.dispatcher import Dispatcher
from axial.router.deliveries.intake import enqueue
from axial.router.deliveries.metrics import DeliveryMetrics
from axial.router.deliveries.selection import Page, Selection
from axial.router.deliveries.wanted import Terms
from axial.router.destinations.port import DestinationName, Line, Outcome, Verdict
from axial.router.index_client import Outbound
from axial.router.parts import Parts
from axial.router.presence import Presence

pytestmark = pytest.mark.integration

_COUNT = 30
_REPLICAS = 5
_SOON = Backoff(0.001, 0.002)
_DONE = "SELECT count(*) = 0 FROM deliveries WHERE state IN ('due', 'sending')"


class Fickle:
    """A destination, and all of them: answers by the dice, and remembers what it has taken."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.taken: dict[str, list[str]] = defaultdict(list)
        #: What it has refused or failed to take: it may be tried again later, also when nobody wrote the refusal down.
        self.declined: set[tuple[str, str]] = set()

    def find(self, name: DestinationName) -> "Way":
        """Find one of them."""
        return Way(self, name.name, self._dice)


class Way:
    """One destination by its name, and the line to it."""

    def __init__(self, all_: Fickle, name: str, dice: random.Random) -> None:
        self._all, self._name, self._dice = all_, name, dice

    @asynccontextmanager
    async def line(self, _kinds: Iterable[Kind]) -> AsyncIterator[Line]:
        """Be the line."""
        yield self

    async def send(self, instance: Instance, _originator: Originator | None = None) -> Outcome:
        """Take it, or not, and answer, or not."""
        await asyncio.sleep(0)
        key, fate = (self._name, instance.id), self._dice.random()
        if fate < 0.7:
            self._all.taken[self._name].append(instance.id)
            lost = fate < 0.1
            return Outcome(Verdict.AWAY, is_doubtful=True) if lost else Outcome(Verdict.DELIVERED)
        if fate < 0.75:
            self._all.declined.add(key)
            return Outcome(Verdict.REFUSED, reason="refused")
        if fate < 0.85:
            self._all.declined.add(key)
            return Outcome(Verdict.FAILED, reason="failed")
        return Outcome(Verdict.AWAY, reason="away")

    async def has(self, instance: Instance) -> bool:
        """Tell whether it has it."""
        return instance.id in self._all.taken[self._name]

    async def keeps(self, instance: Instance, _md5: str) -> bool:
        """Tell no more than that."""
        return await self.has(instance)


class Mortal(DeliveryDatabase):
    """What reaches Postgres until death, which comes unannounced."""

    is_dead = False

    def _die(self) -> None:
        if self.is_dead:
            raise Unavailable

    async def take(self, destination: int, limit: int) -> list[Delivery]:
        """Take, unless dead."""
        self._die()
        return await super().take(destination, limit)

    async def settle(
        self, destination: int, nexts: Sequence[Next], breaker: Breaker, last: Outcome | None
    ) -> list[Settled]:
        """Settle, unless dead."""
        self._die()
        return await super().settle(destination, nexts, breaker, last)

    async def take_destinations(self, working: Collection[int]) -> list[Taken]:
        """Take, unless dead."""
        self._die()
        return await super().take_destinations(working)

    async def release(self, destination: int) -> None:
        """Let go, unless dead."""
        self._die()
        await super().release(destination)


@pytest.mark.parametrize("seed", range(3))
async def test_histories(
    open_parts: Callable[[], object], make: Callable[[int], list[Outbound]], seed: int
) -> None:
    """Random answers and deaths: all ends delivered or dead with a reason, once, in order but for what was declined."""
    dice = random.Random(seed)  # noqa: S311 - a test's history
    outbounds, fickle = make(_COUNT), Fickle(dice)
    names = ("A", "B")
    async with open_parts() as parts:  # type: ignore[attr-defined] # the fixture of all parts
        async with parts.pool.acquire() as connection, connection.transaction():
            await enqueue(connection, wanted(outbounds, *names, terms=Terms(maximum_attempts=5)))
        for _ in range(_REPLICAS):
            await _live(parts, fickle, after=dice.randrange(1, _COUNT))
        await _live(parts, fickle, after=None)
        rows = await Administration(parts.pool).find(Selection(), Page(0, 1000))
    assert len(rows) == len(names) * _COUNT
    by_id = {outbound.instance.id: place for place, outbound in enumerate(outbounds)}
    for name in names:
        mine = [row for row in rows if row["name"] == name]
        delivered = {row["instance"] for row in mine if row["state"] == "delivered"}
        dead = {row["instance"] for row in mine if row["state"] == "dead"}
        assert len(delivered) + len(dead) == _COUNT
        assert all(row["reason"] for row in mine if row["state"] == "dead")
        taken = fickle.taken[name]
        assert len(set(taken)) == len(taken), "nothing comes twice"
        assert delivered <= set(taken), "what is told to be there is there"
        first_time = [by_id[one] for one in taken if (name, one) not in fickle.declined]
        assert first_time == sorted(first_time), "nothing overtakes"


async def _is_here(_: str) -> bool:
    return True


async def _live(
    parts: Parts,
    fickle: Fickle,
    after: int | None,
    enough: str = _DONE,
    backoff: Backoff = _SOON,
) -> None:
    """Be a replica until so many more were taken, then die; or until it is enough."""
    presence = Presence(parts.pool, parts.bell, parts.settings.lease_seconds)
    await presence.keep()
    database = Mortal(parts.pool, presence.id, tells_exports=False)
    here = Circumstances(
        parts.bell,
        database,
        fickle,
        backoff,
        Patience(batch=7, longest_unwritten=0.01),
        DeliveryMetrics(CollectorRegistry()),
        lambda: True,
        lambda: 1,
        _is_here,
        parts.files,
    )
    begun = sum(map(len, fickle.taken.values()))

    async def is_over() -> bool:
        if after is not None and sum(map(len, fickle.taken.values())) >= begun + after:
            return True
        return bool(await parts.pool.fetchval(enough))

    async with background(Dispatcher(here).run(), presence.run()):
        await eventually(is_over)
        database.is_dead = after is not None
    await presence.leave()


class Clumsy(Fickle):
    """Destinations that take everything, and cannot say goodbye."""

    def find(self, name: DestinationName) -> "ClumsyWay":
        """Find one of them."""
        return ClumsyWay(self, name.name, self._dice)


class ClumsyWay(Way):
    """One of them."""

    @asynccontextmanager
    async def line(self, _kinds: Iterable[Kind]) -> AsyncIterator[Line]:
        """Be the line, and fail to end it once all is written down."""
        yield self
        # Longer than outcomes wait to be written.
        await asyncio.sleep(0.05)
        raise ValueError

    async def send(self, instance: Instance, _originator: Originator | None = None) -> Outcome:
        """Take it."""
        self._all.taken[self._name].append(instance.id)
        return Outcome(Verdict.DELIVERED)


async def test_a_line_that_cannot_be_ended(
    open_parts: Callable[[], object], make: Callable[[int], list[Outbound]]
) -> None:
    """What somebody's code raises costs that destination a pause: nothing is lost, and nobody else suffers."""
    outbounds, clumsy = make(10), Clumsy(random.Random(0))  # noqa: S311 - never asked
    async with open_parts() as parts:  # type: ignore[attr-defined] # the fixture of all parts
        async with parts.pool.acquire() as connection, connection.transaction():
            await enqueue(connection, wanted(outbounds, "A", "B"))
        both_away = "SELECT count(*) = 0 FROM destinations WHERE failures = 0"
        await _live(parts, clumsy, after=None, enough=f"SELECT ({_DONE}) AND ({both_away})")
    ids = [outbound.instance.id for outbound in outbounds]
    assert clumsy.taken == {"A": ids, "B": ids}


class Deadly(Fickle):
    """Destinations that die of one instance, whenever it is sent to them, and take all others."""

    def __init__(self, poison: str) -> None:
        super().__init__(random.Random(0))  # noqa: S311 - never asked
        self.poison = poison

    def find(self, name: DestinationName) -> "DyingWay":
        """Find one of them."""
        return DyingWay(self, name.name, self.poison)


class DyingWay(Way):
    """One of them."""

    def __init__(self, all_: Fickle, name: str, poison: str) -> None:
        super().__init__(all_, name, random.Random(0))  # noqa: S311 - never asked
        self._poison = poison

    async def send(self, instance: Instance, _originator: Originator | None = None) -> Outcome:
        """Take it, or die of it."""
        if instance.id == self._poison:
            return Outcome(Verdict.AWAY, reason="died", is_broken=True)
        self._all.taken[self._name].append(instance.id)
        return Outcome(Verdict.DELIVERED)


async def test_who_dies_of_an_instance_gets_the_others(
    open_parts: Callable[[], object], make: Callable[[int], list[Outbound]]
) -> None:
    """An instance of which its destination dies holds the others for three attempts, and not for all of its own."""
    first, *others = make(10)
    deadly = Deadly(first.instance.id)
    done = "SELECT count(*) = 9 FROM deliveries WHERE state = 'delivered'"
    async with open_parts() as parts:  # type: ignore[attr-defined] # the fixture of all parts
        async with parts.pool.acquire() as connection, connection.transaction():
            await enqueue(connection, wanted([first, *others], "A"))
        await _live(parts, deadly, after=None, enough=done, backoff=Backoff(0.05, 300.0))
        (poison,) = await Administration(parts.pool).find(Selection(state=State.DUE), Page())
    assert (poison["instance"], poison["attempts"], poison["reason"]) == (
        first.instance.id,
        1,
        "died",
    )
    assert deadly.taken["A"] == [outbound.instance.id for outbound in others]
