"""A command becomes an event, then an answer."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from axial.common.errors import Conflict, NotFound
from axial.common.event_log import new_envelope
from axial.common.events import (
    ChangesCleared,
    Envelope,
    Event,
    ExportsCleared,
    ResourceDeletionRequested,
)
from axial.common.identifiers import Level, ResourceId
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.outcomes import Outcome, RemainingAncestor
from axial.common.recorded import LogSequence
from axial.ingest.metrics import IngestMetrics
from axial.ingest.receive import SOURCE, Log

# Deletions of one request that are under way together: enough to share the projector's commits and the log's
# fsyncs, few enough that large resources in a row fit its memory, and that other senders get their turn.
_DELETIONS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Deleted:
    """The resource is gone, with the ancestors it was the last child of."""

    remaining_ancestor: RemainingAncestor | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command is durable; the index has not carried it out yet."""

    sequence: LogSequence


class Commands:
    """Appends what was asked for; what comes of it, the log's fold says."""

    def __init__(
        self,
        log: Log,
        outcomes: OutcomeInbox,
        metrics: IngestMetrics,
        deletion_grace_seconds: int = 0,
    ) -> None:
        self._log = log
        self._outcomes = outcomes
        self._metrics = metrics
        self._deletion_grace_seconds = deletion_grace_seconds

    async def delete(
        self,
        level: Level,
        resource_id: ResourceId,
        remote_ip: str,
        http_username: str,
        wait_seconds: float,
        *,
        if_md5: str | None = None,
        spares_protected: bool = False,
    ) -> Deleted | Accepted:
        """Delete a resource and what is below it; raise NotFound or Unavailable.

        With `if_md5` only an instance of that file, with `spares_protected` nothing of a protected one: or Conflict.
        """
        event = ResourceDeletionRequested(
            level=level,
            resource_id=resource_id,
            grace_seconds=self._deletion_grace_seconds,
            if_md5=if_md5,
            spares_protected=spares_protected,
            remote_ip=remote_ip,
            http_username=http_username,
        )
        outcome = await self.ask(event, wait_seconds)
        if isinstance(outcome, Accepted):
            return outcome
        if outcome.decision == "not_found":
            raise NotFound
        if outcome.decision == "conflict":
            raise Conflict
        return Deleted(outcome.remaining_ancestor)

    async def delete_all(
        self,
        resource_ids: Iterable[ResourceId],
        remote_ip: str,
        http_username: str,
        wait_seconds: float,
    ) -> Accepted | None:
        """Delete resources of any level, those that are there; None once all is decided. Raise Unavailable.

        Once an outcome is late, the others are not waited for: an index that is away costs one wait, not one each.
        """
        waiting = iter(dict.fromkeys(resource_ids))
        late: list[Accepted] = []

        async def delete_some() -> None:
            for resource_id in waiting:
                event = ResourceDeletionRequested(
                    resource_id=resource_id,
                    grace_seconds=self._deletion_grace_seconds,
                    remote_ip=remote_ip,
                    http_username=http_username,
                )
                outcome = await self.ask(event, 0.0 if late else wait_seconds)
                if isinstance(outcome, Accepted):
                    late.append(outcome)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_DELETIONS_AT_ONCE):
                    group.create_task(delete_some())
        except ExceptionGroup as errors:
            # What one of them met, the others met or were spared.
            raise errors.exceptions[0] from None
        return max(late, key=lambda accepted: accepted.sequence, default=None)

    async def clear_exports(
        self, remote_ip: str, http_username: str, wait_seconds: float
    ) -> Accepted | None:
        """Empty the log of exports; None once it is done. Raise Unavailable."""
        event = ExportsCleared(remote_ip=remote_ip, http_username=http_username)
        outcome = await self.ask(event, wait_seconds)
        return outcome if isinstance(outcome, Accepted) else None

    async def clear_changes(
        self, remote_ip: str, http_username: str, wait_seconds: float
    ) -> Accepted | None:
        """Empty Orthanc's view of the changes; None once it is done. Raise Unavailable."""
        event = ChangesCleared(remote_ip=remote_ip, http_username=http_username)
        outcome = await self.ask(event, wait_seconds)
        return outcome if isinstance(outcome, Accepted) else None

    async def ask(
        self, event: Event, wait_seconds: float, envelope: Envelope | None = None
    ) -> Outcome | Accepted:
        """Append an event; wait for what was decided, no longer than given."""
        envelope = envelope or new_envelope(SOURCE)
        with self._outcomes.expect(envelope.id) as pending:
            reply_to = pending.reply_to if wait_seconds else ""
            sequence = await self._log.append(event, envelope, reply_to)
            outcome = await pending.wait(wait_seconds) if wait_seconds else None
        if outcome is None:
            if wait_seconds:
                self._metrics.late_outcomes.inc()
            return Accepted(sequence)
        return outcome
