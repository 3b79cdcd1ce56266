"""The parameters of `/changes`, read as forgivingly as Orthanc reads them (orthanc-rest.md, C.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from axial.changefeed.entries.patience import read_seconds
from axial.changefeed.reading.change_types import ChangeType
from axial.common.errors import BadParameter

_DEFAULT_LIMIT = 100
# Orthanc knows no bound. A longer page would be held in memory whole; `Done` is false behind it, so that
# whoever asked for more goes on and misses nothing.
_LONGEST_PAGE = 10_000
_BIGINT_MAX = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """What a client asks of `/changes`."""

    #: Only the newest change; everything else but `include_deleted` is then ignored.
    last: bool = False
    #: Exclusive.
    since: int = 0
    #: Inclusive; None is the end.
    to: int | None = None
    limit: int = _DEFAULT_LIMIT
    #: None is every type.
    types: tuple[ChangeType, ...] | None = None
    #: The whole history: also what was cleared, and what tells of resources that are gone.
    include_deleted: bool = False

    @property
    def backwards(self) -> bool:
        """Whether the page is the end of the range, not its beginning: `to` without `since`."""
        return self.last or (self.to is not None and self.since <= 0)


def read_changes_query(parameters: Mapping[str, str]) -> ChangesQuery:
    """Read the parameters; raise BadParameter for an unknown change type."""
    query = ChangesQuery(include_deleted=_flag(parameters, "include-deleted"))
    if "last" in parameters:
        return replace(query, last=True, limit=1)
    query = replace(query, types=_types(parameters.get("type", "")))
    try:
        since = _integer(parameters.get("since", "0"))
        to = _integer(parameters.get("to", "-1"))
        limit = _integer(parameters.get("limit", str(_DEFAULT_LIMIT)))
    except ValueError:
        # One value that is not an integer resets all three, without an error.
        return query
    return replace(
        query,
        since=max(since, 0),
        to=to if to >= 0 else None,
        limit=min(limit, _LONGEST_PAGE) if limit >= 0 else _LONGEST_PAGE,
    )


def read_wait(parameters: Mapping[str, str]) -> float:
    """Read for how many seconds an empty page may wait; what is no number is no wait."""
    return read_seconds(parameters.get("wait", "")) or 0.0


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > _BIGINT_MAX:
        raise ValueError(text)
    return int(text)


def _types(text: str) -> tuple[ChangeType, ...] | None:
    names = [name for name in text.split(";") if name]
    try:
        types = tuple(ChangeType.from_type_name(n) for n in names if n not in ("all", "All"))
    except KeyError:
        raise BadParameter("Invalid value for a change.") from None
    return types if len(types) == len(names) and types else None


def _flag(parameters: Mapping[str, str], name: str) -> bool:
    """Read a boolean that may stand without a value, as Orthanc's `?expand`."""
    if name not in parameters:
        return False
    match parameters[name].lower():
        case "" | "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise BadParameter(f"{name} must be true or false.")
