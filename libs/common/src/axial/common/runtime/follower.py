"""One process's view of what was changed at run time: it follows the log's one subject for that."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields

import structlog

from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.events import SettingChanged
from axial.common.recorded import LogSequence, Recorded
from axial.common.runtime.settings import RuntimeSettings, changed
from axial.common.service import background

log = structlog.get_logger(__name__)

# After an outage of the log; it is back within seconds.
_RECOVERY_SECONDS = 0.5
_BATCH_EVENTS = 256
# How long a wait without news lasts before it begins anew.
_QUIET_SECONDS = 60.0
# A reader waits for changes that are in the log already: far longer than they take to arrive.
_WITHIN_SECONDS = 5.0
# A service that starts together with its engines gives them this long.
_START_TIMEOUT_SECONDS = 30.0


class Runtime:
    """The settings as they are now. The log alone keeps them: a new process reads all changes again."""

    def __init__(
        self,
        log_: EventLog,
        settings: RuntimeSettings,
        on_change: Callable[[RuntimeSettings], None],
    ) -> None:
        #: Replaced with each change; whoever needs a setting reads it here, each time.
        self.settings = settings
        self._log = log_
        self._on_change = on_change
        self._position = LogSequence(0)
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follow the changes for ever, through every outage of the log."""
        while True:
            try:
                async with self._log.read(self._position, SettingChanged) as reader:
                    while True:
                        batch = await reader.next_batch(_BATCH_EVENTS, _QUIET_SECONDS)
                        if batch:
                            await self._take(batch)
            except Unavailable as error:
                log.debug("settings_interrupted", error=type(error).__name__)
            await asyncio.sleep(_RECOVERY_SECONDS)

    async def caught_up(self, within_seconds: float = _WITHIN_SECONDS) -> None:
        """Return once every change that is in the log now has been taken over; else raise Unavailable."""
        await self.reached(await self._log.last(SettingChanged), within_seconds)

    async def reached(self, sequence: LogSequence, within_seconds: float = _WITHIN_SECONDS) -> None:
        """Return once a change of the log has been taken over; else raise Unavailable."""
        try:
            async with asyncio.timeout(within_seconds), self._moved:
                await self._moved.wait_for(lambda: self._position >= sequence)
        except TimeoutError as error:
            raise Unavailable("The settings have not caught up with the log yet.") from error

    async def _take(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            assert isinstance(recorded.event, SettingChanged), "nothing else is on this subject"
            self.settings = changed(self.settings, recorded.event)
            self._position = recorded.sequence
        self._on_change(self.settings)
        log.info("settings_changed", count=len(batch), sequence=self._position)
        async with self._moved:
            self._moved.notify_all()


@asynccontextmanager
async def following(
    log_: EventLog, settings: RuntimeSettings, on_change: Callable[[RuntimeSettings], None]
) -> AsyncIterator[Runtime]:
    """Follow the changes in the background; begin with all that there are."""
    runtime = Runtime(log_, settings, on_change)
    async with background(runtime.run()):
        await runtime.caught_up(_START_TIMEOUT_SECONDS)
        for field in fields(settings):
            if getattr(runtime.settings, field.name) != getattr(settings, field.name):
                log.info("setting_overrides_configuration", option=field.name)
        yield runtime
