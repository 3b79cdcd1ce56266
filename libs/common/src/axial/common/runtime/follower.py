"""One process's view of the settings that were changed at run time."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields

import structlog

from axial.common.event_log import EventLog
from axial.common.events import SettingChanged
from axial.common.follower import Follower
from axial.common.runtime.settings import RuntimeSettings, changed

log = structlog.get_logger(__name__)


class Runtime(Follower[SettingChanged, RuntimeSettings]):
    """The settings as they are now."""

    def __init__(
        self,
        log_: EventLog,
        settings: RuntimeSettings,
        on_change: Callable[[RuntimeSettings], None],
    ) -> None:
        super().__init__(log_, SettingChanged, settings, changed)
        self._on_change = on_change

    @property
    def settings(self) -> RuntimeSettings:
        """What holds now; whoever needs a setting reads it here, each time."""
        return self.value

    def changed(self) -> None:
        """Tell whoever has to act on a change."""
        self._on_change(self.value)


@asynccontextmanager
async def following(
    log_: EventLog, settings: RuntimeSettings, on_change: Callable[[RuntimeSettings], None]
) -> AsyncIterator[Runtime]:
    """Follow the changes in the background; begin with all that there are."""
    async with Runtime(log_, settings, on_change).running() as runtime:
        for field in fields(settings):
            if getattr(runtime.settings, field.name) != getattr(settings, field.name):
                log.info("setting_overrides_configuration", option=field.name)
        yield runtime
