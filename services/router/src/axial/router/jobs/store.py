"""The jobs in Postgres."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.jobs.faults import CANCELLED, Fault
from axial.router.jobs.job import Job, Taken, wish_of
from axial.router.jobs.states import (
    Action,
    End,
    JobState,
    Standing,
    Wish,
    retry_after_seconds,
    state_after,
)

_INTERRUPTED = Fault("Unavailable")


class JobStore:
    """Reads and writes jobs for one replica; raises Unavailable while Postgres is away."""

    def __init__(self, pool: Pool, replica: UUID, history_size: int) -> None:
        self._pool = pool
        self._replica = replica
        self._history_size = history_size
        self._statements = Statements("axial.router.sql")

    async def add(
        self,
        job_id: UUID,
        type_name: str,
        priority: int,
        parameters: Mapping[str, Any],
        content: Mapping[str, Any],
        user_data: Any,
    ) -> None:
        """Write a job down."""
        values = (_json(parameters), _json(content), _json(user_data))
        async with self._transaction() as connection:
            await connection.execute(
                self._statements["job_insert"], job_id, type_name, priority, *values
            )

    async def take(self, type_names: Iterable[str]) -> Taken | None:
        """Take the next job of some types in hand."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(
                self._statements["job_take"], self._replica, list(type_names)
            )
        return None if row is None else Taken.of(row)

    async def in_hand(self) -> dict[UUID, Wish | None]:
        """List what this replica has in hand, with what is wished of it."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["job_in_hand"], self._replica)
        return {row["id"]: wish_of(row) for row in rows}

    async def save(
        self, job_id: UUID, notes: Mapping[str, Any], content: Mapping[str, Any], progress: float
    ) -> tuple[bool, Wish | None]:
        """Keep how far a job is; tell whether it is still in our hand, and what is wished of it."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(
                self._statements["job_save"],
                job_id,
                self._replica,
                _json(notes),
                _json(content),
                progress,
            )
        return (False, None) if row is None else (True, wish_of(row))

    async def settle(
        self,
        taken: Taken,
        end: End,
        fault: Fault | None,
        notes: Mapping[str, Any],
        content: Mapping[str, Any],
        progress: float,
        *,
        interruptions: int,
    ) -> JobState | None:
        """Let go of a job that ran; tell its state, None when it was another's by now."""
        delay = retry_after_seconds(interruptions) if end is End.INTERRUPTED else None
        if end is End.INTERRUPTED and delay is None:
            end, fault = End.FAILED, _INTERRUPTED
        async with self._transaction() as connection:
            row = await connection.fetchrow(self._statements["job_lock"], taken.id)
            if row is None or row["replica"] != self._replica:
                return None
            state = state_after(end, wish_of(row))
            if state is JobState.FAILURE and fault is None:
                fault = CANCELLED
            await connection.execute(
                self._statements["job_settle"],
                taken.id,
                state.value,
                _json(notes),
                _json(content),
                1.0 if state is JobState.SUCCESS else progress,
                None if fault is None else fault.kind,
                "" if fault is None else fault.details,
                None if fault is None or fault.payload is None else _json(fault.payload),
                interruptions + 1 if state is JobState.RETRY else 0,
                delay,
            )
        return state

    async def release(self, job_id: UUID) -> None:
        """Let others take what was taken for us without our knowing."""
        async with self._transaction() as connection:
            await connection.execute(self._statements["job_release"], job_id, self._replica)

    async def act(self, job_id: UUID, action: Action) -> bool | None:
        """Do what users ask; False when it makes no sense, None when there is no such job."""
        async with self._transaction() as connection:
            row = await connection.fetchrow(self._statements["job_lock"], job_id)
            if row is None:
                return None
            before = Standing(JobState(row["state"]), wish_of(row))
            standing = before.after(action)
            if standing is None:
                return False
            if action is Action.RESUBMIT:
                await connection.execute(self._statements["job_output_abandon"], job_id)
                await connection.execute(self._statements["job_reset"], job_id)
            elif standing != before:
                failed = standing.state is JobState.FAILURE
                await connection.execute(
                    self._statements["job_stand"],
                    job_id,
                    standing.state.value,
                    standing.wish,
                    CANCELLED.kind if failed else None,
                )
        return True

    async def find(self, job_id: UUID) -> Job | None:
        """Find a job."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["job_find"], job_id)
        return None if row is None else Job.of(row)

    async def all(self) -> list[Job]:
        """List the jobs, in the order of their identifiers."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["job_list"], self._history_size)
        return [Job.of(row) for row in rows]

    async def counts(self) -> dict[JobState, int]:
        """Count the jobs by state."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["job_count"], self._history_size)
        return {JobState(row["state"]): row["count"] for row in rows}

    async def waiting_seconds(self) -> float:
        """Tell for how long the oldest job that could be begun has been waiting for somebody to do so."""
        async with away_is_unavailable():
            return float(await self._pool.fetchval(self._statements["job_waiting"]))

    async def delete(self, job_id: UUID) -> bool:
        """Forget a job that is done with; False when there is none."""
        async with away_is_unavailable():
            row = await self._pool.fetchrow(self._statements["job_delete"], job_id)
        return row is not None

    async def forget(self, after_seconds: float) -> None:
        """Forget what the history does not show any more, a while after its end."""
        async with away_is_unavailable():
            await self._pool.execute(
                self._statements["job_forget"], self._history_size, after_seconds
            )

    async def forget_former(self) -> bool:
        """Forget the jobs of a service that had ended when this replica came; False while it may not have."""
        async with away_is_unavailable():
            return bool(
                await self._pool.fetchval(self._statements["job_forget_former"], self._replica)
            )

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Any]:
        """Change jobs, and wake whoever waits for a change."""
        async with (
            away_is_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            yield connection
            await connection.execute("SELECT pg_notify('router', 'jobs')")


def _json(value: Any) -> str:
    """Write JSON; raise TypeError or ValueError for what is none."""
    return json.dumps(value, allow_nan=False)
