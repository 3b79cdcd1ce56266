"""A replica to be killed, or stopped: does jobs, of which it says on its standard output how far they are."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from axial.common.blobs import BlobStore, Body, open_blob_store
from axial.common.postgres import open_pool
from axial.common.service import background
from axial.router.bell import Bell
from axial.router.jobs.engine import Engine
from axial.router.jobs.kind import Work
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.states import JobState
from axial.router.jobs.store import JobStore
from axial.router.presence import Presence

_LEASE_SECONDS = 2.0

#: Where the job of this task is to stand still.
_boundary: ContextVar[str] = ContextVar("boundary", default="")


async def _reach(boundary: str) -> None:
    """Stand still for ever, and say so, where a job is to."""
    if _boundary.get() == boundary:
        print(boundary, flush=True)  # noqa: T201 - that is how it is heard
        await asyncio.Event().wait()


class Standing:
    """Does one piece, makes an output, and stands still at the boundary that its job names."""

    type_name = "Standing"

    async def run(self, work: Work) -> None:
        """Do what the survivor will do, as far as it may."""
        _boundary.set(work.parameters["boundary"])
        await _reach("begun")
        done = work.state.setdefault("done", [])
        done.append("killed 0")
        await _reach("done")
        await work.step(0.1)
        await _reach("kept")

        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            await _reach("half written")
            yield b" whole"

        await work.write_output("text", pieces(), "text/plain", "text.txt")
        await _reach("written")


class Appending:
    """Appends to a file, for as long as the job is ours."""

    type_name = "Appending"

    async def run(self, work: Work) -> None:
        """Ask, write, wait; for ever."""
        while True:
            await work.step(0.5)
            _append(Path(work.parameters["path"]))
            await asyncio.sleep(0.1)


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("piece\n")


class StandingBlobs:
    """A blob store that stands still once a blob is stored."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)

    async def put(self, key: str, body: Body, *, md5: str | None = None) -> None:
        """Store."""
        await self._blobs.put(key, body, md5=md5)
        await _reach("stored")


class StandingStore(JobStore):
    """Stands still between a job's end and its being told."""

    async def settle(self, *values: Any, **options: Any) -> JobState | None:
        """Let go of a job."""
        await _reach("ended")
        return await super().settle(*values, **options)


async def main(database_url: str, folder: Path) -> None:
    """Run until killed."""
    async with (
        open_pool(database_url, "router", size=4) as pool,
        open_blob_store(f"file://{folder}") as blobs,
    ):
        bell = Bell(database_url)
        presence = Presence(pool, bell, _LEASE_SECONDS)
        await presence.keep()
        engine = Engine(
            {"Standing": Standing(), "Appending": Appending()},
            StandingStore(pool, presence.id, 10),
            Outputs(pool, StandingBlobs(blobs), presence.id, folder.parent),
            presence,
            bell,
            JobMetrics(CollectorRegistry()),
            at_once=10,
            stopping=asyncio.Event(),
        )
        async with background(bell.run(), presence.run(), engine.run()):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
