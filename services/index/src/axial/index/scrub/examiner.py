"""Look at the blobs of a file, and tell the log of what is not what was stored."""

import asyncio
from collections.abc import Iterable

import asyncpg
import structlog

from axial.common.blobs import BlobStore, StorageUnavailable
from axial.common.blobs.probe import prove
from axial.common.event_log import EventLog, new_envelope
from axial.common.events import BlobFoundDamaged, BlobFoundSound, Damage
from axial.common.identifiers import Level
from axial.common.postgres import Connection, Statements
from axial.index.projection import Projection
from axial.index.scrub.metrics import ScrubMetrics
from axial.index.scrub.pace import Sleep, Throttle
from axial.index.soundness import Flaw, Kept, find_flaw, kept_blobs

log = structlog.get_logger(__name__)

# A server that is busy or restarts may not give one blob while it gives others.
_PATIENCE_SECONDS = (1.0, 5.0, 25.0)


class Examiner:
    """Compares blobs with what was stored; what it finds twice, the fold takes once."""

    def __init__(
        self,
        blobs: BlobStore,
        log_: EventLog,
        projection: Projection,
        metrics: ScrubMetrics,
        throttle: Throttle,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._blobs = blobs
        self._log = log_
        self._projection = projection
        self._metrics = metrics
        self._throttle = throttle
        self._sleep = sleep
        self._statements = Statements("axial.index.sql")

    async def examine(
        self, connection: Connection, row: asyncpg.Record, *, is_suspect: bool = False
    ) -> None:
        """Look at the blobs of a row of `page_of_blobs`; of a suspect it is told as well that it is sound.

        Raises `StorageUnavailable` while the store as a whole is away: nothing can be said then.
        """
        for kept in kept_blobs(row):
            # One that is known not to be readable need not be tried so often.
            patience = _PATIENCE_SECONDS[:1] if is_suspect else _PATIENCE_SECONDS
            damage = await self._find_damage(kept, patience)
            self._metrics.blobs.inc()
            if damage or is_suspect:
                await self._tell(connection, kept, damage)

    async def _find_damage(self, kept: Kept, patience: Iterable[float]) -> Damage | None:
        for patience_seconds in patience:
            try:
                flaw = await find_flaw(self._blobs, kept, self._pace)
            except StorageUnavailable:
                await self._sleep(patience_seconds)
                await prove(self._blobs)
            else:
                return _damage_of(flaw)
        return "unreadable"

    async def _pace(self, size_bytes: int) -> None:
        self._metrics.bytes.inc(size_bytes)
        await self._throttle.pass_through(size_bytes)

    async def _tell(self, connection: Connection, kept: Kept, damage: Damage | None) -> None:
        """Append an event, if the file is still kept in this blob, and it is news."""
        await self._projection.caught_up()
        use = await connection.fetchrow(
            self._statements["find_use_of_blob"], kept.resource_id, kept.number, kept.key
        )
        if use is None or use["damage"] == damage:
            return
        found = {
            "level": Level(use["level"]),
            "resource_id": kept.resource_id,
            "number": kept.number,
            "blob_key": kept.key,
        }
        if damage is None:
            log.info("blob_sound_again", blob_key=kept.key)
            event: BlobFoundDamaged | BlobFoundSound = BlobFoundSound.model_validate(found)
        else:
            log.error("blob_damaged", blob_key=kept.key, reason=damage)
            event = BlobFoundDamaged.model_validate(found | {"damage": damage})
        await self._log.append(event, new_envelope("axial/index"))


def _damage_of(flaw: Flaw | None) -> Damage | None:
    match flaw:
        case None:
            return None
        case Flaw.MISSING:
            return "missing"
        case _:
            return "corrupted"
