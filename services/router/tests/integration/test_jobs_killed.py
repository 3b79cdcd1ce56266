"""A replica is killed in the middle of jobs, or stands still until others have taken them."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from axial.common.blobs import BlobStore
from axial.common.testing.eventually import eventually
from axial.router.jobs.housekeeping import Housekeeping
from axial.router.jobs.kind import Work
from axial.router.jobs.metrics import JobMetrics
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.jobs.registry import Jobs
from axial.router.jobs.states import JobState
from axial.router.parts import Parts
from axial.router.settings import RouterSettings

pytestmark = pytest.mark.integration

# Of what was done until then, how much the survivor knows.
_KNOWN = {
    "begun": 0,
    "done": 0,
    "kept": 1,
    "half written": 1,
    "stored": 1,
    "written": 1,
    "ended": 1,
}
_PIECES = 3


class Standing:
    """Does what is left of the pieces, and makes the output."""

    type_name = "Standing"

    async def run(self, work: Work) -> None:
        """Go on after the last piece that is noted."""
        done = work.state.setdefault("done", [])
        while len(done) < _PIECES:
            done.append(f"by the other {len(done)}")
            await work.step(len(done) / _PIECES)

        async def pieces() -> AsyncIterator[bytes]:
            yield b"whole"

        await work.write_output("text", pieces(), "text/plain", "text.txt")
        work.content["Done"] = done


class Appending:
    """Is through at once."""

    type_name = "Appending"

    async def run(self, work: Work) -> None:
        """Say that it was here."""
        work.content["Done"] = "by the other"


@pytest.fixture
def router_settings(router_settings: RouterSettings) -> RouterSettings:
    """The survivor does not die, however busy the machine is."""
    return router_settings.model_copy(update={"lease_seconds": 4.0})


@asynccontextmanager
async def _other_replica(parts: Parts, folder: Path) -> AsyncIterator[Process]:
    """Start another replica, as a process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("dying_replica.py")),
        parts.settings.database_url,
        str(folder),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_another_goes_on(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]],
    tmp_path: Path,
    blobs: BlobStore,
) -> None:
    """Wherever a job was, another replica ends it: nothing that was kept is done again, and one output is left."""
    async with open_parts() as parts:
        stores = prepare_jobs(parts)
        jobs = Jobs(stores.store, parts.bell, ["Standing"])
        ids = {
            boundary: await jobs.submit("Standing", {"boundary": boundary}, {})
            for boundary in _KNOWN
        }
        async with _other_replica(parts, tmp_path / "blobs") as dying:
            assert dying.stdout is not None
            awaited = set(_KNOWN)
            while awaited:
                line = await dying.stdout.readline()
                assert line, "it has ended by itself"
                awaited.discard(line.decode().strip())
        assert {job.state for job in await stores.store.all()} == {JobState.RUNNING}
        async with open_jobs(parts, stores, [Standing()]):
            for boundary, known in _KNOWN.items():
                killed = ["killed 0"][:known]
                content = await jobs.finished(ids[boundary])
                assert content["Done"] == [
                    *killed,
                    *(f"by the other {piece}" for piece in range(known, _PIECES)),
                ]
            # What nobody has finished is looked for after a while only.
            await parts.pool.execute(
                "UPDATE job_outputs SET announced_at = announced_at - interval '1 hour'"
            )
            metrics = JobMetrics(CollectorRegistry())
            await Housekeeping(stores.store, stores.outputs, metrics).once(30.0)
    contents = [await blobs.read(blob.key) async for blob in blobs.list()]
    assert contents == [b"whole"] * len(_KNOWN)


async def test_one_that_stood_still(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]], tmp_path: Path
) -> None:
    """A replica that was stopped until another had its job does nothing more of it, and goes on with the next one."""
    first, second = tmp_path / "first", tmp_path / "second"
    async with open_parts() as parts, _other_replica(parts, tmp_path / "blobs") as process:
        stores = prepare_jobs(parts)
        jobs = Jobs(stores.store, parts.bell, ["Appending"])
        job_id = await jobs.submit("Appending", {"path": str(first)}, {})
        await eventually(first.exists, within=30.0)
        process.send_signal(signal.SIGSTOP)
        await eventually(lambda: _is_stopped(process))
        done = first.read_text()
        async with open_jobs(parts, stores, [Appending()]):
            assert await jobs.finished(job_id) == {"Done": "by the other"}
        await jobs.submit("Appending", {"path": str(second)}, {})
        process.send_signal(signal.SIGCONT)
        await eventually(second.exists, within=30.0)
        assert first.read_text() == done
        assert await jobs.finished(job_id) == {"Done": "by the other"}


def _is_stopped(process: Process) -> bool:
    """Tell whether the kernel has stopped a process."""
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"
