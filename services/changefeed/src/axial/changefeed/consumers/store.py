"""Where consumers are kept: schema `changefeed`.

Each method is one statement, so that any number of replicas and readers may act on one consumer at the same moment.
"""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from axial.changefeed.consumers.model import Consumer, Push, PushTarget, SkippedEntry
from axial.changefeed.entries.filters import Filter
from axial.changefeed.reading.database import away_is_unavailable
from axial.common.errors import NotFound
from axial.common.postgres import Pool, Statements

# A request that finds all connections taken for this long is better answered 503 than queued further.
_ACQUIRE_TIMEOUT_SECONDS = 5.0


class ConsumerStore:
    """The consumers, on a pool that may write; Unavailable while Postgres is away.

    Methods that name a consumer raise NotFound when there is none, unless they say otherwise.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.changefeed.consumers.sql")

    async def create(
        self,
        name: str,
        wanted: Filter,
        target: PushTarget | None,
        acknowledged: int,
        maximum: int,
    ) -> bool:
        """Make a consumer; False when there is one of that name, or `maximum` of them."""
        secrets = list(target.secrets) if target else []
        values = (target and target.url, secrets, target.batch if target else 1)
        wanted_json = json.dumps(wanted.to_json())
        return bool(await self._fetch("create", name, wanted_json, acknowledged, *values, maximum))

    async def replace(self, name: str, wanted: Filter, target: PushTarget | None) -> bool:
        """Change what a consumer wants and where it goes: a new generation if it wants something else.

        A target without secrets keeps those there are. False when there is no such consumer, or no secret.
        """
        secrets = list(target.secrets) if target and target.secrets else None
        values = (target and target.url, secrets, target.batch if target else 1)
        return bool(await self._fetch("replace", name, json.dumps(wanted.to_json()), *values))

    async def get(self, name: str) -> Consumer:
        """Return a consumer."""
        return _consumer(await self._one("consumers", name))

    async def all(self) -> list[Consumer]:
        """Return all consumers, by name."""
        return [_consumer(row) for row in await self._fetch("consumers", None)]

    async def delete(self, name: str) -> None:
        """Forget a consumer."""
        await self._one("delete", name)

    async def acknowledge(self, name: str, generation: int, sequence: int) -> bool:
        """Move a consumer on, never back; False when it is of another generation, or gone."""
        return bool(await self._fetch("acknowledge", name, generation, sequence))

    async def pass_over(self, moves: Iterable[tuple[str, int, int]]) -> None:
        """Move consumers, by name and generation, to positions that nothing they want comes before."""
        if columns := list(zip(*moves, strict=True)):
            await self._fetch("pass_over", *map(list, columns))

    async def rewind(self, name: str, sequence: int) -> None:
        """Put a consumer to a position, back or forth; it gets a new generation."""
        await self._one("rewind", name, sequence)

    async def pause(self, name: str, reason: str) -> None:
        """Let a consumer rest."""
        await self._one("pause", name, reason)

    async def resume(self, name: str) -> None:
        """Let a consumer go on; its failures are forgotten."""
        await self._one("resume", name)

    async def note_success(
        self, name: str, generation: int, sequence: int, status: str = ""
    ) -> bool:
        """Move a consumer on after a delivery; False when it is of another generation, or gone."""
        return bool(await self._fetch("note_success", name, generation, sequence, status))

    async def note_failure(
        self, name: str, generation: int, status: str, next_attempt_at: datetime
    ) -> datetime | None:
        """Count a failed delivery; return since when they fail, None for another generation."""
        rows = await self._fetch("note_failure", name, generation, status, next_attempt_at)
        return rows[0]["failing_since"] if rows else None

    async def skip(self, name: str, sequence: int, reason: str) -> bool:
        """Leave an entry out; False when the consumer has acknowledged it, or is gone."""
        return bool(await self._fetch("skip", name, sequence, reason))

    async def skipped(self, name: str, since: int = 0, limit: int = 100) -> list[SkippedEntry]:
        """Return at most `limit` of the entries behind `since` that were left out; none if unknown."""
        return [_skipped(row) for row in await self._fetch("skipped", name, since, limit)]

    async def mark_replayed(self, name: str, sequence: int, result: str) -> SkippedEntry:
        """Note what became of a replay; NotFound when the entry was not skipped."""
        return _skipped(await self._one("mark_replayed", name, sequence, result))

    async def _one(self, statement: str, *arguments: object) -> Any:
        rows = await self._fetch(statement, *arguments)
        if not rows:
            raise NotFound
        return rows[0]

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        async with self._connection() as connection:
            return await connection.fetch(self._statements[statement], *arguments)  # type: ignore[no-any-return]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        async with (
            away_is_unavailable(),
            self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS) as connection,
        ):
            yield connection


def _consumer(row: Any) -> Consumer:
    push = None
    if row["push_url"] is not None:
        push = Push(
            url=row["push_url"],
            secrets=tuple(row["push_secrets"]),
            batch=row["push_batch"],
            failures=row["failures"],
            failing_since=row["failing_since"],
            next_attempt_at=row["next_attempt_at"],
            last_status=row["last_status"],
        )
    return Consumer(
        name=row["name"],
        filter=Filter.from_json(json.loads(row["filter"])),
        generation=row["generation"],
        acknowledged=row["acknowledged"],
        created_at=row["created_at"],
        paused=row["paused"],
        paused_reason=row["paused_reason"],
        push=push,
        skipped=frozenset(row["skipped"]),
        skipped_count=row["skipped_count"],
    )


def _skipped(row: Any) -> SkippedEntry:
    return SkippedEntry(*row.values())
