"""Make room for what comes, or say that there is none (Orthanc's `MaximumStorageSize`, `MaximumPatientCount`). Pure.

The limits travel with the instance, so a replay makes room as it was made then. Patients go as a whole, whoever was the
newest the longest ago first; protected ones never, nor the one that the instance belongs to. Nothing goes unless it
helps: when all that may go would not be enough, nothing goes, and the instance is refused.
"""

from collections.abc import Iterator

from axial.common.events import StorageLimits
from axial.common.identifiers import Level, ResourceId
from axial.common.recorded import Recorded
from axial.index.removal import Removal
from axial.index.state import Effects, Resource, State


class Recycling:
    """What one batch takes away to make room."""

    def __init__(self, state: State, effects: Effects, removal: Removal) -> None:
        self._state = state
        self._effects = effects
        self._removal = removal

    def make_room(
        self,
        recorded: Recorded,
        limits: StorageLimits | None,
        patient: ResourceId,
        growth_bytes: int,
    ) -> int | None:
        """Let old patients go until what comes fits; tell how many went, or None when it cannot fit.

        `growth_bytes` is what it takes, less what it takes the place of.
        """
        if limits is None:
            return 0
        bytes_over, patients_over = self._excess(limits, patient, growth_bytes)
        if bytes_over <= 0 and patients_over <= 0:
            return 0
        if limits.mode == "reject":
            return None
        going = []
        for oldest in self._in_order(patient):
            going.append(oldest)
            bytes_over -= self._disk_bytes(oldest)
            patients_over -= 1
            if bytes_over <= 0 and patients_over <= 0:
                break
        else:
            return None
        for oldest in going:
            self._removal.delete(recorded, oldest, tell_azure=True)
        return len(going)

    def _excess(
        self, limits: StorageLimits, patient: ResourceId, growth_bytes: int
    ) -> tuple[int, int]:
        """Tell by how many bytes and patients the archive would exceed its limits with what comes."""
        usage = self._state.usage
        assert usage is not None, "it is loaded when a batch has limits"
        totals = self._effects.totals
        disk_bytes = usage.disk_bytes + totals.disk_size_bytes + self._effects.attached_disk_bytes
        bytes_over = patients_over = 0
        if limits.maximum_bytes:
            bytes_over = disk_bytes + growth_bytes - limits.maximum_bytes
        if limits.maximum_patients and patient not in self._state.resources:
            patients_over = usage.patients + totals.patients + 1 - limits.maximum_patients
        return bytes_over, patients_over

    def _in_order(self, spared: ResourceId) -> Iterator[Resource]:
        """List the patients that may go, in the order in which they would."""
        present = (
            self._state.resources[name]
            for name in self._state.recyclable
            if name != spared and name in self._state.resources
        )
        return iter(
            sorted(
                (patient for patient in present if not patient.is_protected),
                key=lambda patient: patient.recycling_sequence,
            )
        )

    def _disk_bytes(self, patient: Resource) -> int:
        """Sum up what a patient takes with all below."""
        total = 0
        waiting = [patient.id]
        while waiting:
            current = waiting.pop()
            waiting.extend(self._state.children.get(current, {}))
            if self._state.resources[current].level is Level.INSTANCE:
                total += self._state.instances[current].disk_size_bytes
            total += sum(
                attachment.disk_size_bytes
                for key, attachment in self._state.attachments.items()
                if key[0] == current
            )
        return total
