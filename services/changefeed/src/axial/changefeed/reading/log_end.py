"""Where the log ends at this moment, over a connection that may be away."""

import asyncio
from typing import NoReturn

import structlog

from axial.changefeed.reading.shared_call import SharedCall
from axial.changefeed.settings import ChangefeedSettings
from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.nats import open_nats
from axial.common.recorded import LogSequence

log = structlog.get_logger(__name__)

# A read that comes while the service is starting waits for the first connection, no longer than for an answer.
_CONNECT_WAIT_SECONDS = 5.0
_CANCEL_AGAIN_SECONDS = 0.1


class LogEnd:
    """Ask the log's leader for its newest sequence; Unavailable while NATS cannot be reached."""

    def __init__(self, settings: ChangefeedSettings) -> None:
        self._settings = settings
        self._event_log: EventLog | None = None
        self._connected = asyncio.Event()
        self._end = SharedCall(self._ask)

    async def __call__(self) -> LogSequence:
        """Return the log's end as it was at some moment after the call."""
        return await self._end()

    async def check(self) -> None:
        """Prove that the log answers; Unavailable otherwise."""
        await self()

    async def stay_connected(self) -> None:
        """Connect whenever NATS appears, and stay; the client itself survives later restarts."""
        connecting = asyncio.create_task(self._connect())
        try:
            await asyncio.wait({connecting})
        finally:
            # A cancellation can get lost in nats-py's connect (asyncio.wait_for of Python 3.11): ask again.
            while not connecting.done():
                connecting.cancel()
                await asyncio.wait({connecting}, timeout=_CANCEL_AGAIN_SECONDS)
        connecting.result()

    async def log(self) -> EventLog:
        """Give the log itself, once there has been a connection to it."""
        await self._connected.wait()
        assert self._event_log is not None, "set before `connected` is"
        return self._event_log

    async def _connect(self) -> NoReturn:
        settings = self._settings
        while True:
            try:
                async with open_nats(settings.nats_url, "axial-changefeed") as client:
                    self._event_log = EventLog(client, settings.log_stream, settings.log_prefix)
                    self._connected.set()
                    await asyncio.Event().wait()
            except Unavailable:
                log.warning("engine_away", engine="nats")

    async def _ask(self) -> LogSequence:
        try:
            async with asyncio.timeout(_CONNECT_WAIT_SECONDS):
                await self._connected.wait()
        except TimeoutError as error:
            raise Unavailable("The event log is not available at the moment.") from error
        assert self._event_log is not None, "set before `connected` is"
        return await self._event_log.end()
