"""What is decided about consumers, heard of at once: made, changed, paused, rewound, skipped, deleted."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import structlog

from axial.changefeed.reading.database import AWAY
from axial.common.postgres import connect

log = structlog.get_logger(__name__)

# The channel that the triggers of schema `changefeed` notify.
_CHANNEL = "consumers"
# A connection whose other end vanished without a word is noticed after this.
_PROBE_SECONDS = 5.0
_RECONNECT_SECONDS = 0.5


class News:
    """Listens, and wakes whoever waits for news of one consumer. What was missed is made up for by waking all."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def of(self, name: str) -> Iterator[asyncio.Event]:
        """Give an event that is set at each news of a consumer from now on; clear it before looking anew."""
        told = asyncio.Event()
        self._waiting[name].add(told)
        try:
            yield told
        finally:
            self._waiting[name].discard(told)
            if not self._waiting[name]:
                del self._waiting[name]

    async def listen(self) -> NoReturn:
        """Listen for ever, through every restart of Postgres."""
        while True:
            try:
                await self._listen()
            except AWAY as error:
                # Told once by whoever follows the projection; this is the same outage.
                log.debug("engine_away", engine="postgres", error=type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> NoReturn:
        connection = await connect(self._database_url, "changefeed")
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, lambda *heard: self._tell(str(heard[-1])))
            self._tell_all()
            while True:
                await connection.execute("SELECT", timeout=_PROBE_SECONDS)
                try:
                    async with asyncio.timeout(_PROBE_SECONDS):
                        await lost.wait()
                except TimeoutError:
                    continue
                raise ConnectionResetError
        finally:
            connection.terminate()

    def _tell(self, name: str) -> None:
        for told in self._waiting.get(name, ()):
            told.set()

    def _tell_all(self) -> None:
        for name in self._waiting:
            self._tell(name)
