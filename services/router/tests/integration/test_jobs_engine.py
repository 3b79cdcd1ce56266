"""Jobs are shared by replicas, survive them, and heed what is asked of them anywhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from axial.common.configuration import Configuration
from axial.common.errors import AxialError, Inexistent, JobCancelled, RemoteFailed, Unavailable
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.router.jobs.hand import Hand, JobStopped
from axial.router.jobs.job import Job
from axial.router.jobs.kind import JobFailed, Kind, Work
from axial.router.jobs.opening import JobStores, open_jobs, prepare_jobs
from axial.router.jobs.states import Action, JobState
from axial.router.jobs.store import JobStore
from axial.router.parts import Parts
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration


class Gated:
    """Does pieces of work, each when it may."""

    type_name = "Gated"

    def __init__(self) -> None:
        #: Which job has done which piece, in order.
        self.done: list[tuple[str, int]] = []
        #: Which jobs have begun.
        self.begun: list[str] = []
        self.gate = asyncio.Semaphore(0)

    def allow(self, pieces: int) -> None:
        """Let so many pieces be done."""
        for _ in range(pieces):
            self.gate.release()

    async def run(self, work: Work) -> None:
        """Go on after the last piece that is noted."""
        self.begun.append(work.parameters["name"])
        pieces = work.parameters["pieces"]
        for piece in range(work.state.get("next", 0), pieces):
            await self.gate.acquire()
            self.done.append((work.parameters["name"], piece))
            work.state["next"] = piece + 1
            work.content["Pieces"] = piece + 1
            await work.step((piece + 1) / pieces)


@dataclass
class Replica:
    """One replica with a kind of its own."""

    parts: Parts
    stores: JobStores
    kind: Gated

    async def submit(self, name: str, pieces: int = 1, priority: int = 0) -> str:
        """Submit a job."""
        parameters = {"name": name, "pieces": pieces}
        return await self.stores.jobs.submit(
            "Gated", parameters, {"Description": name}, priority=priority
        )

    async def job(self, job_id: str) -> Job:
        """Look at a job."""
        found = await self.stores.store.find(UUID(job_id))
        assert found is not None
        return found

    async def act(self, job_id: str, action: Action) -> None:
        """Ask something of a job."""
        assert await self.stores.store.act(UUID(job_id), action)

    async def becomes(self, job_id: str, state: JobState) -> None:
        """Wait until a job is in a state."""

        async def reached() -> bool:
            return (await self.job(job_id)).state is state

        await eventually(reached)


OpenReplica = Callable[..., AbstractAsyncContextManager[Replica]]


@pytest.fixture
def configuration() -> Configuration:
    """One job at a time, so that order is seen."""
    return Configuration(ConcurrentJobs=1)


@pytest.fixture
def router_settings(router_settings: RouterSettings) -> RouterSettings:
    """Nobody dies here, however busy the machine is."""
    return router_settings.model_copy(update={"lease_seconds": 10.0})


@pytest.fixture
def open_replica(open_parts: Callable[[], AbstractAsyncContextManager[Parts]]) -> OpenReplica:
    """Start replicas of the job engine."""

    @asynccontextmanager
    async def opened(*others: Kind) -> AsyncIterator[Replica]:
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(open_parts())
            stores, kind = prepare_jobs(parts), Gated()
            await stack.enter_async_context(open_jobs(parts, stores, [kind, *others]))
            yield Replica(parts, stores, kind)

    return opened


@pytest.fixture
async def replica(open_replica: OpenReplica) -> AsyncIterator[Replica]:
    """Start one."""
    async with open_replica() as replica:
        yield replica


async def test_highest_priority_first(replica: Replica) -> None:
    """Of what waits, the highest priority goes first, then the oldest."""
    await replica.submit("first")
    await eventually(lambda: replica.kind.begun == ["first"])
    for name, priority in (("low", -1), ("normal", 0), ("high", 7), ("later", 0)):
        last = await replica.submit(name, priority=priority)
    replica.kind.allow(5)
    await replica.stores.jobs.finished(last)
    await eventually(lambda: len(replica.kind.begun) == 5)
    assert replica.kind.begun == ["first", "high", "normal", "later", "low"]


async def test_shared_and_stopped_from_the_other(open_replica: OpenReplica) -> None:
    """Two replicas take a job each; each heeds what is asked at the other, also in the middle of a long wait."""
    async with open_replica() as one, open_replica() as other:
        ids = {name: await one.submit(name, pieces=3) for name in ("a", "b")}
        await eventually(lambda: len(one.kind.begun) == len(other.kind.begun) == 1)
        ours, theirs = one.kind.begun[0], other.kind.begun[0]
        waiting = asyncio.create_task(one.stores.jobs.finished(ids[theirs]))

        await one.act(ids[theirs], Action.CANCEL)
        with pytest.raises(JobCancelled):
            await waiting
        assert (await one.job(ids[theirs])).state is JobState.FAILURE

        one.kind.allow(1)
        await eventually(lambda: one.kind.done == [(ours, 0)])
        await other.act(ids[ours], Action.PAUSE)
        await other.becomes(ids[ours], JobState.PAUSED)
        paused = await other.job(ids[ours])
        assert paused.content == {"Description": ours, "Pieces": 1}

        await other.act(ids[ours], Action.RESUME)
        for kind in (one.kind, other.kind):
            kind.allow(2)
        assert (await other.stores.jobs.finished(ids[ours]))["Pieces"] == 3
        done = [piece for name, piece in one.kind.done + other.kind.done if name == ours]
        assert sorted(done) == [0, 1, 2]

        await one.act(ids[theirs], Action.RESUBMIT)
        for kind in (one.kind, other.kind):
            kind.allow(3)
        assert (await one.stores.jobs.finished(ids[theirs]))["Pieces"] == 3


async def test_given_back(open_replica: OpenReplica) -> None:
    """A replica that stops gives its job back with its notes; the next one goes on from there."""
    async with open_replica() as first:
        job_id = await first.submit("moved", pieces=2)
        first.kind.allow(1)
        await eventually(lambda: first.kind.done == [("moved", 0)])
    async with open_replica() as later:
        later.kind.allow(2)
        assert (await later.stores.jobs.finished(job_id))["Pieces"] == 2
        assert later.kind.done == [("moved", 1)]


async def test_outage_of_postgres(replica: Replica) -> None:
    """All connections are cut in the middle of a job, which goes on as soon as there are others."""
    job_id = await replica.submit("job", pieces=3)
    replica.kind.allow(1)
    await eventually(lambda: replica.kind.done == [("job", 0)])
    cut = await connect(replica.parts.settings.database_url, "router")
    await cut.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await cut.close()
    replica.kind.allow(2)
    assert (await replica.stores.jobs.finished(job_id))["Pieces"] == 3
    assert sorted(set(replica.kind.done)) == [("job", 0), ("job", 1), ("job", 2)]


async def test_taken_unawares(parts: Parts) -> None:
    """A job that was taken for us, but whose taking we did not hear of, is given back by ourselves."""
    stores, kind = prepare_jobs(parts), Gated()
    stores.kinds["Gated"] = kind
    job_id = await stores.jobs.submit("Gated", {"name": "lost", "pieces": 1}, {})
    assert await stores.store.take(["Gated"]) is not None
    kind.allow(1)
    async with open_jobs(parts, stores, [kind]):
        assert (await stores.jobs.finished(job_id))["Pieces"] == 1


async def test_nothing_for_the_dead(parts: Parts) -> None:
    """A replica that the others take for dead gets no job: they would take it at once."""
    stores = prepare_jobs(parts)
    await stores.store.add(uuid4(), "Gated", 0, {}, {}, None)
    forgotten = JobStore(parts.pool, uuid4(), 10)
    assert await forgotten.take(["Gated"]) is None
    assert await stores.store.take(["Gated"]) is not None


async def test_dead_for_a_while(parts: Parts) -> None:
    """A replica that others took for dead meanwhile does nothing more of its job, though it is alive again."""
    stores = prepare_jobs(parts)
    await stores.store.add(uuid4(), "Gated", 0, {}, {}, None)
    taken = await stores.store.take(["Gated"])
    assert taken is not None
    presence = parts.presence
    hand = Hand(taken, stores.store, stores.outputs, presence, presence.term)
    await hand.step(0.1)
    await presence.keep()
    await hand.step(0.2)
    await presence.leave()
    await presence.keep()
    with pytest.raises(JobStopped):
        await hand.step(0.3)


async def test_failures(open_replica: OpenReplica) -> None:
    """A failure is kept and told to whoever waits; of what should not happen only that it did."""

    class Failing:
        """Fails as it is told."""

        type_name = "Failing"

        async def run(self, work: Work) -> None:
            match work.parameters["how"]:
                case "refused":
                    payload = {"DimseErrorStatus": 0xA700}
                    raise JobFailed(RemoteFailed("refused by the peer"), payload)
                case "broken":
                    raise KeyError("name of a patient")
                case "odd":
                    raise RemoteFailed("no text for Postgres: \0 \ud800")
            work.content["no JSON"] = {1, 2}

    async with open_replica(Failing()) as replica:
        jobs = replica.stores.jobs
        refused = await jobs.submit("Failing", {"how": "refused"}, {})
        with pytest.raises(RemoteFailed, match="refused by the peer") as raised:
            await jobs.finished(refused)
        assert raised.value.payload == {"Type": "Dimse", "Content": {"DimseErrorStatus": 0xA700}}
        odd = await jobs.submit("Failing", {"how": "odd"}, {})
        with pytest.raises(RemoteFailed, match="no text for Postgres"):
            await jobs.finished(odd)
        for how in ("broken", "content"):
            broken = await jobs.submit("Failing", {"how": how}, {})
            with pytest.raises(AxialError, match="Something went wrong"):
                await jobs.finished(broken)
        with pytest.raises(Inexistent, match="deleted"):
            await jobs.finished(str(uuid4()))
        with pytest.raises(ValueError, match="no kind"):
            await jobs.submit("Unknown", {}, {})


async def test_our_own_outage(open_replica: OpenReplica) -> None:
    """While our own services are away a job waits, and then goes on by itself."""

    class Waiting:
        """Needs the index, which is away at first."""

        type_name = "Waiting"
        is_away = True

        async def run(self, work: Work) -> None:
            if self.is_away:
                raise Unavailable
            work.content["Done"] = True

    kind = Waiting()
    async with open_replica(kind) as replica:
        job_id = await replica.stores.jobs.submit("Waiting", {}, {})
        await replica.becomes(job_id, JobState.RETRY)
        kind.is_away = False
        assert await replica.stores.jobs.finished(job_id) == {"Done": True}
