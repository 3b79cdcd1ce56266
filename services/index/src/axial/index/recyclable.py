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
) -> Recyclable | None:
    """Load what a batch needs to make room; None when nothing in it is limited."""
    limited = [
        recorded.event
        for recorded in batch
        if isinstance(recorded.event, InstanceReceived) and recorded.event.limits is not None
    ]
    if not limited:
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
    need = _need(usage, batch, limited)
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


def _need(usage: Usage, batch: Sequence[Recorded], limited: Sequence[InstanceReceived]) -> _Need:
    growth = 0
    # Those that come by a process that knows of no limits as well.
    newcomers = set()
    for recorded in batch:
        match recorded.event:
            case InstanceReceived() as event:
                growth += event.kept_bytes
                newcomers.add(event.resource_ids().patient)
            case AttachmentWriteRequested() as event:
                growth += event.size_bytes
            case AttachmentCompressionChangeRequested() as event:
                growth += event.stored_size_bytes
    limits = [(event, event.limits) for event in limited if event.limits is not None]
    # What alone exceeds the limit does not fit whoever goes, and nobody goes for it.
    bytes_allowed = [
        limit.maximum_bytes
        for event, limit in limits
        if limit.mode == "recycle" and 0 < limit.maximum_bytes >= event.kept_bytes
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
