"""Blobs copied from one store to another, several at once, in bounded memory, each compared with what it was."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from axial.cli.backup.ledger import PAGE, Entry, Ledger
from axial.common.blobs import BlobDamaged, BlobMissing, BlobStore

# What is larger goes through a file; as many are in memory as are copied at once.
_SPOOL_BYTES = 8 * 1024 * 1024
# What every `check` of a store writes and removes.
_PROBES = "axial-probe/"

Progress = Callable[[int], None]


@dataclass(slots=True)
class Copied:
    """What a walk has done."""

    count: int = 0
    size_bytes: int = 0
    #: What was in the list, and was gone when it was its turn.
    vanished: int = 0
    #: What is not as it was saved, and was left out for that.
    damaged: int = 0


class Copier:
    """Copies what the other store does not have, and never removes anything."""

    def __init__(
        self, source: BlobStore, target: BlobStore, spool: Path, *, concurrency: int
    ) -> None:
        self._source = source
        self._target = target
        self._spool = spool
        self._slots = asyncio.Semaphore(concurrency)

    async def save(self, ledger: Ledger, progress: Progress) -> Copied:
        """Bring a backup up to what the source holds now."""
        copied = Copied()
        async for page in self._pages():
            known = ledger.sizes(list(page))
            entries: list[Entry] = []

            async def save(
                key: str, size: int, known: dict[str, int] = known, entries: list[Entry] = entries
            ) -> None:
                if known.get(key) == size and await self._has(key, size):
                    return
                try:
                    entries.append(await self._copy(key))
                except BlobMissing:
                    copied.vanished += 1

            await self._each(save(key, size) for key, size in page.items())
            ledger.add(entries)
            copied.count += len(entries)
            copied.size_bytes += sum(entry.size_bytes for entry in entries)
            progress(len(page))
        return copied

    async def restore(self, ledger: Ledger, progress: Progress, *, skips_damaged: bool) -> Copied:
        """Bring a store up to what a backup holds; raise for a copy that is not what was saved, or leave it out."""
        copied = Copied()

        async def restore(entry: Entry) -> None:
            if await self._has(entry.key, entry.size_bytes):
                return
            try:
                await self._copy(entry.key, entry.sha256)
            except (BlobDamaged, BlobMissing):
                if not skips_damaged:
                    raise
                copied.damaged += 1
                return
            copied.count += 1
            copied.size_bytes += entry.size_bytes

        for page in ledger.pages():
            await self._each(restore(entry) for entry in page)
            progress(len(page))
        return copied

    async def _pages(self) -> AsyncIterator[dict[str, int]]:
        """Walk the source, key to size."""
        page: dict[str, int] = {}
        async for blob in self._source.list():
            if blob.key.startswith(_PROBES):
                continue
            page[blob.key] = blob.size_bytes
            if len(page) == PAGE:
                yield page
                page = {}
        if page:
            yield page

    async def _has(self, key: str, size_bytes: int) -> bool:
        try:
            return (await self._target.stat(key)).size_bytes == size_bytes
        except BlobMissing:
            return False

    async def _copy(self, key: str, sha256: str | None = None) -> Entry:
        digest = hashlib.sha256()
        with SpooledTemporaryFile(max_size=_SPOOL_BYTES, dir=str(self._spool)) as spool:
            async with await self._source.open(key) as reader:
                async for chunk in reader:
                    digest.update(chunk)
                    spool.write(chunk)
            entry = Entry(key, spool.tell(), digest.hexdigest())
            if sha256 not in (None, entry.sha256):
                raise BlobDamaged
            await self._target.put(key, spool)
        return entry

    async def _each(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Do all of a page, some at once; raise the first error."""

        async def within(work: Coroutine[Any, Any, None]) -> None:
            async with self._slots:
                await work

        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(within(work))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors


async def count_unlike(ledger: Ledger, store: BlobStore) -> int:
    """Count the blobs that the backup's folder has not, or has in another size, without reading them."""
    unlike = 0
    for page in ledger.pages():
        unlike += await _count_unlike(page, store)
    return unlike


async def _count_unlike(page: Sequence[Entry], store: BlobStore) -> int:
    async def is_unlike(entry: Entry) -> bool:
        try:
            return (await store.stat(entry.key)).size_bytes != entry.size_bytes
        except BlobMissing:
            return True

    return sum(await asyncio.gather(*map(is_unlike, page)))
