"""How destinations stand, for operators."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.router.deliveries.delivery import State
from axial.router.destinations.port import DestinationKind, DestinationName


@dataclass(frozen=True, slots=True)
class DestinationStanding:
    """How one destination stands."""

    name: DestinationName
    #: Deliveries by state; none are left out.
    counts: Mapping[State, int]
    #: When the oldest was asked for that is due or being sent, and how long ago that was.
    oldest_at: datetime | None
    oldest_seconds: float
    #: Times in a row that it was away, since when, and until when it is not tried.
    failures: int
    failing_since: datetime | None
    open_until: datetime | None
    #: Of the last attempt.
    protocol: str
    status: int
    reason: str
    attempted_at: datetime | None
    last_delivered_at: datetime | None
    #: Delivered in the last minute.
    delivered_last_minute: int


class Standings:
    """Reads them; Unavailable while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.router.sql")

    async def all(self) -> list[DestinationStanding]:
        """Tell of all destinations to which there ever was something to deliver, by name."""
        async with away_is_unavailable():
            rows = await self._pool.fetch(self._statements["delivery_standings"])
        return [_standing(row) for row in rows]


def _standing(row: Any) -> DestinationStanding:
    counts = {State(state): count for state, count in json.loads(row["counts"]).items()}
    return DestinationStanding(
        name=DestinationName(DestinationKind(row["kind"]), row["name"]),
        counts=counts,
        oldest_at=row["oldest_at"],
        oldest_seconds=row["oldest_seconds"],
        failures=row["failures"],
        failing_since=row["failing_since"],
        open_until=row["open_until"],
        protocol=row["protocol"],
        status=row["status"],
        reason=row["reason"],
        attempted_at=row["attempted_at"],
        last_delivered_at=row["last_delivered_at"],
        delivered_last_minute=row["delivered_last_minute"],
    )
