"""The parameters of `/feed/entries` and `/feed/events`."""

import re
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from axial.changefeed.entries.filters import Filter, read_filter
from axial.changefeed.entries.patience import read_seconds
from axial.common.errors import BadParameter

_DEFAULT_LIMIT = 100
_LONGEST_PAGE = 1000
_BIGINT_MAX = 2**63 - 1
_SEQUENCE = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class EntriesQuery:
    """What a client asks of `/feed/entries`."""

    #: Exclusive.
    since: int
    limit: int
    wait_seconds: float
    wanted: Filter


def read_entries_query(parameters: QueryParams) -> EntriesQuery:
    """Read the parameters; raise BadParameter for what is no number. Numbers out of range are moved into it."""
    limit = read_sequence("limit", parameters.get("limit", str(_DEFAULT_LIMIT)))
    return EntriesQuery(
        read_sequence("since", parameters.get("since", "0")),
        min(max(limit, 1), _LONGEST_PAGE),
        read_wait(parameters.get("wait", "0")),
        read_filter(parameters.multi_items()),
    )


def read_sequence(name: str, text: str) -> int:
    """Read the number of an entry; raise BadParameter for anything else."""
    if not _SEQUENCE.fullmatch(text):
        raise BadParameter(f"{name} must be a number.")
    return min(int(text), _BIGINT_MAX)


def read_wait(text: str) -> float:
    """Read how long to wait for something, in seconds; raise BadParameter for what is no number."""
    seconds = read_seconds(text)
    if seconds is None:
        raise BadParameter("wait must be a number of seconds.")
    return seconds
