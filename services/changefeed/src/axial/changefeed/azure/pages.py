"""Pages of the Azure feed with the metadata that belongs to them, all of one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from axial.changefeed.azure.metadata import DatasetKey, Metadata
from axial.changefeed.azure.rendering import (
    Spelling,
    State,
    render_entries,
    render_entry,
    state_of,
)
from axial.changefeed.azure.selection import AzureQuery, LatestQuery, grows, select, shown
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.pages import Page
from axial.changefeed.reading.rows import EntriesPage, Entry
from axial.common.errors import BlobMissing

log = structlog.get_logger(__name__)

# A blob that goes while its page is read was deleted with its instance: the next snapshot knows. One that is
# missing in three snapshots is damage, which `axial verify` names; the feed goes on without that metadata.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Found:
    """Entries of one snapshot, and the DICOM JSON of current versions."""

    page: EntriesPage
    metadata: Mapping[DatasetKey, bytes]
    #: Whether all the metadata that there should be is there.
    whole: bool = True


class AzurePages:
    """Reads pages and writes them as they are sent; data sets that are in memory are not read again."""

    def __init__(self, database: Database, metadata: Metadata, spelling: Spelling) -> None:
        self._database = database
        self._metadata = metadata
        self._spelling = spelling

    async def read(self, query: AzureQuery) -> Page:
        """Read a page; without metadata the data sets are not read at all."""
        if query.include_metadata:
            found = await self._with_metadata(query)
        else:
            async with self._database.single() as snapshot:
                found = _Found(await select(snapshot, query), {})
        entries = self._rendered(found)
        return Page(
            b"".join(entries) if isinstance(query, LatestQuery) else render_entries(entries),
            len(entries),
            found.page.high_water,
            grows=grows(query, found.page),
            shown=shown(found.page) if found.whole else None,
        )

    async def _with_metadata(self, query: AzureQuery) -> _Found:
        for _ in range(_ATTEMPTS):
            async with self._database.snapshot() as snapshot:
                page = await select(snapshot, query)
                wanted = _datasets_of(page.entries)
                known = self._metadata.remembered(wanted)
                missing = wanted - known.keys()
                headers = (
                    await snapshot.headers(key.instance_id for key in missing) if missing else []
                )
            try:
                encoded = await self._metadata.encoded(headers)
            except BlobMissing:
                continue
            return _Found(page, {**known, **encoded})
        log.error("header_blob_missing", sequence=page.entries[-1].sequence)
        return _Found(page, known, whole=False)

    def _rendered(self, found: _Found) -> Sequence[bytes]:
        metadata = found.metadata
        return [
            # Empty bytes are a data set that cannot be read.
            render_entry(entry, metadata.get(_dataset_of(entry)) or None, self._spelling)
            for entry in found.page.entries
        ]


def _datasets_of(entries: Sequence[Entry]) -> set[DatasetKey]:
    return {_dataset_of(entry) for entry in entries if state_of(entry) is not State.DELETED}


def _dataset_of(entry: Entry) -> DatasetKey:
    return DatasetKey(entry.instance_id, entry.newest_sequence)
