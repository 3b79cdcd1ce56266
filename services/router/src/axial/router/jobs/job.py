"""A job as it is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from axial.router.jobs.faults import Fault
from axial.router.jobs.states import JobState, Wish

#: A row of a statement: asyncpg's records are no mappings to the type checker.
Row: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this replica has just taken in hand."""

    id: UUID
    type_name: str
    parameters: Mapping[str, Any]
    content: dict[str, Any]
    notes: dict[str, Any]
    progress: float
    #: Of whoever had it in hand before, and died.
    wish: Wish | None
    #: How often in a row our own services were away.
    interruptions: int

    @classmethod
    def of(cls, row: Row) -> "Taken":
        """Read a row."""
        return cls(
            id=row["id"],
            type_name=row["type"],
            parameters=json.loads(row["parameters"]),
            content=json.loads(row["content"]),
            notes=json.loads(row["notes"]),
            progress=row["progress"],
            wish=wish_of(row),
            interruptions=row["interruptions"],
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A job as users see it, at one moment."""

    id: UUID
    type_name: str
    state: JobState
    priority: int
    content: Mapping[str, Any]
    user_data: Any
    #: From 0 to 1.
    progress: float
    fault: Fault | None
    created_at: datetime
    #: When its state became what it is.
    changed_at: datetime
    #: How long it has run, pauses left out.
    runtime_seconds: float
    told_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Job":
        """Read a row."""
        runtime_seconds = row["run_seconds"]
        if row["running_since"] is not None:
            runtime_seconds += (row["told_at"] - row["running_since"]).total_seconds()
        return cls(
            id=row["id"],
            type_name=row["type"],
            state=JobState(row["state"]),
            priority=row["priority"],
            content=json.loads(row["content"]),
            user_data=json.loads(row["user_data"]),
            progress=row["progress"],
            fault=_fault(row),
            created_at=row["created_at"],
            changed_at=row["changed_at"],
            runtime_seconds=max(runtime_seconds, 0.0),
            told_at=row["told_at"],
        )


def wish_of(row: Row) -> Wish | None:
    """Read what is wished of a job in hand."""
    return None if row["wish"] is None else Wish(row["wish"])


def _fault(row: Row) -> Fault | None:
    if row["error_kind"] is None:
        return None
    payload = row["error_payload"]
    return Fault(
        row["error_kind"], row["error_details"], None if payload is None else json.loads(payload)
    )
