"""The entries of the Azure feed as JSON, written by joining bytes.

Two spellings exist of the same contract: the documentation's (`learn`) and that of the open-source server
(`dicom-server`); clients are told to compare case-insensitively (azure-changefeed.md, conflict 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from json.encoder import encode_basestring_ascii as quoted
from typing import Literal

from axial.changefeed.reading.actions import Action
from axial.changefeed.reading.rows import Entry
from axial.common.ticks import iso_utc

Casing = Literal["learn", "dicom-server"]


class State(IntEnum):
    """What has become since of the instance an entry tells of."""

    CURRENT = 0
    REPLACED = 1
    DELETED = 2


@dataclass(frozen=True, slots=True)
class Spelling:
    """How names, words and times are written."""

    #: An entry without its metadata and its last brace: sequence, three quoted UIDs, action, time, state.
    head: str
    #: What stands before the metadata.
    metadata: bytes
    actions: tuple[str, ...]
    states: tuple[str, ...]


LEARN = Spelling(
    head='{"Sequence":%d,"StudyInstanceUid":%s,"SeriesInstanceUid":%s,"SopInstanceUid":%s,'
    '"Action":"%s","Timestamp":"%sZ","State":"%s"',
    metadata=b',"Metadata":',
    actions=tuple(action.name.lower() for action in Action),
    states=tuple(state.name.lower() for state in State),
)
DICOM_SERVER = Spelling(
    # The open-source server names a partition in every row, also when partitions are not used.
    head='{"sequence":%d,"partitionName":"Microsoft.Default","studyInstanceUid":%s,'
    '"seriesInstanceUid":%s,"sopInstanceUid":%s,"action":"%s","timestamp":"%s+00:00","state":"%s"',
    metadata=b',"metadata":',
    actions=tuple(action.name.title() for action in Action),
    states=tuple(state.name.title() for state in State),
)


def spelling_of(casing: Casing) -> Spelling:
    """Choose the spelling that the configuration asks for."""
    return LEARN if casing == "learn" else DICOM_SERVER


def state_of(entry: Entry) -> State:
    """Tell the state of an entry by the newest entry of the same instance."""
    if entry.newest_action == Action.DELETE:
        return State.DELETED
    return State.CURRENT if entry.newest_sequence == entry.sequence else State.REPLACED


def render_entry(entry: Entry, metadata: bytes | None, spelling: Spelling) -> bytes:
    """Write one entry; `metadata` is a JSON object already, and None leaves the member out."""
    sequence, action, _, study, series, instance, ticks, _, _ = entry
    values = (
        sequence,
        quoted(study),
        quoted(series),
        quoted(instance),
        spelling.actions[action],
        iso_utc(ticks, ""),
        spelling.states[state_of(entry)],
    )
    head = (spelling.head % values).encode()
    if metadata is None:
        return head + b"}"
    return b"".join((head, spelling.metadata, metadata, b"}"))


def render_entries(entries: Iterable[bytes]) -> bytes:
    """Write the array of a page."""
    return b"[" + b",".join(entries) + b"]"
