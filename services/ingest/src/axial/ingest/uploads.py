"""A request's body becomes the files in it, which are received."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

from starlette.requests import Request

from axial.common.errors import NotDicom
from axial.common.events import Origin
from axial.ingest.archives import files_in_archive, is_archive
from axial.ingest.bodies import body_of, check_declared_size
from axial.ingest.metrics import IngestMetrics, Stopwatch
from axial.ingest.multipart import BadForm, boundary_of, files_in_form
from axial.ingest.receive import Receipt, Receiver
from axial.ingest.spool import Spool, Spooled

Taken: TypeAlias = Receipt | list[Receipt]
"""One file's receipt, or those of the files of a ZIP archive or of a form with several."""

# Enough that the members of an archive share the commits of storage, log and index; more would only hold more memory.
_MEMBERS_AT_ONCE = 8


class Uploads:
    """Takes uploads in whatever form they come: a DICOM file, a ZIP, a form; each possibly gzipped."""

    def __init__(
        self, receiver: Receiver, spool_dir: Path, limit_bytes: int, metrics: IngestMetrics
    ) -> None:
        self._receiver = receiver
        self._spool_dir = spool_dir
        self._limit_bytes = limit_bytes
        self._metrics = metrics

    async def take(self, request: Request, origin: Origin, wait_seconds: float) -> Taken:
        """Receive what a request carries; raise an AxialError or starlette's ClientDisconnect."""
        watch = Stopwatch()
        check_declared_size(request, self._limit_bytes)
        boundary = boundary_of(request.headers.get("content-type", ""))
        chunks = body_of(request, self._limit_bytes)
        if boundary is not None:
            files = files_in_form(chunks, boundary, self._new_spool)
            async with aclosing(files):
                return await self._take_form(files, origin, _Patience(wait_seconds))
        async with self._new_spool() as spool:
            async for chunk in chunks:
                await spool.write(chunk)
            file = await spool.finish()
            watch.lap(self._metrics.spool)
            if is_archive(file):
                return await self._take_archive(file, origin, _Patience(wait_seconds))
            return await self._receiver.receive(file, origin, wait_seconds)

    def _new_spool(self) -> Spool:
        return Spool(self._spool_dir, self._limit_bytes)

    async def _take_form(
        self, files: AsyncIterator[Spooled], origin: Origin, patience: "_Patience"
    ) -> Taken:
        """Receive the files of a form in order; the first that is refused ends it."""
        receipts: list[Receipt] = []
        position = 0
        several = False
        async for file in files:
            position += 1
            several = several or position > 1
            if is_archive(file):
                receipts += await self._take_archive(file, origin, patience)
                several = True
                continue
            try:
                receipt = await self._receiver.receive(file, origin, patience.seconds)
            except NotDicom as error:
                if position == 1:
                    raise
                raise NotDicom(
                    error.code, f"File {position} of the form: {error.message}"
                ) from None
            patience.note(receipt)
            receipts.append(receipt)
        if not position:
            raise BadForm
        return receipts if several else receipts[0]

    async def _take_archive(
        self, archive: Spooled, origin: Origin, patience: "_Patience"
    ) -> list[Receipt]:
        """Receive the members of an archive, several at once; those that are not DICOM are passed over."""
        receipts: dict[int, Receipt] = {}
        open_spools: set[Spool] = set()
        slots = asyncio.Semaphore(_MEMBERS_AT_ONCE)

        async def take(position: int, spool: Spool, file: Spooled) -> None:
            try:
                receipt = await self._receiver.receive(file, origin, patience.seconds)
            except NotDicom as error:
                self._metrics.refused.labels(error.code).inc()
            else:
                patience.note(receipt)
                receipts[position] = receipt
            await spool.close()
            open_spools.discard(spool)
            slots.release()

        files = files_in_archive(archive, self._limit_bytes, self._new_spool)
        try:
            async with aclosing(files), asyncio.TaskGroup() as tasks:
                position = 0
                async for spool, file in files:
                    open_spools.add(spool)
                    await slots.acquire()
                    tasks.create_task(take(position, spool, file))
                    position += 1
        except BaseExceptionGroup as group:
            # The first failure ended the others.
            raise group.exceptions[0] from None
        finally:
            # What a failure left behind; a task that was cancelled before it began closes nothing itself.
            for spool in open_spools:
                await spool.close()
        return [receipts[position] for position in sorted(receipts)]


class _Patience:
    """How long a file may wait for its outcome: once the index was late, the rest of a request does not wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def note(self, receipt: Receipt) -> None:
        """Lose patience when an outcome did not come."""
        if receipt.status == "Accepted":
            self.seconds = 0.0
