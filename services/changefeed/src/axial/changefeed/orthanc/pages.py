"""Pages of `/changes`: which rows they are made of, and for how long they stay true."""

from axial.changefeed.orthanc.query import ChangesQuery
from axial.changefeed.orthanc.rendering import render_changes
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.pages import Page, Shown
from axial.changefeed.reading.rows import ChangesPage
from axial.changefeed.reading.stale_blocks import Feed

_BIGINT_MAX = 2**63 - 1


async def read_page(database: Database, query: ChangesQuery) -> Page:
    """Read and render what a query asks for; Unavailable when Postgres is away."""
    async with database.single() as snapshot:
        found = await snapshot.changes(
            query.since,
            _BIGINT_MAX if query.to is None else query.to,
            query.types,
            # One row beyond the page is read, to know whether there is one.
            query.limit if query.last else query.limit + 1,
            include_deleted=query.include_deleted,
            descending=query.backwards,
        )
    return _page(query, found)


def _page(query: ChangesQuery, found: ChangesPage) -> Page:
    changes = found.changes
    more = not query.last and len(changes) > query.limit
    if more:
        changes = changes[1:] if query.backwards else changes[: query.limit]
    end = found.high_water.change_sequence
    # The end of the range is not there yet, and the page not full before it.
    grows = (query.to is None or query.to > end) and (query.backwards or not more)
    return Page(
        render_changes(changes, done=not more, highest=end),
        len(changes),
        found.high_water,
        grows=grows,
        # An empty page names the feed's end: when no row can come into it, it is another page all the same.
        shown=_shown(query, found) if changes or grows else None,
    )


def _shown(query: ChangesQuery, found: ChangesPage) -> Shown:
    cleared = 0 if query.include_deleted else found.high_water.cleared_sequence
    first = max(query.since, cleared) + 1
    end = found.high_water.change_sequence
    last = end if query.to is None else min(query.to, end)
    if len(found.changes) > query.limit or query.last:
        # Beyond the outermost row that was read, nothing was looked at.
        if query.backwards:
            first = max([first, *(row.sequence for row in found.changes[:1])])
        else:
            last = found.changes[-1].sequence
    return Shown(Feed.CHANGES, first, last, can_change=not query.include_deleted)
