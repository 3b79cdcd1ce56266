"""Deliveries in Postgres, as those who carry them out read and write them: each method is one transaction."""

import uuid
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asyncpg import DeadlockDetectedError

from axial.common.errors import Unavailable
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.dimse.sending.instances import Instance
from axial.router.deliveries.deciding import Breaker, Next
from axial.router.deliveries.delivery import Delivery, State
from axial.router.destinations.port import DestinationKind, DestinationName, Outcome, Verdict

# Of what is written down of an outcome.
_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """A destination that is in the hands of this replica."""

    id: int
    name: DestinationName
    #: Times in a row that it was away.
    failures: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A delivery whose outcome is written down."""

    id: int
    state: State
    #: Since it was asked for.
    seconds: float


class DeliveryDatabase:
    """What one replica does to deliveries; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool, replica: uuid.UUID, *, tells_exports: bool) -> None:
        self._pool = pool
        self._replica = replica
        self._tells_exports = tells_exports
        self._statements = Statements("axial.router.sql")

    async def take_destinations(self, working: Collection[int]) -> list[Taken]:
        """Take in hand what has something due and is in nobody's hands, but for those worked for already."""
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            rows = await connection.fetch(
                self._statements["delivery_take_destinations"], self._replica, list(working)
            )
            if rows:
                # Looked for only now that nobody else can take any more: whoever had them may just have done so.
                taken = [row["id"] for row in rows]
                await connection.execute(self._statements["delivery_recover"], taken)
        return [
            Taken(row["id"], DestinationName(DestinationKind(row["kind"]), row["name"]), row["failures"])
            for row in rows
        ]  # fmt: skip

    async def until_due(self, working: Collection[int]) -> float | None:
        """Return the seconds until there is something to take; None when there is nothing."""
        async with or_unavailable():
            seconds = await self._pool.fetchval(
                self._statements["delivery_until_due"], self._replica, list(working)
            )
        return None if seconds is None else float(seconds)

    async def take(self, destination: int, limit: int) -> list[Delivery]:
        """Take the next deliveries in hand, in order; none when the destination is not ours any more."""
        async with or_unavailable():
            rows = await self._pool.fetch(
                self._statements["delivery_take"], destination, self._replica, limit
            )
        return [
            Delivery(
                id=row["id"],
                instance=Instance(
                    row["instance"],
                    row["sop_class_uid"],
                    row["sop_instance_uid"],
                    row["transfer_syntax_uid"],
                ),
                attempts=row["attempts"],
                maximum_attempts=row["maximum_attempts"],
                breaks=row["breaks"],
                fallback_after=row["fallback_after"],
                is_doubtful=row["is_doubtful"],
                is_conclusive=row["is_conclusive"],
                is_duplicate=row["is_duplicate"],
            )
            for row in rows
        ]

    async def next_attempt(self, destination: int) -> float | None:
        """Return the seconds until something is due at a destination that has to wait; None when nothing has to."""
        async with or_unavailable():
            seconds: float | None = await self._pool.fetchval(
                self._statements["delivery_next_attempt"], destination
            )
        return seconds

    async def settle(
        self, destination: int, nexts: Sequence[Next], breaker: Breaker, last: Outcome | None
    ) -> list[Settled]:
        """Write down what became of deliveries, and of their destination; what is not ours any more is left out."""
        rows = [_row(next_) for next_ in nexts]
        columns = [[row[place] for row in rows] for place in range(_COLUMNS)]
        diverted = [next_.id for next_ in nexts if next_.state is State.DIVERTED]
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            if diverted:
                await connection.execute(self._statements["delivery_lock_keys"])
            found = await connection.fetch(
                self._statements["delivery_settle"], self._replica, self._tells_exports, *columns
            )
            settled = [Settled(row["id"], State(row["state"]), row["seconds"]) for row in found]
            await self._fall_back(connection, [one.id for one in settled if one.id in diverted])
            if last is not None:
                await connection.execute(
                    self._statements["delivery_note_destination"],
                    destination,
                    self._replica,
                    breaker.failures,
                    breaker.pause,
                    last.protocol,
                    last.status,
                    last.reason,
                    any(
                        next_.outcome is not None and next_.outcome.verdict is Verdict.DELIVERED
                        for next_ in nexts
                    ),
                )
        return settled

    async def release(self, destination: int) -> None:
        """Let go of a destination; what of it is still in hand may have arrived."""
        async with or_unavailable():
            await self._pool.execute(
                self._statements["delivery_release_destination"], destination, self._replica
            )

    async def divert(self, at_most: int) -> int:
        """Send to their fallbacks what waits for destinations that were away too often."""
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(self._statements["delivery_lock_keys"])
            rows = await connection.fetch(self._statements["delivery_divert"], at_most)
            await self._fall_back(connection, [row["id"] for row in rows])
        return len(rows)

    async def give_up(self, at_most: int) -> int:
        """End what was to be delivered by now."""
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(self._statements["delivery_lock_keys"])
            rows = await connection.fetch(self._statements["delivery_give_up"], at_most)
            diverted = [row["id"] for row in rows if row["state"] == State.DIVERTED]
            await self._fall_back(connection, diverted)
        return len(rows)

    async def set_right(self) -> None:
        """Let nothing wait for longer than it was meant to because the clock of Postgres was set back."""
        async with or_unavailable():
            await self._pool.execute(self._statements["delivery_set_right"])

    async def reduce(self, days: float, at_most: int) -> int:
        """Keep only the keys of what ended more than so many days ago."""
        async with or_unavailable():
            # To lock everybody out for nothing, every few seconds, would be felt.
            if not await self._pool.fetchval(self._statements["delivery_is_old"], days):
                return 0
        async with (
            or_unavailable(),
            self._pool.acquire() as connection,
            connection.transaction(),
        ):
            await connection.execute(self._statements["delivery_lock_out"])
            count: int = await connection.fetchval(
                self._statements["delivery_reduce"], days, at_most
            )
        return count

    async def add_up(self) -> None:
        """Keep the counts short."""
        async with or_unavailable():
            await self._pool.execute(self._statements["delivery_add_up"])

    async def _fall_back(self, connection: Any, diverted: Sequence[int]) -> None:
        if diverted:
            await connection.execute(self._statements["delivery_fall_back"], diverted)
            await connection.execute("SELECT pg_notify('router', 'deliveries')")


def _row(next_: Next) -> tuple[object, ...]:
    outcome = next_.outcome
    return (
        next_.id,
        str(next_.state),
        next_.pause,
        next_.attempts,
        next_.breaks,
        next_.is_doubtful,
        next_.is_duplicate,
        outcome and outcome.protocol,
        outcome and outcome.status,
        next_.reason,
    )


@asynccontextmanager
async def or_unavailable() -> AsyncIterator[None]:
    """Translate "not now" into the error that all here bear."""
    try:
        async with away_is_unavailable():
            yield
    except DeadlockDetectedError as error:
        # Whoever asks for several deliveries and whoever ends them may meet in the middle.
        raise Unavailable from error
