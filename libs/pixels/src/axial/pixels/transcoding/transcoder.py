"""Writing files in other transfer syntaxes, one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from axial.common.dictionary import STANDARD, Dictionary
from axial.common.elements import Overrun
from axial.common.errors import NotDicom, Untranscodable
from axial.common.recoding import Recoding, recoded, rewritten
from axial.common.rewriting import NotConvertible, Rewriter
from axial.common.transfer_syntaxes import DEFLATED, layout_of
from axial.pixels.refusals import Undecodable
from axial.pixels.source import BytesSource, Source
from axial.pixels.transcoding.datasets import Opened, deflated, file_head, open_file
from axial.pixels.transcoding.files import Spool, Transcoded
from axial.pixels.transcoding.forms import Recast
from axial.pixels.transcoding.metrics import TranscodingMetrics
from axial.pixels.transcoding.recasting import Recasting
from axial.pixels.transcoding.targets import TARGETS, Target
from axial.pixels.workers import Limits, Performer, Workers, open_workers

# A smaller file is read at once: a way to the blob store for each frame would take longer.
_WHOLE_BYTES = 4 * 1024 * 1024
# A film of an hour and a half takes some minutes. Whoever waits has other limits of their own.
_MOST_SECONDS = 600.0

_RECASTING: Performer[Recast] = Performer("axial.pixels.transcoding.performing")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a file is to be written in."""

    transfer_syntax_uid: str
    #: Between 1 and 100; of a lossy one alone.
    lossy_quality: int = 90


class Transcoder:
    """Writes files in other transfer syntaxes; whole ones or none."""

    def __init__(
        self,
        workers: Workers[Recast],
        metrics: TranscodingMetrics,
        dictionary: Dictionary = STANDARD,
    ) -> None:
        self._workers = workers
        self._metrics = metrics
        self._dictionary = dictionary

    async def transcode(self, source: Source, size_bytes: int, wish: Wish) -> Transcoded:
        """Write a file; the result is the caller's, to close.

        Raises Untranscodable, Unavailable when there is too much to do, and what the source raises.
        """
        spool = Spool()
        try:
            with self._metrics.instance_duration.time():
                transcoded = await self._within_time(source, size_bytes, wish, spool)
        except Undecodable as error:
            spool.close()
            self._metrics.instances.labels("impossible").inc()
            raise Untranscodable(error.message) from error
        except BaseException:
            spool.close()
            raise
        self._metrics.instances.labels("ok").inc()
        return transcoded

    async def _within_time(
        self, source: Source, size_bytes: int, wish: Wish, spool: Spool
    ) -> Transcoded:
        target = TARGETS.get(wish.transfer_syntax_uid)
        if target is None:
            raise Undecodable("This transfer syntax cannot be written")
        inflating = Spool()
        try:
            async with asyncio.timeout(_MOST_SECONDS) as limit:
                if size_bytes <= _WHOLE_BYTES:
                    source = BytesSource(await source.read(0, size_bytes))
                opened = await open_file(source, size_bytes, inflating)
                return await self._written(opened, target, wish.lossy_quality, spool)
        except TimeoutError:
            if not limit.expired():
                raise
            raise Undecodable("Writing the instance takes too long") from None
        except (NotConvertible, NotDicom, Overrun) as error:
            raise Undecodable("The file cannot be read") from error
        finally:
            inflating.close()

    async def _written(
        self, opened: Opened, target: Target, quality: int, spool: Spool
    ) -> Transcoded:
        if opened.pixels is None or (target.is_native and opened.is_rewritable):
            pieces = self._rewritten(opened, target)
        else:
            recasting = Recasting(self._workers, opened, self._dictionary)
            written = await recasting.write(target, quality, spool)
            opened = written.opened
            if target.uid not in DEFLATED:
                head = file_head(opened, target.uid) + written.before
                return Transcoded(opened.sop_instance_uid, target.uid, (head, spool, written.after))
            pieces = written.pieces(spool)
            spool = Spool()
        try:
            async for piece in deflated(pieces) if target.uid in DEFLATED else pieces:
                await spool.write(piece)
        except BaseException:
            spool.close()
            raise
        head = file_head(opened, target.uid)
        return Transcoded(opened.sop_instance_uid, target.uid, (head, spool))

    def _rewritten(self, opened: Opened, target: Target) -> AsyncIterator[bytes]:
        """Write a data set whose pixels, if there are any, stay as they are."""
        layout = layout_of(target.uid)
        if opened.pixels is not None:
            return recoded(opened.pieces(), Recoding(opened.layout, layout, self._dictionary))
        return self._without_pixels(opened, Rewriter(layout, self._dictionary))

    async def _without_pixels(self, opened: Opened, rewriter: Rewriter) -> AsyncIterator[bytes]:
        yield await rewritten(rewriter, opened.before, opened.layout)


@asynccontextmanager
async def open_transcoder(
    limits: Limits, metrics: TranscodingMetrics, dictionary: Dictionary = STANDARD
) -> AsyncIterator[Transcoder]:
    """Give a transcoder with workers of its own, and end these."""
    async with open_workers(_RECASTING, limits, metrics) as workers:
        yield Transcoder(workers, metrics, dictionary)
