"""Decide what stands in Orthanc's log of exports (orthanc-rest.md, C.4). Pure, as the fold that asks."""

import json

from axial.common.events import ExportsCleared, ResourceExported
from axial.common.identifiers import Level
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.index.state import Effects, Export, Resource, State
from axial.index.telling import Telling

_IDENTIFIERS = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.INSTANCE: "SOPInstanceUID",
}


class Exports:
    """The exports of one batch. Rows are numbered without a gap, also across a clearing."""

    def __init__(self, state: State, effects: Effects, telling: Telling) -> None:
        self._state = state
        self._effects = effects
        self._telling = telling

    def note(self, recorded: Recorded, event: ResourceExported) -> Outcome:
        """Note who got what, and whose it is: the row outlives the resource."""
        resource = self._state.resources.get(event.resource_id)
        if resource is None or resource.level != event.level:
            return Outcome(decision="not_found")
        identifiers = self._identifiers(resource)
        position = self._state.exports
        position.sequence += 1
        moment = self._telling.next_moment(recorded)
        self._state.position.ticks = moment
        self._effects.exports.append(
            Export(
                sequence=position.sequence,
                level=resource.level,
                resource_id=resource.id,
                remote_modality=event.remote_modality.replace("\0", ""),
                ticks=moment,
                patient_id=identifiers[Level.PATIENT],
                study_instance_uid=identifiers.get(Level.STUDY, ""),
                series_instance_uid=identifiers.get(Level.SERIES, ""),
                sop_instance_uid=identifiers.get(Level.INSTANCE, ""),
            )
        )
        self._effects.exports_position = position
        return Outcome(decision="noted")

    def clear(self, _recorded: Recorded, _event: ExportsCleared) -> Outcome:
        """Forget the exports so far: the point of clearing is that the log does not grow for ever."""
        position = self._state.exports
        position.cleared_sequence = position.sequence
        self._effects.exports.clear()
        self._effects.exports_position = position
        return Outcome(decision="cleared")

    def _identifiers(self, resource: Resource) -> dict[Level, str]:
        """Collect the DICOM identifiers of a resource and what is above it."""
        found: dict[Level, str] = {}
        current: Resource | None = resource
        while current is not None:
            tags = json.loads(current.main_dicom_tags)
            found[current.level] = tags.get(_IDENTIFIERS[current.level], "")
            current = self._state.resources[current.parent_id] if current.parent_id else None
        return found
