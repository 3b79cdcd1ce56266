"""The projection as it is read: one method a statement, values out."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import asyncpg

from axial.common.attributes import main_dicom_tags_of
from axial.common.identifiers import Level, ResourceId
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.index.gathering import Gathering
from axial.index.resources import (
    CreatedSequence,
    Instance,
    Measure,
    Patient,
    Resource,
    Series,
    StoredFile,
    StoredHeader,
    StoredPixels,
    Study,
    Totals,
)
from axial.index.series_status import expected_instances, series_status

Row: TypeAlias = asyncpg.Record

#: Resources read by one statement: few enough that a page of expanded ones is encoded in about ten
#: milliseconds, so that a long list does not hold up other requests; enough that round trips cost little.
PAGE_ROWS = 1000


class Database:
    """Reads of the tables that the projector writes.

    Every method raises `Unavailable` while Postgres is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._statements = Statements("axial.index.sql")
        self._files = Gathering(self._find_files)

    async def list_resources(
        self, level: Level, since: int = 0, limit: int | None = None
    ) -> AsyncIterator[list[ResourceId]]:
        """Walk a level's identifiers in the order of creation, a page at a time.

        No connection is held between pages, however slowly they are taken: what is created meanwhile comes
        at the end, what is deleted meanwhile may be missing.
        """
        after, offset, left = CreatedSequence(0), since, limit
        while left is None or left > 0:
            rows = PAGE_ROWS if left is None else min(left, PAGE_ROWS)
            page = await self._fetch("list_resources", level, after, offset, rows)
            if page:
                yield [row["id"] for row in page]
            if len(page) < rows:
                return
            after, offset = page[-1]["created_sequence"], 0
            left = None if left is None else left - rows

    async def find(self, level: Level, ids: Sequence[ResourceId]) -> list[Resource]:
        """Read resources by identifier, in the order of creation; what is not there is left out."""
        if level is Level.PATIENT:
            return [_patient(row) for row in await self._fetch("find_patients", ids)]
        if level is Level.STUDY:
            return [_study(row) for row in await self._fetch("find_studies", ids)]
        if level is Level.SERIES:
            return await self._find_series(ids)
        return [_instance(row) for row in await self._fetch("find_instances", ids)]

    async def find_descendants(
        self, level: Level, resource_id: ResourceId, below: Level
    ) -> list[ResourceId]:
        """List what is below a resource at one level; nothing when there is no such resource."""
        rows = await self._fetch("find_descendants", resource_id, level, below)
        return [row["id"] for row in rows]

    async def find_ancestor(
        self, level: Level, resource_id: ResourceId, above: Level
    ) -> ResourceId | None:
        """Name the ancestor of a resource at one level; None when there is no such resource."""
        row = await self._fetch_row("find_ancestor", resource_id, level, above)
        return row["id"] if row else None

    async def find_file(self, instance_id: ResourceId) -> StoredFile | None:
        """Tell where the bytes of an instance are."""
        return await self._files.find(instance_id)

    async def find_header(self, instance_id: ResourceId) -> StoredHeader | None:
        """Read the header of an instance, or where it is."""
        row = await self._fetch_row("find_header", instance_id)
        if row is None:
            return None
        return StoredHeader(row["header"], row["header_blob_key"], row["pixel_data_vr"])

    async def find_headers(
        self, ids: Sequence[ResourceId]
    ) -> list[tuple[ResourceId, StoredHeader]]:
        """Read the headers of instances, or where they are, in the order asked for; a missing one is left out."""
        return [
            (
                row["id"],
                StoredHeader(row["header"], row["header_blob_key"], row["pixel_data_vr"]),
            )
            for row in await self._fetch("find_headers", list(ids))
        ]

    async def find_pixels(self, instance_id: ResourceId) -> StoredPixels | None:
        """Tell where the pixels of an instance are."""
        row = await self._fetch_row("find_pixels", instance_id)
        return StoredPixels(**dict(row)) if row else None

    async def read_totals(self) -> Totals:
        """Tell how much the archive holds."""
        row = await self._fetch_row("read_totals")
        assert row is not None, "the migration puts this row in"
        return Totals(**dict(row))

    async def read_last_change(self) -> int:
        """Tell the number of the newest change."""
        row = await self._fetch_row("read_last_change")
        assert row is not None, "the migration puts this row in"
        return int(row["change_sequence"])

    async def measure_resource(self, level: Level, resource_id: ResourceId) -> Measure | None:
        """Tell how much is below a resource; None when there is no such resource."""
        row = await self._fetch_row("measure_resource", resource_id, level)
        if row is None or not row["found"]:
            return None
        return Measure(**{name: value for name, value in row.items() if name != "found"})

    async def find_unknown_blobs(self, blobs: Mapping[str, UUID]) -> list[str]:
        """Of keys and the events they name, pick those of which no row knows."""
        rows = await self._fetch("find_unknown_blobs", list(blobs), list(blobs.values()))
        return [row["key"] for row in rows]

    async def _find_files(self, ids: list[ResourceId]) -> dict[ResourceId, StoredFile]:
        return {
            row["id"]: StoredFile(
                row["blob_key"],
                row["size_bytes"],
                row["md5"],
                row["transfer_syntax_uid"],
                row["is_compressed"],
            )
            for row in await self._fetch("find_files", ids)
        }

    async def _find_series(self, ids: Sequence[ResourceId]) -> list[Resource]:
        """Read series; only of those that promise a number are the instances' indexes asked for."""
        rows = await self._fetch("find_series", ids)
        tags = {row["id"]: json.loads(row["main_dicom_tags"]) for row in rows}
        expected = {series_id: expected_instances(tags[series_id]) for series_id in tags}
        promising = [series_id for series_id, number in expected.items() if number is not None]
        indexes: dict[ResourceId, list[str]] = {}
        if promising:
            found = await self._fetch("find_series_indexes", promising)
            indexes = {row["series_id"]: row["indexes"] for row in found}
        return [
            Series(
                id=row["id"],
                study=row["parent_id"],
                main_dicom_tags=tags[row["id"]],
                updated=row["updated_ticks"],
                is_stable=row["is_stable"],
                instances=tuple(row["instances"]),
                expected_instances=expected[row["id"]],
                labels=tuple(row["labels"]),
                status=series_status(expected[row["id"]], indexes.get(row["id"], ())),
            )
            for row in rows
        ]

    async def _fetch(self, statement: str, *arguments: object) -> list[Row]:
        async with away_is_unavailable():
            return await self._pool.fetch(self._statements[statement], *arguments)

    async def _fetch_row(self, statement: str, *arguments: object) -> Row | None:
        async with away_is_unavailable():
            return await self._pool.fetchrow(self._statements[statement], *arguments)


