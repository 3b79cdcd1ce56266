"""A job in this replica's hand, as its kind sees it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from axial.router.jobs.job import Taken
from axial.router.jobs.outputs import Outputs
from axial.router.jobs.store import JobStore
from axial.router.presence import Presence

# How long a job goes on without being kept: what is done in it may be done again after a crash.
_SAVE_SECONDS = 0.5
# What a job tells may be megabytes: to keep that is to take a small part of its time.
_SAVE_PAUSES = 20.0
_MOST_SAVE_SECONDS = 2.0
# How long a job may take until it heeds, between two pieces of work; then it is cancelled in the middle of one.
_HEED_SECONDS = 0.5


class JobStopped(Exception):
    """The job is to stop here: it is paused, cancelled, given back, or another's by now."""


class Hand:
    """Implements `Work` for one run of a job."""

    def __init__(
        self, taken: Taken, store: JobStore, outputs: Outputs, presence: Presence, term: int
    ) -> None:
        self.taken = taken
        self.state: dict[str, Any] = taken.notes
        self.content: dict[str, Any] = taken.content
        self.progress = taken.progress
        #: How often in a row our own services were away.
        self.interruptions = taken.interruptions
        self._store = store
        self._outputs = outputs
        self._presence = presence
        #: Of our presence, when it was taken.
        self._term = term
        self._save_due = float("-inf")
        self._must_stop = taken.wish is not None
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self._cancelling: asyncio.TimerHandle | None = None

    @property
    def id(self) -> str:
        """The job's identifier."""
        return str(self.taken.id)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What was asked for."""
        return self.taken.parameters

    @property
    def must_stop(self) -> bool:
        """Whether it was asked to stop."""
        return self._must_stop

    def held_by(self, task: "asyncio.Task[None]") -> None:
        """Say which task does it."""
        self._task = task

    async def step(self, progress: float) -> None:
        """Keep how far it is, now and then; raise JobStopped when it is to stop."""
        self.progress = min(max(progress, 0.0), 1.0)
        loop = asyncio.get_running_loop()
        if self._must_stop or not self._is_ours:
            raise JobStopped
        if loop.time() < self._save_due:
            return
        begun = loop.time()
        is_ours, wish = await self._store.save(
            self.taken.id, self.state, self.content, self.progress
        )
        if not is_ours or wish is not None:
            raise JobStopped
        self.interruptions = 0
        seconds = loop.time() - begun
        pause = min(max(_SAVE_SECONDS, seconds * _SAVE_PAUSES), _MOST_SAVE_SECONDS)
        self._save_due = loop.time() + pause

    async def write_output(
        self, key: str, pieces: AsyncIterator[bytes], media_type: str, filename: str
    ) -> int:
        """Keep what it made; return its size in bytes."""
        return await self._outputs.write(self.taken.id, key, pieces, media_type, filename)

    def stop(self, *, at_once: bool = False) -> None:
        """Have it stop at its next step, or in the middle of one that takes long."""
        if self._over or self._task is None:
            return
        self._must_stop = True
        if self._cancelling is None:
            loop = asyncio.get_running_loop()
            self._cancelling = loop.call_later(0.0 if at_once else _HEED_SECONDS, self._cancel)
        elif at_once and not self._cancelling.cancelled():
            self._cancelling.cancel()
            self._cancel()

    def end(self) -> None:
        """Nothing is left to be stopped."""
        self._over = True
        if self._cancelling is not None:
            self._cancelling.cancel()

    @property
    def _is_ours(self) -> bool:
        """Whether nobody can have taken it from us, as after a while in which this process stood still."""
        return self._presence.is_certain and self._presence.term == self._term

    def _cancel(self) -> None:
        if not self._over and self._task is not None:
            self._task.cancel()
