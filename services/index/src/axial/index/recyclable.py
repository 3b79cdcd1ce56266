"""Fetch from Postgres which patients a batch may recycle: the oldest ones, and enough of them.

Enough means: whatever the batch does to the patients that it names, those that it does not name are old enough to go
first, and make all the room that its instances can need. So the fold decides the same wherever batches begin.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from axial.common.events import (
    AttachmentCompressionChangeRequested,
    AttachmentWriteRequested,
    InstanceReceived,
    ProtectionChangeRequested,
    StorageLimits,
)
from axial.common.identifiers import ResourceId
from axial.common.postgres import Connection, Statements
from axial.common.recorded import Recorded
from axial.index.state import Usage

_PAGE_PATIENTS = 16


@dataclass(frozen=True, slots=True)
class Recyclable:
    """How full the archive is, and who may have to go."""

    usage: Usage
    patients: Sequence[ResourceId]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What wants room, and how much there is at all."""

    limits: StorageLimits | None
    patient: ResourceId
    disk_bytes: int


@dataclass(frozen=True, slots=True)
class _Need:
    """How much room a batch can need at most."""

    disk_bytes: int
    patients: int

    def is_met_by(self, disk_bytes: int, patients: int) -> bool:
        """Tell whether so much is enough."""
        return disk_bytes >= self.disk_bytes and patients >= self.patients


async def load_recyclable(
    connection: Connection,
    statements: Statements,
    batch: Sequence[Recorded],
    named: Collection[ResourceId],
    returning: Arrival | None = None,
) -> Recyclable | None:
    """Load what a batch needs to make room; None when nothing in it is limited.

    `returning` is what comes back from the trash.
    """
    arrivals = [
        Arrival(event.limits, event.resource_ids().patient, event.kept_bytes)
        for recorded in batch
        if isinstance(event := recorded.event, InstanceReceived)
    ]
    if returning is not None:
        arrivals.append(returning)
    if all(arrival.limits is None for arrival in arrivals):
        return None
    row = await connection.fetchrow(statements["read_totals"])
    assert row is not None, "the migration puts this row in"
    usage = Usage(row["disk_size_bytes"], row["patients"])
    # Who is no longer protected may go as well, as the newest.
    patients = [
        recorded.event.resource_id
        for recorded in batch
        if isinstance(recorded.event, ProtectionChangeRequested)
    ]
    need = _need(usage, batch, arrivals)
    found_bytes = found_patients = after = 0
    while not need.is_met_by(found_bytes, found_patients):
        page = await connection.fetch(statements["find_recyclable"], after, _PAGE_PATIENTS)
        for patient in page:
            patients.append(patient["id"])
            after = patient["recycling_sequence"]
            if patient["id"] not in named:
                found_bytes += patient["disk_size_bytes"]
                found_patients += 1
            if need.is_met_by(found_bytes, found_patients):
                break
        if len(page) < _PAGE_PATIENTS:
            break
    return Recyclable(usage, patients)


def _need(usage: Usage, batch: Sequence[Recorded], arrivals: Sequence[Arrival]) -> _Need:
    # Those that come by a process that knows of no limits as well.
    growth = sum(arrival.disk_bytes for arrival in arrivals)
    newcomers = {arrival.patient for arrival in arrivals}
    for recorded in batch:
        match recorded.event:
            case AttachmentWriteRequested() as event:
                growth += event.size_bytes
            case AttachmentCompressionChangeRequested() as event:
                growth += event.stored_size_bytes
    limits = [(arrival, arrival.limits) for arrival in arrivals if arrival.limits is not None]
    # What alone exceeds the limit does not fit whoever goes, and nobody goes for it.
    bytes_allowed = [
        limit.maximum_bytes
        for arrival, limit in limits
        if limit.mode == "recycle" and 0 < limit.maximum_bytes >= arrival.disk_bytes
    ]
    patients_allowed = [
        limit.maximum_patients
        for _, limit in limits
        if limit.mode == "recycle" and limit.maximum_patients
    ]
    return _Need(
        usage.disk_bytes + growth - min(bytes_allowed) if bytes_allowed else 0,
        usage.patients + len(newcomers) - min(patients_allowed) if patients_allowed else 0,
    )
