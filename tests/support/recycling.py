"""Random histories of an archive with limits, and the simplest thing that must come to the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import strategies as st

from axial.common.events import (
    AttachmentWriteRequested,
    Event,
    InstanceReceived,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    StorageLimits,
)
from axial.common.identifiers import Level, ResourceId, resource_ids
from axial.common.testing.facts import instance_received

_PATIENTS = 5
_INSTANCES = 3


@dataclass
class _Patient:
    #: Identifier to what it takes: instances, and what is attached to the patient under a number.
    instances: dict[ResourceId, int] = field(default_factory=dict)
    attached: dict[int, int] = field(default_factory=dict)
    is_protected: bool = False
    newest_at: int = 0

    @property
    def size(self) -> int:
        return sum(self.instances.values()) + sum(self.attached.values())


class SimpleArchive:
    """Instances in a dictionary, each operation done in the most obvious way."""

    def __init__(self) -> None:
        self.patients: dict[ResourceId, _Patient] = {}
        self._clock = 0

    def apply(self, event: Event) -> str:
        """Do what an event asks for; tell what was decided."""
        self._clock += 1
        match event:
            case InstanceReceived():
                return self._store(event)
            case ResourceDeletionRequested():
                return self._delete(event.resource_id)
            case ProtectionChangeRequested():
                patient = self.patients.get(event.resource_id)
                if patient is None:
                    return "not_found"
                if patient.is_protected and not event.is_protected:
                    patient.newest_at = self._clock
                patient.is_protected = event.is_protected
                return "written"
            case AttachmentWriteRequested():
                patient = self.patients.get(event.resource_id)
                if patient is None:
                    return "not_found"
                patient.attached[event.number] = event.size_bytes
                return "written"
        raise AssertionError("histories have no other events")

    @property
    def instances(self) -> set[ResourceId]:
        """Name what is there."""
        return {name for patient in self.patients.values() for name in patient.instances}

    def _store(self, event: InstanceReceived) -> str:
        ids = event.resource_ids()
        present = self.patients.get(ids.patient, _Patient()).instances.get(ids.instance)
        if present is not None and event.overwrite == "never":
            return "already_stored"
        if not self._make_room(event, ids.patient, present or 0):
            return "full"
        if present is not None:
            # As Orthanc overwrites: what was alone goes with what hung on it, and its protection.
            self._delete(ids.instance)
        patient = self.patients.setdefault(ids.patient, _Patient())
        patient.instances[ids.instance] = event.kept_bytes
        patient.newest_at = self._clock
        return "stored" if present is None else "replaced"

    def _make_room(self, event: InstanceReceived, spared: ResourceId, freed: int) -> bool:
        limits = event.limits
        if limits is None:
            return True
        going: list[ResourceId] = []

        def fits() -> bool:
            left = {name: p for name, p in self.patients.items() if name not in going}
            size = sum(patient.size for patient in left.values()) - freed + event.kept_bytes
            too_large = 0 < limits.maximum_bytes < size
            is_new = spared not in self.patients
            too_many = is_new and 0 < limits.maximum_patients < len(left) + 1
            return not too_large and not too_many

        order = sorted(self.patients, key=lambda name: self.patients[name].newest_at)
        for name in order:
            if fits() or limits.mode == "reject":
                break
            if name != spared and not self.patients[name].is_protected:
                going.append(name)
        if not fits():
            return False
        for name in going:
            del self.patients[name]
        return True

    def _delete(self, name: ResourceId) -> str:
        if name in self.patients:
            del self.patients[name]
            return "deleted"
        for owner, patient in list(self.patients.items()):
            if name in patient.instances:
                del patient.instances[name]
                if not patient.instances:
                    del self.patients[owner]
                return "deleted"
        return "not_found"


def _ids(patient: int, instance: int) -> tuple[str, str, str, str]:
    return f"P{patient}", f"1.{patient}", f"1.{patient}.1", f"1.{patient}.1.{instance}"


_patients = st.integers(0, _PATIENTS - 1)
_instances = st.integers(0, _INSTANCES - 1)


@st.composite
def _stores(draw: st.DrawFn, limits: StorageLimits) -> Event:
    names = _ids(draw(_patients), draw(_instances))
    event = instance_received(
        *names,
        content=draw(st.sampled_from("abc")) * draw(st.integers(1, 40)),
        overwrite=draw(st.sampled_from(("never", "always"))),
    )
    # Some come by a process that knows of no limits.
    return event.model_copy(update={"limits": limits if draw(st.integers(0, 9)) else None})


@st.composite
def _others(draw: st.DrawFn) -> Event:
    patient, instance = draw(_patients), draw(_instances)
    ids = resource_ids(*_ids(patient, instance))
    match draw(st.sampled_from(("delete", "delete patient", "protect", "unprotect", "attach"))):
        case "delete":
            return ResourceDeletionRequested(level=Level.INSTANCE, resource_id=ids.instance)
        case "delete patient":
            return ResourceDeletionRequested(level=Level.PATIENT, resource_id=ids.patient)
        case "attach":
            number = draw(st.integers(1024, 1025))
            return AttachmentWriteRequested(
                level=Level.PATIENT,
                resource_id=ids.patient,
                number=number,
                blob_key=f"2026/11/20/2358/{patient}-{number}-{draw(st.integers(0, 10**9))}.attachment",
                size_bytes=draw(st.integers(1, 40)),
                md5="0" * 32,
                stored_at=datetime(2100, 1, 1, tzinfo=UTC),
            )
        case verb:
            return ProtectionChangeRequested(
                level=Level.PATIENT, resource_id=ids.patient, is_protected=verb == "protect"
            )


@st.composite
def histories(draw: st.DrawFn) -> Sequence[Event]:
    """Make a history with limits that it keeps meeting."""
    limits = StorageLimits(
        maximum_bytes=draw(st.sampled_from((0, 60, 120))),
        maximum_patients=draw(st.integers(0, 3)),
        mode=draw(st.sampled_from(("recycle", "recycle", "reject"))),
    )
    return draw(st.lists(st.one_of(_stores(limits), _stores(limits), _others()), max_size=40))
