"""How entries are spelled in an event stream (WHATWG HTML, 9.2 Server-sent events)."""

from collections.abc import Iterable
from functools import lru_cache

from fastapi.sse import format_sse_event

from axial.changefeed.entries.entry import FeedEntry
from axial.changefeed.entries.rendering import render

MEDIA_TYPE = "text/event-stream"
# A reader whose stream broke comes back after this time: a restart of ours takes about as long.
_RETRY_MILLISECONDS = 2000
# Every stream at the end of the feed wants the same events at the same time; about 4 MB.
_REMEMBERED = 4096

#: What a stream begins with.
OPENING = format_sse_event(retry=_RETRY_MILLISECONDS)


def events(entries: Iterable[FeedEntry]) -> bytes:
    """Write entries, one event each, named by the type of the change."""
    return b"".join(map(_event, entries))


def heartbeat(position: int) -> bytes:
    """Write a sign of life.

    It dispatches no event, for it has no data; but it moves the reader's last event id behind what its
    filter has passed over, so that resuming does not look at that again.
    """
    return format_sse_event(comment="", id=str(position))


@lru_cache(maxsize=_REMEMBERED)
def _event(entry: FeedEntry) -> bytes:
    return format_sse_event(
        id=str(entry.sequence), event=entry.change_type.type_name, data_str=render(entry).decode()
    )
