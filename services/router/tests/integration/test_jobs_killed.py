"""A replica is killed in the middle of a job."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from axial.router.jobs.kind import Work
from axial.router.jobs.opening import open_jobs, prepare_jobs
from axial.router.jobs.registry import Jobs
from axial.router.jobs.states import JobState
from axial.router.parts import Parts

pytestmark = pytest.mark.integration


class Count:
    """Does what is left of ten pieces."""

    type_name = "Count"

    async def run(self, work: Work) -> None:
        """Go on after the last piece that is noted."""
        done = work.state["done"]
        while len(done) < 10:
            done.append(f"by the other {len(done)}")
            await work.step(len(done) / 10)
        work.content["Done"] = done


async def test_another_goes_on(
    open_parts: Callable[[], AbstractAsyncContextManager[Parts]], tmp_path: Path
) -> None:
    """What it had in hand is finished by another one from where it was: no piece is done again, none is missing."""
    async with open_parts() as parts:
        stores = prepare_jobs(parts)
        jobs = Jobs(stores.store, parts.bell, ["Count"])
        job_id = await jobs.submit("Count", {}, {})
        (tmp_path / "other").mkdir()
        dying = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("dying_replica.py")),
            parts.settings.database_url,
            str(tmp_path / "other"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert dying.stdout is not None
            while await dying.stdout.readline() != b"two\n":
                assert dying.returncode is None
        finally:
            dying.kill()
            await dying.wait()
        (left,) = await stores.store.all()
        assert (str(left.id), left.state) == (job_id, JobState.RUNNING)
        async with open_jobs(parts, stores, [Count()]):
            content = await jobs.finished(job_id)
    assert content == {
        "Done": [*("killed 0", "killed 1"), *(f"by the other {piece}" for piece in range(2, 10))]
    }
