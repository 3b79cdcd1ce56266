"""Pages of the Azure feed with the metadata that belongs to them, all of one snapshot."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from axial.changefeed.azure.metadata import DatasetKey, Metadata
from axial.changefeed.azure.rendering import State, state_of
from axial.changefeed.reading.database import Database
from axial.changefeed.reading.high_water import HighWater
from axial.changefeed.reading.rows import EntriesPage, Entry
from axial.changefeed.reading.snapshot import Snapshot
from axial.common.errors import BlobMissing

log = structlog.get_logger(__name__)

#: How one of the feeds' queries reads its entries.
Select: TypeAlias = Callable[[Snapshot], Awaitable[EntriesPage]]

# A blob that goes while its page is read was deleted with its instance: the next snapshot knows. One that is
# missing in three snapshots is damage, which `axial verify` names; the feed goes on without that metadata.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class AzurePage:
    """Entries, the position they were read at, and the DICOM JSON of current versions."""

    high_water: HighWater
    entries: Sequence[Entry]
    metadata: Mapping[DatasetKey, bytes]

    def metadata_of(self, entry: Entry) -> bytes | None:
        """The metadata to show with an entry: that of the instance's current version, if any."""
        return self.metadata.get(_dataset_of(entry)) or None


class AzurePages:
    """Reads pages; data sets that are in memory are not read again."""

    def __init__(self, database: Database, metadata: Metadata) -> None:
        self._database = database
        self._metadata = metadata

    async def read(self, select: Select, *, include_metadata: bool) -> AzurePage:
        """Read a page; without metadata the data sets are not read at all."""
        if include_metadata:
            return await self._with_metadata(select)
        async with self._database.single() as snapshot:
            page = await select(snapshot)
        return AzurePage(page.high_water, page.entries, {})

    async def _with_metadata(self, select: Select) -> AzurePage:
        for _ in range(_ATTEMPTS):
            async with self._database.snapshot() as snapshot:
                page = await select(snapshot)
                wanted = {
                    _dataset_of(entry)
                    for entry in page.entries
                    if state_of(entry) is not State.DELETED
                }
                known = self._metadata.remembered(wanted)
                missing = wanted - known.keys()
                headers = (
                    await snapshot.headers(key.instance_id for key in missing) if missing else []
                )
            try:
                encoded = await self._metadata.encoded(headers)
            except BlobMissing:
                continue
            return AzurePage(page.high_water, page.entries, {**known, **encoded})
        log.error("header_blob_missing", sequence=page.entries[-1].sequence)
        return AzurePage(page.high_water, page.entries, known)


def _dataset_of(entry: Entry) -> DatasetKey:
    return DatasetKey(entry.instance_id, entry.newest_sequence)
