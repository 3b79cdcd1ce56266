"""Entries as JSON: one line each, of ASCII only, with Orthanc's names for what Orthanc has a name for."""

import json
from functools import lru_cache

from axial.changefeed.entries.entry import FeedEntry
from axial.common.ticks import iso_utc

# Readers at the end of the feed all want the same entries at the same time; about 4 MB.
_REMEMBERED = 4096


@lru_cache(maxsize=_REMEMBERED)
def render(entry: FeedEntry) -> bytes:
    """Write one entry; what does not apply to it is left out."""
    members: dict[str, object] = {
        "Seq": entry.sequence,
        "ChangeType": entry.change_type.type_name,
        "ResourceType": entry.level.type_name,
        "ID": entry.resource_id,
        "Path": f"/{entry.level.path_name}/{entry.resource_id}",
        "Date": iso_utc(entry.ticks),
    }
    if entry.study_id is not None:
        members |= {"Study": entry.study_id, "StudyInstanceUID": entry.study_instance_uid}
    members |= {"Modalities": entry.modalities, "AETs": entry.aets}
    if fact := entry.instance:
        members["Instance"] = {
            "Sequence": fact.sequence,
            "Action": fact.action.word,
            "StudyInstanceUID": entry.study_instance_uid,
            "SeriesInstanceUID": fact.series_instance_uid,
            "SOPInstanceUID": fact.sop_instance_uid,
        }
    return json.dumps(members, separators=(",", ":")).encode()
