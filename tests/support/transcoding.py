"""Files written in other transfer syntaxes, by the real thing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from axial.pixels.source import BytesSource
from axial.pixels.transcoding.metrics import TranscodingMetrics
from axial.pixels.transcoding.transcoder import Transcoder, Wish, open_transcoder
from axial.pixels.workers import Limits

_LIMITS = Limits(workers=1, seconds=60, memory_bytes=2 * 1024**3)


@asynccontextmanager
async def one_worker(
    limits: Limits = _LIMITS, registry: CollectorRegistry | None = None
) -> AsyncIterator[Transcoder]:
    """Give a transcoder, whose process starts with the first frame."""
    metrics = TranscodingMetrics(registry or CollectorRegistry(), "axial_test")
    async with open_transcoder(limits, metrics) as transcoder:
        yield transcoder


async def transcoded(transcoder: Transcoder, file: bytes, uid: str, quality: int = 90) -> bytes:
    """Write a file otherwise."""
    written = await transcoder.transcode(BytesSource(file), len(file), Wish(uid, quality))
    async with written:
        whole = b"".join([chunk async for chunk in written])
    assert len(whole) == written.size_bytes
    return whole


@dataclass
class TranscodedFiles:
    """Files in memory, given out as somebody wants them."""

    transcoder: Transcoder
    files: Mapping[str, bytes]

    @asynccontextmanager
    async def open(
        self, instance_id: str, transfer_syntax_uid: str, /
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Write a file otherwise."""
        file = self.files[instance_id]
        wish = Wish(transfer_syntax_uid)
        async with await self.transcoder.transcode(BytesSource(file), len(file), wish) as written:
            yield aiter(written)
