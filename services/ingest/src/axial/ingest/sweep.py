"""Blobs that no event ever named are removed."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx2
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from axial.common.blobs import BlobStore
from axial.common.clients.credentials import service_headers
from axial.common.clients.replicas import first_of
from axial.common.errors import AxialError, Unavailable
from axial.ingest.metrics import IngestMetrics

log = structlog.get_logger(__name__)

# What `receive` names its blobs; anything else in the store is not ours to remove.
_KEY = re.compile(r"\d{4}/\d\d/\d\d/\d{4}/[0-9a-f]{32}\.(dcm|header|attachment)")
# The index answers at most so many at once.
_KEYS_PER_QUESTION = 1000
# The index first waits until it has read the log to its end; a large backlog is a 503, which we come back from.
_QUESTION_TIMEOUT_SECONDS = 30.0


class _Unknown(BaseModel):
    """The index's answer: the keys it has never heard of."""

    unknown: list[str]


class IndexClient:
    """The index, as far as the sweeper asks it."""

    def __init__(self, client: httpx2.AsyncClient, urls: str, token: SecretStr) -> None:
        self._client = client
        self._url = f"{first_of(urls)}/internal/blobs/unknown"
        self._headers = service_headers(token)

    async def unknown_of(self, keys: list[str]) -> list[str]:
        """Return those keys that no event up to now names; raise Unavailable when the index cannot tell."""
        try:
            answer = await self._client.post(
                self._url,
                json={"keys": keys},
                headers=self._headers,
                timeout=_QUESTION_TIMEOUT_SECONDS,
            )
            answer.raise_for_status()
            unknown = _Unknown.model_validate_json(answer.content).unknown
        except (httpx2.HTTPError, ValidationError) as error:
            raise Unavailable("The index is not available at the moment.") from error
        asked = frozenset(keys)
        return [key for key in unknown if key in asked]


class Sweeper:
    """Walks the store from its oldest blob up to the grace, and each time on from where it was.

    An orphan is what a crash, or an outage, left between a blob and its event.
    """

    def __init__(
        self,
        blobs: BlobStore,
        index: IndexClient,
        grace: timedelta,
        now: Callable[[], datetime],
        metrics: IngestMetrics,
    ) -> None:
        self._blobs = blobs
        self._index = index
        self._grace = grace
        self._now = now
        self._metrics = metrics
        # In memory only: a new process looks at everything once.
        self._swept_to = ""

    async def run(self, interval_seconds: float) -> None:
        """Sweep for ever; an outage only means that the next sweep begins where this one stopped."""
        while True:
            try:
                removed = await self.sweep()
            except AxialError as error:
                self._metrics.sweeps_failed.inc()
                log.warning("sweep_interrupted", error=type(error).__name__)
            else:
                self._metrics.sweeps.inc()
                log.debug("blobs_swept", count=removed)
                if removed:
                    log.info("orphans_removed", count=removed)
            await asyncio.sleep(interval_seconds)

    async def sweep(self) -> int:
        """Remove the orphans that are older than the grace; return how many there were."""
        oldest_kept = self._now() - self._grace
        # Keys begin with the minute in which they were made, so key order is the order of time.
        end = f"{oldest_kept:%Y/%m/%d/%H%M}"
        removed = 0
        batch: list[str] = []
        async for blob in self._blobs.list(after=self._swept_to):
            # A blob may be young under an old name: its bytes took long to be stored, and its event may only now be
            # on its way. It is left, with all that follow, for the next sweep.
            if blob.key >= end or blob.modified > oldest_kept:
                break
            batch.append(blob.key)
            if len(batch) == _KEYS_PER_QUESTION:
                removed += await self._remove_unknown(batch)
                batch = []
        return removed + await self._remove_unknown(batch)

    async def _remove_unknown(self, keys: list[str]) -> int:
        if not keys:
            return 0
        ours = [key for key in keys if _KEY.fullmatch(key)]
        unknown = await self._index.unknown_of(ours) if ours else []
        for key in unknown:
            await self._blobs.delete(key)
            self._metrics.orphans_removed.inc()
        self._swept_to = keys[-1]
        return len(unknown)
