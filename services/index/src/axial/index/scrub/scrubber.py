"""Scrub for ever: one replica at a time, whatever is away in between."""

import asyncio

import structlog

from axial.common import postgres
from axial.common.errors import AxialError
from axial.common.leadership import Role, win
from axial.common.postgres import AWAY, Connection
from axial.index.projector import SEARCH_PATH
from axial.index.scrub.examiner import Examiner
from axial.index.scrub.walk import Suspects, Walk

log = structlog.get_logger(__name__)

# Nobody waits for a scrub.
_RECOVERY_SECONDS = 30.0
# From time to time even a leader with nothing to do looks whether its connection, and so its lock, still stands.
_QUIET_SECONDS = 60.0


class Scrubber:
    """Whichever replica holds the lock; two who believe so read the same twice, which is harmless."""

    def __init__(self, database_url: str, examiner: Examiner, period_seconds: float) -> None:
        self._database_url = database_url
        self._examiner = examiner
        self._period_seconds = period_seconds

    async def run(self) -> None:
        """Scrub through every outage of an engine; not at all with a period of 0."""
        while self._period_seconds:
            try:
                connection = await postgres.connect(self._database_url, SEARCH_PATH)
                try:
                    await self._lead(connection)
                finally:
                    connection.terminate()
            except (AxialError, *AWAY) as error:
                log.warning("scrub_interrupted", error=type(error).__name__)
            await asyncio.sleep(_RECOVERY_SECONDS)

    async def _lead(self, connection: Connection) -> None:
        await win(connection, Role.SCRUB)
        log.info("scrub_leads")
        walk = Walk(connection, self._examiner.examine, self._period_seconds)
        suspects = Suspects(connection, self._examiner.examine)
        await walk.open()
        while True:
            await suspects.step()
            await asyncio.sleep(min(await walk.step(), _QUIET_SECONDS))
