"""The answer of `/changes`, in the very spelling of Orthanc's JSON writer.

Nothing in a row needs escaping: names are ours, and identifiers are hexadecimal digits. What two rows of one
kind have in common is written once for all.
"""

from collections.abc import Sequence

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.rows import Change
from axial.common.identifiers import Level
from axial.common.ticks import orthanc_date

_TYPE = {
    int(kind): f'      {{\n         "ChangeType" : "{kind.type_name}",\n         "Date" : "'
    for kind in ChangeType
}
_PATH = {int(level): f'",\n         "Path" : "/{level.path_name}/' for level in Level}
_LEVEL = {
    int(level): f'",\n         "ResourceType" : "{level.type_name}",\n         "Seq" : '
    for level in Level
}


def render_changes(changes: Sequence[Change], *, done: bool, highest: int) -> bytes:
    """Write a page; `highest` is what `Last` says when nothing is returned."""
    if not changes:
        return (
            f'{{\n   "Changes" : [],\n   "Done" : {_boolean(done)},\n   "Last" : {highest}\n}}\n'
        ).encode()
    rows = ",\n".join(
        [
            f'{_TYPE[kind]}{orthanc_date(ticks)}",\n         "ID" : "{name}{_PATH[level]}{name}'
            f"{_LEVEL[level]}{sequence}\n      }}"
            for sequence, kind, level, name, ticks in changes
        ]
    )
    return (
        f'{{\n   "Changes" : [\n{rows}\n   ],\n   "Done" : {_boolean(done)},\n'
        f'   "First" : {changes[0].sequence},\n   "Last" : {changes[-1].sequence}\n}}\n'
    ).encode()


def _boolean(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    return "true" if value else "false"
