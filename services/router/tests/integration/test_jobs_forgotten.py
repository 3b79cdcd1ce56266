"""`SaveJobs`: jobs that are not to outlive the service are forgotten, and only these."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import pytest

from axial.common.configuration import Configuration
from axial.common.postgres import connect
from axial.common.testing.eventually import eventually
from axial.router.jobs.kind import Work
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.parts import Parts
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

_LEASE_SECONDS = 10.0


class Waiting:
    """Waits until it may end."""

    type_name = "Waiting"

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        #: How often a job was begun.
        self.begun = 0

    async def run(self, work: Work) -> None:
        """Wait."""
        self.begun += 1
        await self.may_end.wait()
        work.content["Done"] = True


@pytest.fixture
def configuration() -> Configuration:
    """Nothing is kept longer than need be."""
    return Configuration(SaveJobs=False, JobsHistorySize=0, ConcurrentJobs=1)


@pytest.fixture
def router_settings(router_settings: RouterSettings) -> RouterSettings:
    """Nobody dies here, however busy the machine is."""
    return router_settings.model_copy(update={"lease_seconds": _LEASE_SECONDS})


OpenParts = Callable[[], AbstractAsyncContextManager[Parts]]


async def test_forgotten_with_the_last_replica(open_parts: OpenParts) -> None:
    """A job goes on as long as there is a replica; one that comes to nobody knows none, and does new ones."""
    first, second, third = Waiting(), Waiting(), Waiting()
    second.may_end.set()
    third.may_end.set()
    async with AsyncExitStack() as of_second:
        async with open_parts() as parts:
            stores = prepare_jobs(parts)
            async with open_jobs(parts, stores, [first]):
                job_id = await stores.jobs.submit("Waiting", {}, {})
                await eventually(lambda: first.begun == 1)
                other = await of_second.enter_async_context(open_parts())
                others = prepare_jobs(other)
                await of_second.enter_async_context(open_jobs(other, others, [second]))
                # Whoever does this knows by then that it has come to somebody.
                other_id = await stores.jobs.submit("Waiting", {}, {})
                assert await stores.jobs.finished(other_id) == {"Done": True}
                assert second.begun == 1
        # Without a history, too, whoever waits is told.
        assert await others.jobs.finished(job_id) == {"Done": True}
    async with open_parts() as last:
        jobs = prepare_jobs(last)
        async with open_jobs(last, jobs, [third]):
            new_id = await jobs.jobs.submit("Waiting", {}, {})
            assert await jobs.jobs.finished(new_id) == {"Done": True}
            for forgotten in (job_id, other_id):
                assert await jobs.store.find(uuid.UUID(forgotten)) is None


async def test_forgotten_after_a_crash(open_parts: OpenParts, router_url: str) -> None:
    """The job of a replica that was killed is not begun again, and forgotten once the replica is certainly dead."""
    dead = uuid.uuid4()
    connection = await connect(router_url, "router")
    await connection.execute(
        "INSERT INTO replicas (id, joined_at, alive_at)"
        " VALUES ($1, now() - interval '1 hour', now() - $2::double precision * interval '1 second')",
        dead,
        _LEASE_SECONDS - 1.0,
    )
    await connection.execute(
        "INSERT INTO jobs (id, type, state, priority, parameters, submitted, content, user_data, replica,"
        " created_at, running_since)"
        " VALUES ($1, 'Waiting', 'Running', 0, '{}', '{}', '{}', 'null', $1,"
        " now() - interval '1 minute', now() - interval '1 minute')",
        dead,
    )
    kind = Waiting()
    async with open_parts() as parts:
        stores = prepare_jobs(parts)
        assert not await stores.store.forget_former()
        assert len(await stores.store.all()) == 1
        async with open_jobs(parts, stores, [kind]):

            async def is_forgotten() -> bool:
                return await stores.store.all() == []

            await eventually(is_forgotten, within=30.0)
    await connection.close()
    assert kind.begun == 0
