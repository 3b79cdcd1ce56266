"""Values of any attribute of resources: from the index, by counting, or from the header of an instance."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

import zstandard

from axial.common.attributes import format_tag, keyword
from axial.common.blobs import BlobMissing, BlobStore
from axial.common.dictionary import Dictionary
from axial.common.identifiers import Level, ResourceId
from axial.common.orthanc_names import name_of
from axial.common.orthanc_tags import TagFormat, instance_tags
from axial.common.postgres import Pool, Statements, away_is_unavailable
from axial.common.reading import Reading
from axial.common.tag_formats import brief
from axial.index.find.places import COMPUTED_TAGS, is_computed, level_of

#: Resource to tag to value: a text, a list of items, or None for what is there and has no value to show.
Values: TypeAlias = dict[ResourceId, dict[int, Any]]

# Headers held at once: each is some kilobytes, compressed; a large structure set's, megabytes.
_HEADERS_AT_ONCE = 16

_FILE_META_GROUP = 0x0002
_GROUP_SHIFT = 16


class TagReader:
    """Reads attributes of resources; `Unavailable` while Postgres or the blob store is away."""

    def __init__(self, pool: Pool, blobs: BlobStore, reading: Callable[[], Reading]) -> None:
        self._pool = pool
        self._blobs = blobs
        self._reading = reading
        self._statements = Statements("axial.index.sql")

    async def values(
        self,
        level: Level,
        ids: Sequence[ResourceId],
        tags: Collection[int],
        from_files: Collection[int] = (),
    ) -> Values:
        """Read attributes of resources; what is nowhere in them is left out.

        What is not kept for a resource or above it is read from its first instance, as Orthanc does; `from_files` in
        any case.
        """
        counted = {tag for tag in tags if is_computed(tag)}
        places = {tag: level_of(tag, level) for tag in tags if tag not in counted}
        kept = {tag for tag, place in places.items() if place is not None and place <= level}
        kept -= set(from_files)
        stored = {
            tag for tag in places if tag not in kept and tag >> _GROUP_SHIFT != _FILE_META_GROUP
        }
        found: Values = {resource_id: {} for resource_id in ids}
        for more in (
            await self._kept(level, ids, kept) if kept else {},
            await self._counted(level, ids, counted) if counted else {},
            await self._stored(level, ids, stored) if stored else {},
        ):
            for resource_id, values in more.items():
                found[resource_id].update(values)
        return found

    async def shown(
        self,
        level: Level,
        ids: Sequence[ResourceId],
        tags: Collection[int],
        format_: TagFormat,
    ) -> dict[ResourceId, dict[str, Any]]:
        """Write attributes as Orthanc's `RequestedTags`: a null for what was looked for in vain in a file."""
        values = await self.values(level, ids, tags)
        dictionary = self._reading().dictionary
        return {
            resource_id: {
                _key(tag, value, format_, dictionary): _written(tag, value, format_, dictionary)
                for tag, value in sorted(values[resource_id].items())
            }
            for resource_id in ids
        }

    async def _kept(self, level: Level, ids: Sequence[ResourceId], tags: Collection[int]) -> Values:
        keywords = {tag: keyword(tag) for tag in tags}
        found: Values = {}
        for row in await self._fetch("find_known_tags", list(ids), level):
            known = json.loads(row["tags"])
            found[row["id"]] = {tag: known[name] for tag, name in keywords.items() if name in known}
        return found

    async def _counted(
        self, level: Level, ids: Sequence[ResourceId], tags: Collection[int]
    ) -> Values:
        columns = {tag: COMPUTED_TAGS[level].get(tag) for tag in tags}
        if not any(columns.values()):
            return {}
        rows = await self._fetch("find_computed", list(ids), level)
        return {
            row["id"]: {tag: row[column] for tag, column in columns.items() if column}
            for row in rows
        }

    async def _stored(
        self, level: Level, ids: Sequence[ResourceId], tags: Collection[int]
    ) -> Values:
        found: Values = {}
        for start in range(0, len(ids), _HEADERS_AT_ONCE):
            some = list(ids[start : start + _HEADERS_AT_ONCE])
            headers = []
            for row in await self._fetch("find_first_headers", some, level):
                compressed = row["header"]
                if compressed is None:
                    try:
                        compressed = await self._blobs.read(row["header_blob_key"])
                    except BlobMissing:
                        continue  # replaced or deleted since its row was read
                headers.append((row["id"], compressed, row["pixel_data_vr"]))
            # A thread: some of these headers may be large, and all of them together are some milliseconds.
            found.update(await asyncio.to_thread(_read_headers, headers, tags, self._reading()))
        return found

    async def _fetch(self, statement: str, *arguments: object) -> list[Any]:
        async with away_is_unavailable():
            return list(await self._pool.fetch(self._statements[statement], *arguments))


def _read_headers(
    headers: Sequence[tuple[ResourceId, bytes, str | None]],
    tags: Collection[int],
    reading: Reading,
) -> Values:
    decompressor = zstandard.ZstdDecompressor()
    found: Values = {}
    for resource_id, compressed, pixel_data_vr in headers:
        raw = decompressor.decompress(compressed)
        shown = instance_tags(
            raw,
            TagFormat.FULL,
            reading=reading,
            pixel_data_vr=pixel_data_vr,
            ignore_length=tags,
        )
        found[resource_id] = {tag: shown.get(format_tag(tag)) for tag in tags}
    return found


def _key(tag: int, value: Any, format_: TagFormat, dictionary: Dictionary) -> str:
    if format_ is not TagFormat.SIMPLIFIED:
        return format_tag(tag)
    return str(value["Name"]) if isinstance(value, dict) else _name(tag, dictionary)


def _written(tag: int, value: Any, format_: TagFormat, dictionary: Dictionary) -> Any:
    """Write a value in a format: a text of the index, or what a header's full format has of it."""
    if isinstance(value, dict):
        return value if format_ is TagFormat.FULL else brief(value, format_)
    if format_ is not TagFormat.FULL:
        return value
    kind = "Null" if value is None else "String"
    return {"Name": _name(tag, dictionary), "Type": kind, "Value": value}


def _name(tag: int, dictionary: Dictionary) -> str:
    return dictionary.name_of(tag) or name_of(tag)
