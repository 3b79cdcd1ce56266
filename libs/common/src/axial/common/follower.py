"""One process's view of what the log says of one thing: it follows the one type of event that changes it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, Self, TypeVar

import structlog

from axial.common.errors import Unavailable
from axial.common.event_log import EventLog
from axial.common.events import Event
from axial.common.recorded import LogSequence, Recorded
from axial.common.service import background

log = structlog.get_logger(__name__)

EventT = TypeVar("EventT", bound=Event)
ValueT = TypeVar("ValueT")

# After an outage of the log; it is back within seconds.
_RECOVERY_SECONDS = 0.5
_BATCH_EVENTS = 256
# How long a wait without news lasts before it begins anew.
_QUIET_SECONDS = 60.0
# A reader waits for changes that are in the log already: far longer than they take to arrive.
_WITHIN_SECONDS = 5.0
# A service that starts together with its engines gives them this long.
_START_TIMEOUT_SECONDS = 30.0


class Follower(Generic[EventT, ValueT]):
    """A value as it is now. The log alone keeps it: a new process reads all changes again."""

    def __init__(
        self,
        log_: EventLog,
        kind: type[EventT],
        value: ValueT,
        change: Callable[[ValueT, EventT], ValueT],
    ) -> None:
        #: Replaced with each change; whoever needs it reads it here, each time.
        self.value = value
        self._log = log_
        self._kind = kind
        self._change = change
        self._position = LogSequence(0)
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follow the changes for ever, through every outage of the log."""
        while True:
            try:
                async with self._log.read(self._position, self._kind) as reader:
                    while True:
                        batch = await reader.next_batch(_BATCH_EVENTS, _QUIET_SECONDS)
                        if batch:
                            await self._take(batch)
            except Unavailable as error:
                log.debug(
                    "following_interrupted", event_type=self._kind.type, error=type(error).__name__
                )
            await asyncio.sleep(_RECOVERY_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Follow the changes in the background; begin with all that there are."""
        async with background(self.run()):
            await self.caught_up(_START_TIMEOUT_SECONDS)
            yield self

    async def caught_up(self, within_seconds: float = _WITHIN_SECONDS) -> None:
        """Return once every change that is in the log now has been taken over; else raise Unavailable."""
        await self.reached(await self._log.last(self._kind), within_seconds)

    async def current(self) -> ValueT:
        """Give the value with all that was answered before, by any process; raise Unavailable."""
        await self.caught_up()
        return self.value

    async def reached(self, sequence: LogSequence, within_seconds: float = _WITHIN_SECONDS) -> None:
        """Return once a change of the log has been taken over; else raise Unavailable."""
        try:
            async with asyncio.timeout(within_seconds), self._moved:
                await self._moved.wait_for(lambda: self._position >= sequence)
        except TimeoutError as error:
            raise Unavailable("The settings have not caught up with the log yet.") from error

    def changed(self) -> None:
        """Hear that the value is another now; for those that must act on it."""

    async def _take(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            assert isinstance(recorded.event, self._kind), "nothing else is on this subject"
            self.value = self._change(self.value, recorded.event)
            self._position = recorded.sequence
        self.changed()
        log.info(
            "changes_followed",
            event_type=self._kind.type,
            count=len(batch),
            sequence=self._position,
        )
        async with self._moved:
            self._moved.notify_all()