def _patient(row: Row) -> Patient:
    return Patient(
        id=row["id"],
        main_dicom_tags=json.loads(row["main_dicom_tags"]),
        updated=row["updated_ticks"],
        is_stable=row["is_stable"],
        studies=tuple(row["studies"]),
        labels=tuple(row["labels"]),
        is_protected=row["is_protected"],
    )


def _study(row: Row) -> Study:
    """Read a study; its row has a copy of its patient's tags, as in Orthanc.

    Instances of one PatientID may disagree about the patient; Orthanc shows with each study what its first
    instance said (`SetMainDicomTags`, "duplicate the patient tags at the study level").
    """
    tags = json.loads(row["main_dicom_tags"])
    of_patient = main_dicom_tags_of(Level.PATIENT, tags)
    return Study(
        id=row["id"],
        patient=row["parent_id"],
        main_dicom_tags={name: value for name, value in tags.items() if name not in of_patient},
        patient_main_dicom_tags=of_patient,
        updated=row["updated_ticks"],
        is_stable=row["is_stable"],
        series=tuple(row["series"]),
        labels=tuple(row["labels"]),
    )


def _instance(row: Row) -> Instance:
    return Instance(
        id=row["id"],
        series=row["parent_id"],
        main_dicom_tags=json.loads(row["main_dicom_tags"]),
        event_id=row["event_id"],
        index_in_series=row["index_in_series"],
        size_bytes=row["size_bytes"],
        labels=tuple(row["labels"]),
    )
