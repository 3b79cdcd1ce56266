"""The answer of `/changes`, in the very spelling of Orthanc's JSON writer.

Nothing in a row needs escaping: names are ours, and identifiers are hexadecimal digits.
"""

from collections.abc import Sequence

from axial.changefeed.reading.change_types import ChangeType
from axial.changefeed.reading.rows import Change
from axial.common.ticks import orthanc_date


def render_changes(changes: Sequence[Change], *, done: bool, highest: int) -> str:
    """Write a page; `highest` is what `Last` says when nothing is returned."""
    rows = ",\n".join(map(_render, changes))
    if not changes:
        return f'{{\n   "Changes" : [],\n   "Done" : {_boolean(done)},\n   "Last" : {highest}\n}}\n'
    return (
        f'{{\n   "Changes" : [\n{rows}\n   ],\n   "Done" : {_boolean(done)},\n'
        f'   "First" : {changes[0].sequence},\n   "Last" : {changes[-1].sequence}\n}}\n'
    )


def _render(change: Change) -> str:
    return (
        "      {\n"
        f'         "ChangeType" : "{ChangeType(change.change_type).type_name}",\n'
        f'         "Date" : "{orthanc_date(change.ticks)}",\n'
        f'         "ID" : "{change.resource_id}",\n'
        f'         "Path" : "/{change.level.path_name}/{change.resource_id}",\n'
        f'         "ResourceType" : "{change.level.type_name}",\n'
        f'         "Seq" : {change.sequence}\n'
        "      }"
    )


def _boolean(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    return "true" if value else "false"
