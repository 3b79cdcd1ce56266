"""Random histories of an archive with limits and a trash, and the simplest thing that must come to the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from axial.common.events import (
    AttachmentWriteRequested,
    Event,
    InstanceReceived,
    LabelChangeRequested,
    MetadataWriteRequested,
    ProtectionChangeRequested,
    ResourceDeletionRequested,
    StorageLimits,
    TrashEmptied,
    TrashRestoreRequested,
)
from axial.common.identifiers import Level, ResourceId, ResourceIds
from axial.common.testing.facts import instance_received

_PATIENTS, _STUDIES, _INSTANCES = 3, 2, 2


@dataclass
class _File:
    #: The first of them is what its size is of.
    blobs: tuple[str, ...]
    size: int


@dataclass
class _Contents:
    """Instances, and what hangs on them and on whatever is above them."""

    instances: dict[ResourceId, tuple[ResourceIds, _File]] = field(default_factory=dict)
    attached: dict[tuple[ResourceId, int], _File] = field(default_factory=dict)
    metadata: dict[tuple[ResourceId, int], bytes] = field(default_factory=dict)
    labels: set[tuple[ResourceId, str]] = field(default_factory=set)
    protected: set[ResourceId] = field(default_factory=set)

    def resources(self) -> set[ResourceId]:
        """Name all that is there."""
        return {ids.at(level) for ids, _ in self.instances.values() for level in Level}

    def files(self) -> list[_File]:
        return [*(file for _, file in self.instances.values()), *self.attached.values()]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files())

    def blobs(self) -> set[str]:
        return {blob for file in self.files() for blob in file.blobs}

    def take(self, resource: ResourceId) -> "_Contents":
        """Take a resource out with all below it, and whatever nothing is left of."""
        before = self.resources()
        taken = _Contents()
        for name, (ids, _) in list(self.instances.items()):
            if any(ids.at(level) == resource for level in Level):
                taken.instances[name] = self.instances.pop(name)
        gone = before - self.resources()
        for key in [key for key in self.attached if key[0] in gone]:
            taken.attached[key] = self.attached.pop(key)
        for key in [key for key in self.metadata if key[0] in gone]:
            taken.metadata[key] = self.metadata.pop(key)
        taken.labels = {label for label in self.labels if label[0] in gone}
        self.labels -= taken.labels
        taken.protected = self.protected & gone
        self.protected -= gone
        return taken


class SimpleArchive:
    """Everything in dictionaries, each operation done in the most obvious way; one event a second."""

    def __init__(self) -> None:
        self.present = _Contents()
        #: By deletion: until when, and what.
        self.trash: dict[int, tuple[int, _Contents]] = {}
        self.garbage: set[str] = set()
        self._newest: dict[ResourceId, int] = {}
        self._clock = 0

    def apply(self, event: Event) -> str:
        """Do what an event asks for; tell what was decided."""
        self._clock += 1
        match event:
            case InstanceReceived():
                return self._store(event)
            case ResourceDeletionRequested():
                return self._delete(event.resource_id, event.grace_seconds)
            case TrashRestoreRequested():
                return self._restore(event.deletion, event.limits)
            case TrashEmptied():
                return self._empty(event)
            case ProtectionChangeRequested():
                return self._protect(event.resource_id, wanted=event.is_protected)
            case AttachmentWriteRequested() | MetadataWriteRequested() | LabelChangeRequested():
                return self._annotate(event)
        raise AssertionError("histories have no other events")

    def _store(self, event: InstanceReceived) -> str:
        ids = event.resource_ids()
        blobs = tuple(filter(None, (event.blob_key, event.header_blob_key)))
        file = _File(blobs, event.kept_bytes)
        present = self.present.instances.get(ids.instance)
        if present is not None and event.overwrite == "never":
            self.garbage.update(blobs)
            return "already_stored"
        growth = file.size - (present[1].size if present else 0)
        if not self._make_room(event.limits, ids.patient, growth):
            self.garbage.update(blobs)
            return "full"
        if present is not None:
            # As Orthanc overwrites: what was alone goes with what hung on it, and its protection.
            self.garbage |= self.present.take(ids.instance).blobs()
        self.present.instances[ids.instance] = ids, file
        self._newest[ids.patient] = self._clock
        return "stored" if present is None else "replaced"

    def _delete(self, resource: ResourceId, grace: int) -> str:
        if resource not in self.present.resources():
            return "not_found"
        taken = self.present.take(resource)
        if grace:
            self.trash[self._clock] = self._clock + grace, taken
        else:
            self.garbage |= taken.blobs()
        return "deleted"

    def _restore(self, deletion: int, limits: StorageLimits | None) -> str:
        if deletion not in self.trash:
            return "not_found"
        _, taken = self.trash[deletion]
        (patient,) = {ids.patient for ids, _ in taken.instances.values()}
        new = {
            name: it for name, it in taken.instances.items() if name not in self.present.instances
        }
        files = {key: it for key, it in taken.attached.items() if key not in self.present.attached}
        growth = _Contents(new, files).size
        if not self._make_room(limits, patient, growth):
            return "full"
        del self.trash[deletion]
        self.garbage |= taken.blobs() - _Contents(new, files).blobs()
        self.present.instances |= new
        self.present.attached |= files
        self.present.metadata = taken.metadata | self.present.metadata
        self.present.labels |= taken.labels
        self.present.protected |= taken.protected
        if new:
            self._newest[patient] = self._clock
        return "restored"

    def _empty(self, event: TrashEmptied) -> str:
        if event.deletion not in self.trash:
            return "not_found"
        until, taken = self.trash[event.deletion]
        if event.by == "clock" and self._clock < until:
            return "outdated"
        del self.trash[event.deletion]
        self.garbage |= taken.blobs()
        return "removed"

    def _protect(self, patient: ResourceId, *, wanted: bool) -> str:
        if patient not in self.present.resources():
            return "not_found"
        if patient in self.present.protected and not wanted:
            self._newest[patient] = self._clock
        (self.present.protected.add if wanted else self.present.protected.discard)(patient)
        return "written"

    def _annotate(
        self, event: AttachmentWriteRequested | MetadataWriteRequested | LabelChangeRequested
    ) -> str:
        is_there = event.resource_id in self.present.resources()
        match event:
            case AttachmentWriteRequested():
                key = event.resource_id, event.number
                if not is_there:
                    self.garbage.add(event.blob_key)
                else:
                    if before := self.present.attached.get(key):
                        self.garbage.update(before.blobs)
                    self.present.attached[key] = _File((event.blob_key,), event.size_bytes)
            case MetadataWriteRequested() if is_there:
                self.present.metadata[event.resource_id, event.number] = event.value
            case LabelChangeRequested() if is_there:
                self.present.labels.add((event.resource_id, event.label))
        return "written" if is_there else "not_found"

    def _make_room(self, limits: StorageLimits | None, spared: ResourceId, growth: int) -> bool:
        if limits is None:
            return True
        patients = {ids.patient for ids, _ in self.present.instances.values()}
        sizes = {name: self._size_of(name) for name in patients}
        going: list[ResourceId] = []

        def fits() -> bool:
            left = [name for name in patients if name not in going]
            too_large = 0 < limits.maximum_bytes < sum(sizes[name] for name in left) + growth
            too_many = spared not in patients and 0 < limits.maximum_patients < len(left) + 1
            return not too_large and not too_many

        for name in sorted(patients, key=self._newest.__getitem__):
            if fits() or limits.mode == "reject":
                break
            if name != spared and name not in self.present.protected:
                going.append(name)
        if not fits():
            return False
        for name in going:
            self.garbage |= self.present.take(name).blobs()
        return True

    def _size_of(self, patient: ResourceId) -> int:
        instances = [it for it in self.present.instances.values() if it[0].patient == patient]
        below = {ids.at(level) for ids, _ in instances for level in Level}
        attached = [file for key, file in self.present.attached.items() if key[0] in below]
        return sum(file.size for _, file in instances) + sum(file.size for file in attached)


def _key(position: int, suffix: str) -> str:
    """Name a blob after the event that brings it, as ingest does."""
    return f"2026/11/20/2358/{position:032x}.{suffix}"


def _instance(draw: st.DrawFn) -> InstanceReceived:
    patient = draw(st.integers(0, _PATIENTS - 1))
    study = f"1.{patient}.{draw(st.integers(0, _STUDIES - 1))}"
    number = draw(st.integers(1, _INSTANCES))
    return instance_received(
        f"P{patient}",
        study,
        f"{study}.1",
        f"{study}.1.{number}",
        content=draw(st.sampled_from("abc")) * draw(st.integers(1, 40)),
        overwrite=draw(st.sampled_from(("never", "always"))),
        number=str(number),
        CardiacNumberOfImages=str(_INSTANCES),
    )


def _stored(draw: st.DrawFn, position: int, limits: StorageLimits) -> Event:
    event = _instance(draw)
    changes: dict[str, Any] = {"blob_key": _key(position, "dcm")}
    # Some come by a process that knows of no limits.
    changes["limits"] = None if _once_in_a_while(draw) else limits
    if draw(st.integers(0, 4)) == 0:
        changes |= {"header": None, "header_blob_key": _key(position, "header")}
    return event.model_copy(update=changes)


def _once_in_a_while(draw: st.DrawFn) -> bool:
    # In the middle: the ends are drawn more often.
    return draw(st.integers(0, 15)) == 7


def _some_resource(draw: st.DrawFn, archive: SimpleArchive) -> tuple[Level, ResourceId]:
    """Name one that is there, mostly."""
    lineages = [ids for ids, _ in archive.present.instances.values()]
    if not lineages or _once_in_a_while(draw):
        lineages = [_instance(draw).resource_ids()]
    level = draw(st.sampled_from(Level))
    return level, draw(st.sampled_from(lineages)).at(level)


def _annotated(draw: st.DrawFn, position: int, archive: SimpleArchive) -> Event:
    level, resource_id = _some_resource(draw, archive)
    about: dict[str, Any] = {"level": level, "resource_id": resource_id}
    number = draw(st.integers(1024, 1025))
    kinds = ["attach", "attach", "metadata", "label"]
    match draw(st.sampled_from([*kinds, *["protect"] * 4 * (level is Level.PATIENT)])):
        case "attach":
            return AttachmentWriteRequested(
                **about,
                number=number,
                blob_key=_key(position, "attachment"),
                size_bytes=draw(st.integers(1, 40)),
                md5="0" * 32,
                stored_at=datetime(2100, 1, 1, tzinfo=UTC),
            )
        case "metadata":
            return MetadataWriteRequested(**about, number=number, value=str(position).encode())
        case "label":
            return LabelChangeRequested(
                **about, label=draw(st.sampled_from(("a", "b"))), present=True
            )
    return ProtectionChangeRequested(**about, is_protected=draw(st.booleans()))


@st.composite
def histories(draw: st.DrawFn) -> Sequence[Event]:
    """Make a history with limits that it keeps meeting, and with a trash that it keeps looking through."""
    limits = StorageLimits(
        maximum_bytes=draw(st.sampled_from((0, 100, 200))),
        maximum_patients=draw(st.sampled_from((0, 1, 2, 3))),
        mode=draw(st.sampled_from(("recycle", "recycle", "reject"))),
    )
    events: list[Event] = []
    # So that most of what is asked for is about something.
    archive = SimpleArchive()
    kinds = ["store"] * 5 + ["annotate"] * 3 + ["delete"] * 4 + ["restore"] * 3 + ["empty"]
    for position in range(1, draw(st.integers(0, 40)) + 1):
        kind = draw(st.sampled_from(kinds))
        taken = [1] if _once_in_a_while(draw) else [*archive.trash]
        if kind in ("restore", "empty") and not taken:
            kind = "delete"
        if kind in ("delete", "annotate") and not archive.present.instances:
            kind = "store"
        match kind:
            case "store":
                event = _stored(draw, position, limits)
            case "annotate":
                event = _annotated(draw, position, archive)
            case "delete":
                level, resource_id = _some_resource(draw, archive)
                event = ResourceDeletionRequested(
                    level=draw(st.sampled_from((level, None))),
                    resource_id=resource_id,
                    grace_seconds=draw(st.sampled_from((0, 5, 1000, 1000))),
                )
            case "restore":
                event = TrashRestoreRequested(
                    deletion=draw(st.sampled_from(taken)),
                    limits=None if _once_in_a_while(draw) else limits,
                )
            case _:
                event = TrashEmptied(
                    deletion=draw(st.sampled_from(taken)),
                    by=draw(st.sampled_from(("clock", "user"))),
                )
        events.append(event)
        archive.apply(event)
    return events
