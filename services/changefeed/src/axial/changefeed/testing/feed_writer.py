"""Feed rows as the projector writes them, each for a real event of a real log."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import zstandard

from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.change_types import ChangeType
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import ChangesCleared, Event, ResourceDeletionRequested
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

# A new entry changes how the older ones of its instance are shown; a hidden change, how its page is.
_MARK_ENTRIES = """
INSERT INTO feed.stale_blocks
SELECT DISTINCT 2, sequence >> 10, $2::bigint FROM feed.instance_changes WHERE instance_id = $1
ON CONFLICT (feed, block) DO UPDATE SET log_sequence = EXCLUDED.log_sequence
"""
_MARK_CHANGES = """
INSERT INTO feed.stale_blocks
SELECT DISTINCT 1, sequence >> 10, $2::bigint FROM unnest($1::bigint[]) AS sequence
ON CONFLICT (feed, block) DO UPDATE SET log_sequence = EXCLUDED.log_sequence
"""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance by the identifiers in its header."""

    sop: str
    series: str = "1.2.3"
    study: str = "1.2"
    patient: str = "P1"
    modality: str = "CT"
    #: The AE title that sends it.
    aet: str = ""

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
    cleared_sequence: int = 0
    #: The changes told of each present resource.
    _told: dict[ResourceId, list[int]] = field(default_factory=dict)
    #: An instance of the study that each resource belongs to.
    _study: dict[ResourceId, Instance] = field(default_factory=dict)

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

    async def clear(self) -> None:
        """Empty Orthanc's view of the changes."""
        await self.append(ChangesCleared())
        await self._commit([], [], cleared=True)

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
        *,
        cleared: bool = False,
    ) -> list[int]:
        """Write the rows, the data sets and the position in one transaction, and notify."""
        facts = {
            instance.ids.instance: number
            for number, (_, instance) in enumerate(entries, self.instance_sequence + 1)
        }
        told: dict[ResourceId, int] = {}
        for _, instance in entries:
            self._study.update(dict.fromkeys(_below_patient(instance.ids), instance))
        async with self.connection.transaction():
            for kind, level, name in changes:
                self.change_sequence += 1
                await self._put_change(kind, level, name, facts.get(name))
                if name in facts:
                    told[name] = self.change_sequence
            given = self.ticks
            for action, instance in entries:
                self.instance_sequence += 1
                name = instance.ids.instance
                await self.connection.execute(_MARK_ENTRIES, name, self.log_sequence)
                await self.connection.execute(
                    "INSERT INTO feed.instance_changes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    self.instance_sequence, action, name, instance.study, instance.series,
                    instance.sop, self.ticks, told[name], self.log_sequence,
                )  # fmt: skip
                await self._put_dataset(action, instance, header)
                given = self.ticks
                self.ticks = Ticks(self.ticks + self.step)
            if cleared:
                self.cleared_sequence = self.change_sequence
            await self.connection.execute(
                "UPDATE feed.position SET log_sequence = $1, change_sequence = $2,"
                " instance_sequence = $3, ticks = $4, cleared_sequence = $5",
                self.log_sequence, self.change_sequence, self.instance_sequence, given,
                self.cleared_sequence,
            )  # fmt: skip
            await self.connection.execute("SELECT pg_notify('feed', $1)", str(self.log_sequence))
        return list(facts.values())

    async def _put_change(
        self, kind: ChangeType, level: Level, name: ResourceId, same_fact: int | None
    ) -> None:
        earlier = self._told.setdefault(name, [])
        study = self._study.get(name)
        await self.connection.execute(
            "INSERT INTO feed.changes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            self.change_sequence, kind, level, name, self.ticks, self.log_sequence,
            earlier[-1] if earlier else None, same_fact, study and study.ids.study,
            study and study.study, [study.modality] if study else [],
            [study.aet] if study and study.aet else [],
        )  # fmt: skip
        if kind is ChangeType.DELETED:
            await self.connection.execute(
                "DELETE FROM feed.visible_changes WHERE sequence = ANY ($1::bigint[])", earlier
            )
            await self.connection.execute(_MARK_CHANGES, earlier, self.log_sequence)
            del self._told[name]
        else:
            await self.connection.execute(
                "INSERT INTO feed.visible_changes VALUES ($1)", self.change_sequence
            )
            earlier.append(self.change_sequence)

    async def _put_dataset(self, action: Action, instance: Instance, header: bytes) -> None:
        name = instance.ids.instance
        await self.connection.execute("DELETE FROM feed.datasets WHERE instance_id = $1", name)
        if action is not Action.DELETE:
            await self.connection.execute(
                "INSERT INTO feed.datasets (instance_id, version, header) VALUES ($1, $2, $3)",
                name, self.instance_sequence, zstandard.compress(header or header_of(instance)),
            )  # fmt: skip


def _below_patient(ids: ResourceIds) -> tuple[ResourceId, ...]:
    return (ids.study, ids.series, ids.instance)


def header_of(instance: Instance, **attributes: str) -> bytes:
    """Make the header of a small CT instance; further attributes by keyword."""
    return dicom_file(
        PatientID=instance.patient,
        StudyInstanceUID=instance.study,
        SeriesInstanceUID=instance.series,
        SOPInstanceUID=instance.sop,
        **attributes,
    )
