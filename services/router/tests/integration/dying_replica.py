"""A replica to be killed: takes a job of type `Count`, does two of its pieces, says so, and gets no further."""

import asyncio
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from axial.common.blobs import open_blob_store
from axial.common.postgres import open_pool
from axial.common.service import background
from axial.router.bell import Bell
from axial.router.jobs.engine import Engine
from axial.router.jobs.kind import Work
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.store import JobStore
from axial.router.presence import Presence


class Count:
    """Does two pieces and then waits for its end."""

    type_name = "Count"

    async def run(self, work: Work) -> None:
        """Do the pieces at such a pace that each is kept."""
        done = work.state.setdefault("done", [])
        while len(done) < 2:
            done.append(f"killed {len(done)}")
            await work.step(len(done) / 10)
            await asyncio.sleep(0.51)
        print("two", flush=True)  # noqa: T201 - that is how it is heard
        await asyncio.Event().wait()


async def main(database_url: str, folder: Path) -> None:
    """Run until killed."""
    async with (
        open_pool(database_url, "router", size=4) as pool,
        open_blob_store(f"file://{folder}") as blobs,
    ):
        bell = Bell(database_url)
        presence = Presence(pool, bell, 2.0)
        await presence.keep()
        store = JobStore(pool, presence.id, 10)
        engine = Engine(
            {"Count": Count()},
            store,
            Outputs(pool, blobs, presence.id, folder),
            presence,
            bell,
            JobMetrics(CollectorRegistry()),
            at_once=1,
            stopping=asyncio.Event(),
        )
        async with background(bell.run(), presence.run(), engine.run()):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
