"""What it takes to put resources into an archive, read from the projection."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from axial.common.blobs import StoredBlob
from axial.common.identifiers import ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.index.archives.selection import Lineage
from axial.index.resources import CreatedSequence, Tags

# Few enough that their headers, a megabyte at most each, are no load; enough that asking costs little.
_PAGE_MEMBERS = 50
_PAGE_FOLDERS = 500


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A patient, a study or a series."""

    id: ResourceId
    tags: Tags


@dataclass(frozen=True, slots=True)
class Member:
    """An instance: its file, with what a DICOMDIR tells of it."""

    id: ResourceId
    blob: StoredBlob
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    #: The file up to its pixel data, compressed with zstd: here, or in a blob of its own.
    header: bytes | None
    header_blob_key: str | None


class ArchiveReads:
    """Reads resources for archives; `Unavailable` while Postgres is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")

    async def lineages(self, ids: Sequence[ResourceId]) -> list[Lineage]:
        """Read what resources belong to, in the order in which they are named; what is not there is left out."""
        found = []
        for some in _slices(ids):
            found += await self._fetch("find_lineages", some)
        return [Lineage(tuple(row["ids"])) for row in found]

    async def newest(self) -> CreatedSequence:
        """Tell the newest change: what is created later has a higher number."""
        (row,) = await self._fetch("load_position")
        return CreatedSequence(row["change_sequence"])

    async def folders(self, ids: Sequence[ResourceId]) -> AsyncIterator[FolderRow]:
        """Walk some resources in the order of their identifiers; those that are gone are left out."""
        for some in _slices(sorted(ids)):
            for row in await self._fetch("find_folders", some):
                yield _folder(row)

    async def children(
        self, parent_id: ResourceId, until: CreatedSequence
    ) -> AsyncIterator[FolderRow]:
        """Walk what is below a resource, in the order of the identifiers."""
        after = ""
        while True:
            rows = await self._fetch("page_of_folders", parent_id, after, until, _PAGE_FOLDERS)
            for row in rows:
                yield _folder(row)
            if len(rows) < _PAGE_FOLDERS:
                return
            after = rows[-1]["id"]

    async def members(
        self, ids: Sequence[ResourceId], *, with_headers: bool
    ) -> AsyncIterator[Member]:
        """Walk some instances in the order in which they are named; those that are gone are left out."""
        for some in _slices(ids, _PAGE_MEMBERS):
            for row in await self._fetch("find_members", some, with_headers):
                yield _member(row)

    async def members_of(
        self, series_id: ResourceId, until: CreatedSequence, *, with_headers: bool
    ) -> AsyncIterator[Member]:
        """Walk the instances of a series in the order of creation."""
        after = 0
        while True:
            rows = await self._fetch(
                "page_of_members", series_id, after, until, _PAGE_MEMBERS, with_headers
            )
            for row in rows:
                yield _member(row)
            if len(rows) < _PAGE_MEMBERS:
                return
            after = rows[-1]["created_sequence"]

    async def measure(self, ids: Sequence[ResourceId]) -> tuple[int, int]:
        """Count the instances below some resources, each once, and the bytes of their files."""
        (row,) = await self._fetch("measure_archive", list(ids))
        return row["instances"], row["size_bytes"]

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(self._statements[statement], *arguments))


def _slices(ids: Sequence[ResourceId], size: int = _PAGE_FOLDERS) -> list[list[ResourceId]]:
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]


def _folder(row: Mapping[str, Any]) -> FolderRow:
    return FolderRow(row["id"], json.loads(row["main_dicom_tags"]))


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        id=row["id"],
        blob=StoredBlob(row["blob_key"], row["size_bytes"], row["is_compressed"]),
        sop_class_uid=row["sop_class_uid"],
        sop_instance_uid=row["sop_instance_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        header=row["header"],
        header_blob_key=row["header_blob_key"],
    )
