"""Jobs as the rest of the service uses them: written down, and waited for."""

import asyncio
import uuid
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from axial.common.errors import Inexistent, Unavailable
from axial.router.bell import Bell
from axial.router.jobs.faults import Fault
from axial.router.jobs.job import Job
from axial.router.jobs.states import JobState
from axial.router.jobs.store import JobStore

# A ring that is lost costs a waiter this much.
_LOOK_SECONDS = 2.0
# Whoever waits for a job is told of an outage of Postgres only when it lasts: the job is written down.
_OUTAGE_SECONDS = 30.0
_AGAIN_SECONDS = 0.5


class Jobs:
    """Implements `Submission`."""

    def __init__(self, store: JobStore, bell: Bell, type_names: Collection[str]) -> None:
        self._store = store
        self._bell = bell
        self._type_names = type_names

    async def submit(
        self,
        type_name: str,
        parameters: Mapping[str, Any],
        content: Mapping[str, Any],
        *,
        priority: int = 0,
        user_data: Any = None,
    ) -> str:
        """Write a job down for any replica to begin, and return its identifier."""
        if type_name not in self._type_names:
            raise ValueError("no kind of job has this type name")
        job_id = uuid.uuid4()
        await self._store.add(job_id, type_name, priority, parameters, content, user_data)
        return str(job_id)

    async def finished(self, job_id: str) -> Mapping[str, Any]:
        """Wait until a job ends and return its content; raise the error with which it failed or was cancelled."""
        known_id = UUID(job_id)
        while True:
            heard = self._bell.heard("jobs")
            job = await self._look(known_id)
            if job is None:
                raise Inexistent("The job was deleted before its end was seen")
            if job.state is JobState.SUCCESS:
                return job.content
            if job.state is JobState.FAILURE:
                raise (job.fault or Fault("AxialError")).error()
            await self._bell.after("jobs", heard, _LOOK_SECONDS)

    async def _look(self, job_id: UUID) -> Job | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _OUTAGE_SECONDS
        while True:
            try:
                return await self._store.find(job_id)
            except Unavailable:
                if loop.time() > until:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
