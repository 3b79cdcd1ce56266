"""The entries of the Azure feed as JSON, written by joining bytes.

Two spellings exist of the same contract: the documentation's (`learn`) and that of the open-source server
(`dicom-server`); clients are told to compare case-insensitively (azure-changefeed.md, conflict 1).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from axial.changefeed.reading.rows import Entry
from axial.common.ticks import iso_utc

Casing = Literal["learn", "dicom-server"]


class Action(IntEnum):
    """What happened to an instance, with the numbers of dicom-server's storage."""

    CREATE = 0
    DELETE = 1
    UPDATE = 2


class State(IntEnum):
    """What has become since of the instance an entry tells of."""

    CURRENT = 0
    REPLACED = 1
    DELETED = 2


@dataclass(frozen=True, slots=True)
class Spelling:
    """How names, words and times are written."""

    #: A member that only one of the spellings has, with its comma.
    partition: str
    sequence: str
    study: str
    series: str
    instance: str
    action: str
    timestamp: str
    state: str
    metadata: bytes
    actions: tuple[str, ...]
    states: tuple[str, ...]
    zone: str


LEARN = Spelling(
    partition="",
    sequence="Sequence",
    study="StudyInstanceUid",
    series="SeriesInstanceUid",
    instance="SopInstanceUid",
    action="Action",
    timestamp="Timestamp",
    state="State",
    metadata=b"Metadata",
    actions=tuple(action.name.lower() for action in Action),
    states=tuple(state.name.lower() for state in State),
    zone="Z",
)
DICOM_SERVER = Spelling(
    # Present in every row of the open-source server, also when partitions are not used.
    partition='"partitionName":"Microsoft.Default",',
    sequence="sequence",
    study="studyInstanceUid",
    series="seriesInstanceUid",
    instance="sopInstanceUid",
    action="action",
    timestamp="timestamp",
    state="state",
    metadata=b"metadata",
    actions=tuple(action.name.title() for action in Action),
    states=tuple(state.name.title() for state in State),
    zone="+00:00",
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
    s = spelling
    head = (
        f'{{"{s.sequence}":{entry.sequence},{s.partition}'
        f'"{s.study}":{json.dumps(entry.study_instance_uid)},'
        f'"{s.series}":{json.dumps(entry.series_instance_uid)},'
        f'"{s.instance}":{json.dumps(entry.sop_instance_uid)},'
        f'"{s.action}":"{s.actions[entry.action]}",'
        f'"{s.timestamp}":"{iso_utc(entry.ticks, s.zone)}",'
        f'"{s.state}":"{s.states[state_of(entry)]}"'
    ).encode()
    if metadata is None:
        return head + b"}"
    return b"".join((head, b',"', s.metadata, b'":', metadata, b"}"))


def render_entries(entries: Iterable[bytes]) -> bytes:
    """Write the array of a page."""
    return b"[" + b",".join(entries) + b"]"
