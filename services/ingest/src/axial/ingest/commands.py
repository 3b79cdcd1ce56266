"""A command becomes an event, then an answer."""

from dataclasses import dataclass

from axial.common.errors import NotFound
from axial.common.event_log import new_envelope
from axial.common.events import ChangesCleared, Envelope, Event, ResourceDeletionRequested
from axial.common.identifiers import Level, ResourceId
from axial.common.outcome_inbox import OutcomeInbox
from axial.common.outcomes import Outcome, RemainingAncestor
from axial.common.recorded import LogSequence
from axial.ingest.metrics import IngestMetrics
from axial.ingest.receive import SOURCE, Log


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

    def __init__(self, log: Log, outcomes: OutcomeInbox, metrics: IngestMetrics) -> None:
        self._log = log
        self._outcomes = outcomes
        self._metrics = metrics

    async def delete(
        self,
        level: Level,
        resource_id: ResourceId,
        remote_ip: str,
        http_username: str,
        wait_seconds: float,
    ) -> Deleted | Accepted:
        """Delete a resource and what is below it; raise NotFound or Unavailable."""
        event = ResourceDeletionRequested(
            level=level, resource_id=resource_id, remote_ip=remote_ip, http_username=http_username
        )
        outcome = await self.ask(event, wait_seconds)
        if isinstance(outcome, Accepted):
            return outcome
        if outcome.decision == "not_found":
            raise NotFound
        return Deleted(outcome.remaining_ancestor)

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
