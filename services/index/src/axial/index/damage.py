"""Decide which blobs are damaged. Pure, as the fold that asks.

A blob is damaged for as long as a file is kept in it: with the file, or when that gets another blob, the damage is
forgotten as the blob goes to the collector (`Telling.discard`).
"""

from axial.common.annotation_names import CoreContent
from axial.common.events import BlobFound, BlobFoundDamaged, BlobFoundSound
from axial.common.outcomes import Outcome
from axial.common.recorded import Recorded
from axial.index.state import Damaged, Effects, State

_NO_NEWS = Outcome(decision="outdated")
_NOTED = Outcome(decision="noted")


class Damages:
    """What one batch tells of blobs that were looked at."""

    def __init__(self, state: State, effects: Effects) -> None:
        self._state = state
        self._effects = effects

    def find_damaged(self, recorded: Recorded, event: BlobFoundDamaged) -> Outcome:
        """Note that a blob is damaged, or that it is in another way; since when stays."""
        present = self._state.damaged.get(event.blob_key)
        is_known = present is not None and present.damage == event.damage
        if is_known or self._key_in_use(event) != event.blob_key:
            return _NO_NEWS
        damaged = Damaged(
            blob_key=event.blob_key,
            level=event.level,
            resource_id=event.resource_id,
            number=event.number,
            damage=event.damage,
            since_ticks=recorded.ticks if present is None else present.since_ticks,
        )
        self._state.damaged[event.blob_key] = self._effects.damaged[event.blob_key] = damaged
        return _NOTED

    def find_sound(self, _recorded: Recorded, event: BlobFoundSound) -> Outcome:
        """Forget the damage of a blob that is whole again."""
        if self._state.damaged.pop(event.blob_key, None) is None:
            return _NO_NEWS
        self._effects.damaged[event.blob_key] = None
        return _NOTED

    def _key_in_use(self, event: BlobFound) -> str | None:
        """Name the blob that the file has now."""
        resource = self._state.resources.get(event.resource_id)
        if resource is None or resource.level != event.level:
            return None
        instance = self._state.instances.get(event.resource_id)
        if instance is not None and event.number == CoreContent.DICOM:
            return instance.blob_key
        if instance is not None and event.number == CoreContent.DICOM_UNTIL_PIXEL_DATA:
            return instance.header_blob_key
        attachment = self._state.attachments.get((event.resource_id, event.number))
        return attachment.blob_key if attachment else None
