"""Feed rows as the projector writes them, each for a real event of a real log."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import zstandard

from axial.changefeed.azure.rendering import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import Event, ResourceDeletionRequested
from axial.common.identifiers import Level, ResourceId, ResourceIds, resource_ids
from axial.common.postgres import Connection
from axial.common.recorded import LogSequence
from axial.common.testing.dicom_files import dicom_file
from axial.common.testing.facts import instance_received
from axial.common.ticks import TICKS_PER_SECOND, Ticks

#: 2026-11-20T23:58:00Z, the time of the first row.
FIRST_TICKS = Ticks(1_795_219_080 * TICKS_PER_SECOND)

_NEW = {
    Level.INSTANCE: ChangeType.NEW_INSTANCE,
    Level.SERIES: ChangeType.NEW_SERIES,
    Level.STUDY: ChangeType.NEW_STUDY,
    Level.PATIENT: ChangeType.NEW_PATIENT,
}


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance by the identifiers in its header."""

    sop: str
    series: str = "1.2.3"
    study: str = "1.2"
    patient: str = "P1"

    @property
    def ids(self) -> ResourceIds:
        """Its own and its ancestors' names."""
        return resource_ids(self.patient, self.study, self.series, self.sop)


@dataclass
class FeedWriter:
    """Stands in for the projector: one transaction an event, numbers without gaps, times that rise."""

    connection: Connection
    log: EventLog
    #: How far the time of each row is from the one before.
    step: int = TICKS_PER_SECOND
    log_sequence: int = 0
    change_sequence: int = 0
    instance_sequence: int = 0
    #: The time of the next row.
    ticks: Ticks = FIRST_TICKS
    present: dict[ResourceId, Instance] = field(default_factory=dict)

    async def store(self, *instances: Instance, header: bytes = b"") -> list[int]:
        """Store instances, one event each; return the sequences of their entries."""
        return [await self._store(instance, header) for instance in instances]

    async def update(self, instance: Instance, header: bytes = b"") -> int:
        """Give an instance another content; return the sequence of its entry."""
        await self.append()
        changes = [(ChangeType.UPDATED_ATTACHMENT, Level.INSTANCE, instance.ids.instance)]
        return (await self._commit(changes, [(Action.UPDATE, instance)], header))[0]

    async def delete(self, *instances: Instance) -> list[int]:
        """Delete instances by one event, with the ancestors that it leaves empty."""
        await self.append()
        changes: list[tuple[ChangeType, Level, ResourceId]] = []
        for instance in instances:
            del self.present[instance.ids.instance]
            changes.append((ChangeType.DELETED, Level.INSTANCE, instance.ids.instance))
        for level in (Level.SERIES, Level.STUDY, Level.PATIENT):
            gone = {i.ids.at(level) for i in instances} - self._ancestors(level)
            changes += [(ChangeType.DELETED, level, name) for name in sorted(gone)]
        return await self._commit(changes, [(Action.DELETE, i) for i in instances])

    async def change(self, kind: ChangeType, level: Level, resource_id: ResourceId) -> None:
        """Tell of a change that concerns no instance's bytes."""
        await self.append()
        await self._commit([(kind, level, resource_id)], [])

    async def append(self, event: Event | None = None) -> LogSequence:
        """Append an event that no row tells of yet: the projection is now behind the log."""
        event = event or ResourceDeletionRequested(
            level=Level.PATIENT, resource_id=ResourceId("unknown")
        )
        sequence = await self.log.append(event, new_envelope("axial/test"))
        self.log_sequence = sequence
        return sequence

    async def catch_up(self) -> None:
        """Fold what was appended, as events that change nothing."""
        await self._commit([], [])

    async def _store(self, instance: Instance, header: bytes) -> int:
        await self.append(
            instance_received(instance.patient, instance.study, instance.series, instance.sop)
        )
        changes = [
            (_NEW[level], level, instance.ids.at(level))
            for level in reversed(Level)
            if level is Level.INSTANCE or instance.ids.at(level) not in self._ancestors(level)
        ]
        self.present[instance.ids.instance] = instance
        return (await self._commit(changes, [(Action.CREATE, instance)], header))[0]

    def _ancestors(self, level: Level) -> set[ResourceId]:
        return {instance.ids.at(level) for instance in self.present.values()}

    async def _commit(
        self,
        changes: Sequence[tuple[ChangeType, Level, ResourceId]],
        entries: Sequence[tuple[Action, Instance]],
        header: bytes = b"",
    ) -> list[int]:
        """Write the rows, the data sets and the position in one transaction, and notify."""
        sequences: list[int] = []
        given = self.ticks
        async with self.connection.transaction():
            for kind, level, name in changes:
                self.change_sequence += 1
                await self.connection.execute(
                    "INSERT INTO feed.changes VALUES ($1, $2, $3, $4, $5, $6)",
                    self.change_sequence, kind, level, name, self.ticks, self.log_sequence,
                )  # fmt: skip
            for action, instance in entries:
                self.instance_sequence += 1
                sequences.append(self.instance_sequence)
                await self.connection.execute(
                    "INSERT INTO feed.instance_changes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    self.instance_sequence, action, instance.ids.instance, instance.study,
                    instance.series, instance.sop, self.ticks, self.change_sequence,
                    self.log_sequence,
                )  # fmt: skip
                await self._put_dataset(action, instance, header)
                given = self.ticks
                self.ticks = Ticks(self.ticks + self.step)
            await self.connection.execute(
                "UPDATE feed.position SET log_sequence = $1, change_sequence = $2,"
                " instance_sequence = $3, ticks = $4",
                self.log_sequence, self.change_sequence, self.instance_sequence, given,
            )  # fmt: skip
            await self.connection.execute("SELECT pg_notify('feed', $1)", str(self.log_sequence))
        return sequences

    async def _put_dataset(self, action: Action, instance: Instance, header: bytes) -> None:
        name = instance.ids.instance
        await self.connection.execute("DELETE FROM feed.datasets WHERE instance_id = $1", name)
        if action is not Action.DELETE:
            await self.connection.execute(
                "INSERT INTO feed.datasets (instance_id, version, header) VALUES ($1, $2, $3)",
                name, self.instance_sequence, zstandard.compress(header or header_of(instance)),
            )  # fmt: skip


def header_of(instance: Instance, **attributes: str) -> bytes:
    """Make the header of a small CT instance; further attributes by keyword."""
    return dicom_file(
        PatientID=instance.patient,
        StudyInstanceUID=instance.study,
        SeriesInstanceUID=instance.series,
        SOPInstanceUID=instance.sop,
        **attributes,
    )
